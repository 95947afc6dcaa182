"""The time of every promise.

Owns: policies (versioned, ordered), clocks, effects; the pure arithmetic `business_time`; the queue.
Verbs: `clocks.start / stop / reinstate / charge`, called by the reaction; `due.drain` fires what is due, asked by the
pulse; `history.keep_time` times what an import tells; `drafts` changes, publishes and goes back to promises.
Questions: `queue.of(user)`, `questions.owed_count(user)`, `panels.clocks`, `receipt.of(clock)`, `state.state_of`,
`replay.of(draft)` what a draft would have meant (`replaying` keeps it), `drafts.problems`, `drafts.differences`.
Hears: `lead.mql`, `lead.assigned`, `lead.unassigned`, `lead.raised`, `lead.sal`, `lead.rejected`, `lead.recycled`,
`lead.disqualified`, `lead.opportunity`, `lead.won`, `lead.lost`, `lead.reopened`, `lead.undone`, `touch.logged`.
Tells: `clock.started / warned / breached / escalated / met / met_late / cancelled / reinstated`, `policy.drafted /
changed / discarded / published / rolled_back`.
Never: dates a breach at the moment it was noticed (always at due); fires anything twice (a unique effect guards it).
"""
