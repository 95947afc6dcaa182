"""Where demand comes from.

Owns: channels (one vocabulary with aliases) and campaigns; later spend, assets, requests, calendar, nurture.
Verbs: `channels.resolve(utm, referrer, …)` names the channel of a touch.
Questions: `Channel.objects.by_code()`, `Campaign.objects.by_code()`.
Hears, tells: nothing yet. Never: knows a lead.
"""
