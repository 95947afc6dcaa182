"""Meetings run from a page: numbers frozen when it starts, decisions kept and shown the next time.

A kind of meeting (`kinds.KINDS`) is a name and an agenda: slides of named facts, each with the address of its rows. The
weekly pipeline review has a slide a deal, the riskiest first (`pipeline_review`, `deal_screen` over `deal_news` and
`evidence`); the monthly SLA review and the quarterly one run on the same engine.
Verbs: `verbs.start`, `decide`, `take`, `skip`, `finish`, `reopen`, `close`. Questions: `Meeting.objects`,
`pages.brought_along`, `deal_panel.of` (settings.DEAL_SECTIONS). Tells: `meeting.started / decided / skipped /
decision_done / decision_reopened / closed`, and of a deal `deal.decided / decision_done / decision_reopened`.
Never: freezes who may ask to be forgotten; people of the buyer and their words are kept by id.
"""
