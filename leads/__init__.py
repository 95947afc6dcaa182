"""The record of a lead, from the enquiry to its decision.

Owns: companies, people and their keys, leads (one qualification cycle of a person), submissions, touches, attribute
definitions and facts, the condition language and its sentence editor, territories, routing (`routing`), ownership,
BANT, MQL snapshots, imports.
Verbs: `intake.capture(batch)` is the only way in; `webforms.taking.take` for what forms
post; `visits.events.take(batch)` takes what sites and products report;
`handoff.qualify(crossings)` makes MQLs, routes and hands over;
`lead.accept / reject / recycle / qualify / disqualify / reopen / reassign / undo`; `progress.advance(batch)` for
stages that deals write; `touches.log(batch)`, `touches.approve / decline` what was logged late; `touches.drain` logs
what was dated ahead; `duplicates.merging.merge(survivor, loser)`,
`duplicates.unmerging.unmerge(merge)`; `benching.bench / unbench`.
Questions: `Lead.objects.open() / awaiting_disposition() / with_names()`, `conditions.compile`, `timeline.of(lead)`.
Hears: nothing. Tells: `lead.opened`, `lead.raised` (a hand, on a lead handed over already), `person.touched`,
`person.changed`, `person.identified`, `company.changed`, `lead.mql`, `lead.assigned`, `lead.unassigned`, `lead.held`,
`lead.picked`, `lead.<stage>`, `lead.reopened`,
`lead.undone`, `lead.bant`, `touch.logged / approved / declined`, `lead.merged`,
`person.merged`, `lead.unmerged`, `person.unmerged`, `user.benched`, `user.unbenched`.
Never: imports scoring, clocks or deals; destroys a row; writes a stage outside its verbs.
"""
