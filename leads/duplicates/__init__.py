"""One human being, one record: finding who is kept twice, making them one, and taking that back.

Owns: likenesses (what doubles share), pairs to review, merges, the people's addresses.
Verbs: `merging.merge(survivor, loser)`; `unmerging.unmerge(merge)` for 30 days; `reviewing.different(pair)`;
`finding.drain` compares who is new or changed, asked by the pulse; `addresses.add / remove / prefer`.
Questions: `finding.like(…)` who looks like somebody about to be typed in; `reviewing.page / one`, `effects.of` what a
merge would do to clocks and touches; `unmerging.may_take_back(merge)`.
Hears: nothing. Tells: `person.merged`, `lead.merged`, `person.unmerged`, `lead.unmerged`, `person.identified`.
Never: merges by a name alone; asks again about two whom somebody has called different; destroys a row of a person.
"""
