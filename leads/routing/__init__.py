"""Who gets a lead, and why them (DOMAIN 1.2)."""

from leads.routing.deciding import Decision, route
from leads.routing.why import why_sentence

__all__ = ["Decision", "route", "why_sentence"]
