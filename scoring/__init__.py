"""What makes a lead worth a call, by one published model.

Owns: models (versioned) with fit, engagement and usage rules, definitions of MQL, SAL and SQL (versioned), receipts.
Verbs: those of `drafts` (a rule, a group or the cut-offs of the draft, each change by itself) and of `publishing`
(publish, go back, shadow); `rescore.rescore(person_ids, now=)`; `rescoring.begin` after new rules; `cuts.take` every
night; `definition_drafts` (a definition is drafted, proposed, agreed by both sides); `defaults.publish` for the first
versions. The ideal customer profile and the past have rooms of their own:
`icp`, `replay`.
Questions: `receipt.of(person_id, as_of=)`, `preview.preview(lead or enquiry, model=)`, `history_line.of`,
`counterfactual.of`, `definitions.current(stage)` and `.check(condition, lead)`, `panels.score`, `card.of`, `cuts.line`,
`shadow.compared`, `rescoring.would_hand_over`; charts ask `versions.versions`, pages `violators` and
`definition_outcomes`. The pulse asks `coming_into_force.drain`, `refresh.drain`, `rescoring.drain` and `shadow.drain`.
Hears: `lead.opened`, `lead.reopened`, `person.touched`, `person.changed`, `company.changed`, `touch.logged`. Tells:
`model.drafted / changed / discarded / published / rolled_back / shadowed / unshadowed`,
`definition.drafted / changed / proposed / approved / published / withdrawn / discarded / reminded / reviewed`;
crossings, by calling `leads.handoff.qualify`; attributes `cell`, `fit`, `engagement`, `usage`, `priority`, `top`, `pql`
and `company.icp` for conditions.
What outcomes teach, the guard against leaks and the rot alarm: `learning`. settings.SCORING_FEEDBACK says which rules
let in what sales sends back.
Never: a second implementation of a rule: `compiling` makes one SQL expression set with `as_of`, and all else reads it.

Points are whole ten-thousandths (`points`), so that the lines of a receipt add up to the score to the last digit.
"""
