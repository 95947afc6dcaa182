"""Every enquiry with what became of it, also those that reached nobody's record.

Owns: the submissions page, keeping what was refused, held or failed, and trying it once more.
Verbs: `keeping.keep(batch)` for what `intake.capture` never saw; `replaying.replay(submission)`; `refusals.note` for
what REST refused. Questions: `listing.page`, `failing.sources`.
Never: makes a lead; that is `intake.capture` alone.
"""
