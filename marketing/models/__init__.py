"""A noun a file."""

from marketing.models.channel import Campaign, Channel
from marketing.models.content import ContentRequest
from marketing.models.spend import EffortNorm, LoadedRate, SalesHours, Spend

__all__ = ["Campaign", "Channel", "ContentRequest", "EffortNorm", "LoadedRate", "SalesHours", "Spend"]
