"""Meetings run from a page: numbers frozen when it starts, decisions kept and shown the next time.

A kind of meeting (`kinds.KINDS`) is a name and an agenda: slides of named facts, each with the address of its rows.
The monthly SLA review is the first; another kind needs an agenda and nothing else.
Verbs: `verbs.start`, `decide`, `finish`, `reopen`, `close`. Questions: `Meeting.objects`, `pages.brought_along`.
"""
