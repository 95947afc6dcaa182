"""Each channel with what its customers cost and bring, as the KPIs give it."""

from dataclasses import dataclass

from dashboards import sheet, told
from dashboards.economics import moving
from dashboards.kpis.base import Figure

UNSEEN = Figure(None, na="no spend entered")
UNPAID = Figure(None, na="no customer of it pays anything monthly yet")


@dataclass(frozen=True, slots=True)
class Row:
    """`spend`: programmes, in minor units. `links`: addresses of the rows behind the numbers."""

    code: str
    name: str
    customers: int
    spend: int
    media: Figure
    cac: Figure
    ltv: Figure
    ratio: Figure
    payback: Figure
    links: dict[str, str]

    @property
    def movable(self) -> moving.Channel:
        return moving.Channel(self.name, self.spend, self.customers)


def of(whole: sheet.Sheet, names: dict[str, str]) -> list[Row]:
    """Every channel that cost or brought anything; the dearest customer first, those without a CAC last."""
    cac, ltv = whole.answer("cac"), whole.answer("ltv")
    ratio, payback = whole.answer("ltv-cac"), whole.answer("cac-payback")
    rows = []
    for code in sorted({*cac.found.sources, *ltv.found.sources}):
        piece = cac.found.sources.get(code)
        cost = cac.sources.get(code, UNSEEN)
        media = cost.beside[0] if cost.beside else None
        links = {
            "customers": told.rows_href(whole, "cac", part="customers", source=code),
            "media": told.rows_href(whole, "cac", part="programme", source=code),
            "cac": told.rows_href(whole, "cac", source=code),
            "ltv": told.rows_href(whole, "ltv", source=code),
        }
        rows.append(Row(
            code, names.get(code, code), piece.n("customers") if piece else 0,
            int(piece.sum("programme")) if piece else 0,
            Figure(media.value, na=media.na if media.value is None else "") if media else UNSEEN,
            cost, ltv.sources.get(code, UNPAID), ratio.sources.get(code, UNPAID), payback.sources.get(code, UNPAID),
            links,
        ))  # fmt: skip
    return sorted(rows, key=lambda row: (row.cac.value is None, -(row.cac.value or 0), row.name))
