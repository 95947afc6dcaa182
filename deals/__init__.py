"""Opportunities in their smallest true form: open, won, lost with a reason.

Owns: deals. Verbs: `conversion.convert(lead, …)`, `deal.win`, `deal.lose`, `deal.edit`, `deal.reopen`.
Questions: `Deal.objects.open()`, `board.columns(…)`, `panels.deals`, `attributes.OFFERED`.
Hears: nothing. Tells: `deal.opened`, `deal.won`, `deal.lost`, `deal.edited`, `deal.reopened`; moves the lead by
`leads.progress.advance`.
Never: two open deals from one lead; a loss without a reason.
"""
