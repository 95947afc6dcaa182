"""Deals as a file (settings.EXPORTS)."""

from leads.exporting.kinds import Kind

NAMES = """id name lead_id company_id person_id owner_id source_id stage amount currency close_on created_at closed_at
reason competitor note attributes history""".split()
DEALS = Kind("deals", "Deals", "deals_deal x", {name: f"x.{name}" for name in NAMES}, "x.created_at")
