"""The shared numbers: reads only.

Owns: KPIs (definition, formula with its values, as-of, rows), funnels, the dashboard page.
Verbs: none. Questions: `kpis.registry`, `kpis.compute(key, filters)`, `rows(key, filters)`.
Hears, tells: nothing. Never: writes a fact; shows a number that does not open its rows.
"""
