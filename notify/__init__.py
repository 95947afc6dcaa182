"""One delivery queue to people.

Owns: notices (in-app), later e-mail, Slack, Teams and signed webhooks.
Verbs: `notice.read(user, at=)`.
Questions: `questions.unread_count(user)`, `words.sentence(kind, data, subject)`.
Hears: `lead.assigned`; clocks write their notices in the statement that fires them. Tells: nobody.
Never: sends inside a transaction; tells twice (a unique key guards each notice).
"""
