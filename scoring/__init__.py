"""What makes a lead worth a call, by one published model.

Owns: models (versioned) with fit, engagement and usage rules, how they are drafted, compiled, published and rescored;
receipts; the day's cut; the shadow. Rooms of their own: `definitions` (what an MQL, an SAL and an SQL are), `replay` (a
draft over the past), `studio` (its pages), `learning` (what outcomes teach), `icp` (the ideal customer).
Verbs: those of `drafts` (a rule, a group or the cut-offs of the draft, each change by itself) and of `publishing`
(publish, go back, shadow); `rescore.rescore(person_ids, now=)`; `rescoring.begin` after new rules; `cuts.take` every
night; `defaults.publish` for the first versions. `approving` says who says yes for which side.
Questions: `receipt.of(person_id, as_of=)`, `preview.preview(lead or enquiry, model=)`, `history_line.of`,
`counterfactual.of`, `panels.score`, `card.of`, `cuts.line`, `shadow.compared`, `rescoring.would_hand_over`; charts ask
`versions.versions`. The pulse asks `definitions.coming_into_force.drain`, `refresh.drain`, `rescoring.drain` and
`shadow.drain`.
Hears: `lead.opened`, `lead.reopened`, `person.touched`, `person.changed`, `company.changed`, `touch.logged`. Tells:
`model.drafted / changed / discarded / published / rolled_back / shadowed / unshadowed`; crossings, by calling
`leads.handoff.qualify`; attributes `cell`, `fit`, `engagement`, `usage`, `priority`, `top`, `pql` and `company.icp` for
conditions.
settings.SCORING_FEEDBACK says which rules let in what sales sends back.
Never: a second implementation of a rule: `compiling` makes one SQL expression set with `as_of`, and all else reads it.

Points are whole ten-thousandths (`points`), so that the lines of a receipt add up to the score to the last digit.
"""
