"""Clocks as a file (settings.EXPORTS)."""

from leads.exporting.kinds import Kind

NAMES = """id lead_id deal_id request_id content_request_id target tier scope run owner_id policy_id started_at seconds
due_at phase breached_at detected_at stopped_at outcome reason history""".split()
CLOCKS = Kind("clocks", "Clocks", "sla_clock x", {name: f"x.{name}" for name in NAMES}, "x.started_at")
