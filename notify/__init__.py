"""One delivery queue to people.

Owns: notices (in-app), later e-mail, Slack, Teams and signed webhooks.
Verbs: `notice.tell(batch)`, `notice.read`.
Questions: `questions.unread_count(user)`.
Hears: `lead.assigned`, `clock.warned`, `clock.breached`, `clock.escalated`. Tells: nobody.
Never: sends inside a transaction; tells twice (a unique key guards each notice).
"""
