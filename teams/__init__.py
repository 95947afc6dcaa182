"""People, teams, roles, working hours and leave.

Owns: users (one role each), teams with a kind and a manager, calendars (versioned opening hours: the one noun
that shifts and SLA clocks share), leave, API keys with scopes, the organisation's settings, saved views.
Verbs: `invite`, `deactivate` (hands all open work over), `take_leave`, `edit_hours`, `create_api_key`.
Questions: `User.objects.active()`, `shifts.on_shift(users, at=)`, `access.require(user, right, ...)`.
Hears: nothing. Tells: journal entries `user.*` through the rooms above it.
Never: imports another room (but for the pure arithmetic of `sla.business_time`).
"""
