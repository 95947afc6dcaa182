"""Where demand comes from.

Owns: channels (one vocabulary with aliases) and campaigns; later spend, assets, requests, calendar, nurture.
Verbs: `campaigns.ids(names)` makes the campaigns nobody has named before.
Questions: `channels.resolve(utm, referrer, …)` names the channel of a touch (pure); `vocabulary.named(name)`.
Hears, tells: nothing yet. Never: knows a lead.
"""
