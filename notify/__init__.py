"""One delivery queue to people.

Owns: notices (in-app), deliveries (browser, e-mail, Slack, Teams), destinations, what each person chose, quiet hours.
Verbs: `notice.read(user, at=)`, `notice.test`, `preferences.keep`, `destinations.add / switch / test / again`;
`planning.drain` makes deliveries of notices, asked by the pulse; the sender (`manage.py deliver`, a process beside
the pulse) plans what the pulse left and sends by `outbox.claim / attempt / record`.
Questions: `questions.unread_count(user)`, `questions.backlog(now)`, `said.said(notices)`, `words.sentence(…)`.
Hears: `lead.assigned`, `step.set`, `touch.logged`; clocks write their notices in the statement that fires them.
Tells: `destination.added / switched_on / switched_off`, `delivery.retried`.
Never: sends inside a transaction; tells twice (a unique key guards each notice and each delivery); posts to anything
inside the network that the operator didn't name.
"""
