"""The shared numbers: reads only.

Owns: KPIs (definition, formula with its values, as-of, rows), funnels, the dashboard, and the indexes they read.
Verbs: `attribution.closing.close_months(now=)` keeps the credits of months that are over;
`mailing.mailings.make`, `stop`, `leave` say who gets the page by mail; `journey.limits.set_limits` how long a lead may
hear nothing.
Questions: `filters.parse(query)` → `sheet.opened(filters, now=)` → `sheet.answer(kpi)`; `rows.page` and `rows.walk` for
the rows behind it; `kpis.registry.find(key or id)`.
`attribution.of(sheet)`: credit of the wins by channel, campaign or asset, under every model.
How it hangs together: a population (`kpis/populations.py`) is SQL written once; a KPI is predicates over it and a
formula; `kpis/scan.py` counts all KPIs of a population in one pass; page, REST and CSV read the same sheet.
Hears: nothing. Tells: `mailing.made`, `mailing.stopped`, `silence.set`, `goal.…`, `kpi.judged`.
Never: writes a fact of what it counts; shows a number that does not open its rows.
"""
