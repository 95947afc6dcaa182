"""How each provider's posts are read: `told(body, now=)` → events, `values(kind, data)` → {name: text}, and what a new
connection starts with: `EVENTS` {kind: Act}, `FIELDS` [(from, to)], `ALWAYS` {field: value}."""

from types import ModuleType

from leads.hooks.providers import calendly, hubspot, meta, segment, stripe, typeform

PROVIDERS: dict[str, ModuleType] = {
    "hubspot": hubspot, "typeform": typeform, "meta": meta, "calendly": calendly, "segment": segment, "stripe": stripe,
}  # fmt: skip
