"""Opportunities in their smallest true form: open, won, lost with a reason.

Owns: deals. Verbs: `conversion.convert(lead, …)`, `deal.win`, `deal.lose`, `deal.edit`, `deal.reassign`.
Questions: `Deal.objects.open()`, `panels.deals`.
Hears: nothing. Tells: `deal.opened`, `deal.won`, `deal.lost`, `deal.edited`; moves the lead by `leads.progress.advance`.
Never: two open deals from one lead; a loss without a reason.
"""
