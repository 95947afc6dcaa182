"""The record of a lead, from the enquiry to its decision.

Owns: companies, people and their keys, leads (one qualification cycle of a person), touches, attribute definitions and
facts, ownership, BANT, MQL snapshots, territories. Packages with a front door of their own: `conditions` (the language
and its editor), `webforms`, `visits`, `hooks` (providers), `submissions`, `importing`, `exporting`, `duplicates`,
`routing`, `consent`, `rights`.
Verbs: `intake.capture(batch)` is the only way in, whatever the door; `handoff.qualify(crossings)` makes MQLs, routes
and hands over; `lead.accept / reject / recycle / qualify / disqualify / reopen / reassign / undo`;
`progress.advance(batch)` for stages that deals write; `touches.log(batch)`, `touches.approve / decline`
what was logged late, `touches.drain` for what was dated ahead; `duplicates.merging.merge`,
`duplicates.unmerging.unmerge`; `benching.bench / unbench`.
Questions: `Lead.objects.open() / awaiting_disposition() / with_names()`, `conditions.compile`, `timeline.of(lead)`.
Hears: nothing. Tells: `lead.opened`, `lead.raised` (a hand, on a lead handed over already), `lead.mql`, `lead.<stage>`,
`lead.assigned / unassigned / held / picked / reopened / undone / bant / merged / unmerged`, `person.touched / changed /
identified / merged / unmerged / erased`, `company.changed`, `touch.logged / approved / declined`, `user.benched /
unbenched`, `form.*`, `hook.*`, `routing.*`, `import.done / undone`, `consent.given / withdrawn`, `request.*`.
Never: imports scoring, clocks or deals; destroys a row; writes a stage outside its verbs.
"""
