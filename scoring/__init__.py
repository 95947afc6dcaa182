"""What makes a lead worth a call, by one published model.

Owns: models (versioned) with fit, engagement and usage rules, definitions of MQL, SAL and SQL (versioned), receipts.
Verbs: `rescore.rescore(person_ids)`; publishing a model.
Questions: `receipt.of(person_id)`, `definitions.current(stage)`, `panels.score`, `refresh.drain`.
Hears: `lead.opened`, `person.touched`, `person.changed`, `touch.logged`. Tells: crossings, by calling
`leads.handoff.qualify`; attribute `cell`, `fit`, `engagement`, `priority`, `pql` for conditions.
Never: a second implementation of a rule: one compiler makes one SQL expression with `as_of`.
"""
