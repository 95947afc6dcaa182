"""What people may ask about their own data: access, a copy, erasure, objection, rectification (DOMAIN 7.2).

Owns: the log of requests with the last day the law gives, and the keyed hashes of whom we must not know again.
Verbs: `requests.receive / verify / extend / finish / refuse`, `erasing.erase(person)`.
Questions: `requests.due_on / whose / may_copy`, `copy.of(person)`, `hashes.known(keys)`.
Tells: `request.received`, `request.extended`, `request.answered`, `person.erased`. Asks: settings.ERASERS, one function
a room, `erase(person_ids, lead_ids, at=)`.
Never: changes what was counted; keeps a word of an erased person; lets a clock of a request be paused.
"""
