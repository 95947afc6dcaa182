"""What browsers and products report of people, anonymous at first.

Owns: visitors (anonymous ids), visits (30 minutes idle ends one), their events, write keys, which event makes which
touch; the tracking script and the addresses that take reports in.
Verbs: `events.take(batch)` is the one way in; `stitching.statement(pairs)` joins what an anonymous id did to the person
it turned out to be; `keys.add / rotate / switch`, `mapping.keep / drop`.
Questions: `looking.overview`.
Hears: nothing. Tells: `person.identified`, and what `intake.learn` and `touches.add` tell.
Never: opens a cycle; makes anything of an anonymous id that belonged to two people; keeps an id in a browser before
its owner agreed.

In the browser the id is in the cookie `rv_id` and `revopsVisits.id()`; a form sends it along as `visitor`.
"""
