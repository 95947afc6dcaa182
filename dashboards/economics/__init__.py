"""What customers cost and bring: arithmetic of lifetimes, hunter or farmer by segment, the page about both.

Owns: `/economics/` and `/api/v1/economics/`; reads only. `lifetime`, `motion` and `moving` are arithmetic without a
database. Numbers come from the KPIs `cac`, `ltv`, `net-revenue-retention`, each the same as on its own page.
"""
