"""The time of every promise.

Owns: policies (versioned, ordered lines with their ladders), clocks, pauses, effects, hops, next steps, what could not
be fired, what both sides promised for a period; the pure arithmetic `business_time`; queue, floor, limbo and breaches.
How it works: `reactions` hands a batch of facts to `targets`, a module a promise; `planner` says when each rung of a
ladder is reached; `clocks` writes what starts and ends; `due` fires what is due through `firing`, one statement that
finds who hears it, and `parking` sets aside what cannot be fired; `hops`, `pausing` and `replanning` move what runs.
Verbs: `clocks.start / stop / reinstate / charge`, called by the reaction; `due.drain` fires what is due, asked by the
pulse; `pausing.pause / resume`; `replanning.carry / recalendar / rezone`; `rebuild.check` proves the clocks by their
journal; `next_steps.set_step / finish / drop` promise what happens next; `history.keep_time` times what an import
tells; `drafts` changes, publishes and goes back to promises.
Questions: `queue.of(user)`, `questions.owed_count(user)`, `panels.clocks`, `receipt.of(clock)`, `state.state_of`,
`floor.summary / page` open clocks of people by urgency, `load.people`, `limbo.counts / rows`, `breaches.page / every`,
`next_steps.without_step()` limbo, `touch_progress.of_leads` the pace of touches, `replay.of(draft)` what a draft would
have meant (`replaying` keeps it), `drafts.problems`, `drafts.differences`.
Hears: `lead.mql`, `lead.assigned`, `lead.unassigned`, `lead.raised`, `lead.sal`, `lead.sql`, `lead.rejected`,
`lead.recycled`, `lead.disqualified`, `lead.opportunity`, `lead.won`, `lead.lost`, `lead.reopened`, `lead.undone`,
`lead.merged`, `lead.unmerged`, `touch.logged`, `touch.approved`,
`deal.opened / won / lost / reopened / edited`, `deal.handover_booked / held`,
`deal.discount_asked / approved / declined / withdrawn`, `content.asked / taken / answered`.
Tells: `clock.started / warned / breached / escalated / met / met_late / cancelled / not_required / reinstated / paused
/ resumed / retargeted / merged / repaired`, `lead.stuck` (a breach that could not move its lead on),
`step.set / reworded / done / dropped`, `policy.drafted / changed / discarded / published / rolled_back`.
Never: dates a breach at the moment it was noticed (always at due); fires anything twice (a unique effect guards it);
moves a deadline before now; counts a promise twice or drops a miss by cancelling it.
"""
