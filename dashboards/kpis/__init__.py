"""The registry of KPIs: `registry.ALL`, `registry.find(key or id)`; asked through `dashboards.sheet`."""
