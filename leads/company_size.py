"""Segments by size, as numbers are compared by them: small, mid-market, enterprise, or unknown."""

SMALL, MID, ENTERPRISE, UNKNOWN = "smb", "mid", "enterprise", "unknown"
NAMES = {SMALL: "Small (under 200)", MID: "Mid-market (200 to 999)", ENTERPRISE: "Enterprise (1,000 or more)",
         UNKNOWN: "Size unknown"}  # fmt: skip


def segment(employees: int | None) -> str:
    if employees is None:
        return UNKNOWN
    return SMALL if employees < 200 else MID if employees < 1000 else ENTERPRISE


def sql(employees: str) -> str:
    """The same of a column; `employees` is a name in this code's own SQL, never a reader's words."""
    return (
        f"CASE WHEN {employees} IS NULL THEN '{UNKNOWN}' WHEN {employees} < 200 THEN '{SMALL}' "
        f"WHEN {employees} < 1000 THEN '{MID}' ELSE '{ENTERPRISE}' END"
    )
