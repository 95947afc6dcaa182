"""Opportunities in their smallest true form: open, won, lost with a reason.

Owns: deals, hand-over calls. Verbs: `conversion.convert(lead, …)`, `deal.win`, `deal.lose`, `deal.edit`,
`deal.reopen`, `handover_call.book / hold`.
Questions: `Deal.objects.open()`, `board.columns(…)`, `panels.deals`, `attributes.OFFERED`,
`best_customers.of` and `.decided` for the ideal customer profile.
Hears: `person.merged`, `person.unmerged`. Tells: `deal.opened`, `deal.won`, `deal.lost`, `deal.edited`,
`deal.reopened`, `deal.handover_booked / held / missed`; moves the lead by
`leads.progress.advance`.
Never: two open deals from one lead; a loss without a reason.
"""
