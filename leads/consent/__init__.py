"""What people agreed to, and how they take it back (DOMAIN 7.2).

Owns: consent texts (words by purpose, channel and version) and consent events (append-only); the cache on the person.
Verbs: `texts.add`, `giving.rows` (capture's part), `saying.say(batch)` for every other yes and no, `links.address`.
Questions: `texts.current()`, `reading.of(person_id)`, `reading.may(person_ids, purpose, channel)`.
Tells: `consent.given`, `consent.withdrawn`. Never: changes or deletes an event, but for an erasure.
"""
