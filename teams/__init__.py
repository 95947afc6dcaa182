"""People, teams, roles, working hours and leave.

Owns: users (one role each), teams with a kind and a manager, calendars (versioned opening hours: the one noun
that shifts and SLA clocks share), leave, API keys with scopes, the organisation's settings, saved views.
Verbs: `people.invite / change / deactivate / take_leave / end_leave`, `calendars.add_calendar / edit_hours`,
`company.change_company / add_team / change_team`, `keys.create_api_key / revoke_api_key`,
`setup.set_up` (the first run).
Questions: `User.objects.active() / sellers()`, `shifts.on_shift(users, at=)`, `access.can_work(user, lead, verb)` and
`access.require_work / require / require_role`: the one place for rights; `calendars.current_versions()`.
Hears: nothing. Tells: the rooms named in settings ARRIVALS and DEPARTURES, which record what they did.
Never: imports another room (but for the pure arithmetic of `sla.business_time`).
"""
