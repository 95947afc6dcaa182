"""What is given away of the list price, and how much of that nobody with authority approved."""

from dashboards import arithmetic
from dashboards.kpis import say
from dashboards.kpis.base import Beside, Excluded, Figure, Kpi, Population, Slice
from dashboards.kpis.populations import DEAL_SOURCE, SOLD, UNDATED
from revops.lib import words

# The combined give is measured as the desk's own report measures it (deals.discount_report): discount and our cost of
# the gives by the win, in percent of the list, against what a rep may and what the newest approval before the win let.
PRICED_WINS = Population(
    name="wins by the list", subject="deal", source="d.source_id", owner="d.owner_id",
    kinds=("undated", "business", "listed", "foreign_money", "discounted", "unapproved"),
    select=f"""
      SELECT w.*, w.listed AND NOT w.foreign_money AND w.list > w.net AS discounted,
             w.listed AND NOT w.foreign_money AND w.given > COALESCE(
               (SELECT a.up_to FROM deals_discountauthority a WHERE a.level = 'rep'), 0)
             AND w.given > COALESCE(
               (SELECT r.combined FROM deals_discountrequest r WHERE r.deal_id = w.id AND r.state = 'approved'
                   AND r.decided_at <= w.at ORDER BY r.decided_at DESC, r.id DESC LIMIT 1), 0) AS unapproved
        FROM (SELECT d.id, d.id AS key, d.closed_at AS at, {DEAL_SOURCE}, d.undated, d.kind AS business,
                     COALESCE(d.list_amount > 0 AND d.amount IS NOT NULL, false) AS listed,
                     d.currency <> %(currency)s AS foreign_money, d.list_amount AS list, d.amount AS net,
                     100.0 * (d.list_amount - d.amount + COALESCE((SELECT sum(g.cost) FROM deals_give g
                                                                    WHERE g.deal_id = d.id
                                                                      AND g.given_at <= d.closed_at), 0))
                     / NULLIF(d.list_amount, 0) AS given,
                     (d.list_amount - d.amount)::float8 / NULLIF(d.list_amount, 0) AS discount
                FROM deals_deal d
               WHERE d.stage = 'won' AND d.closed_at >= {{starts}} AND d.closed_at < {{ends}}
                 AND d.closed_at <= {{seen}} {{only}}) w""",
)  # fmt: skip
_ROWS = f"{SOLD} AND listed AND NOT foreign_money"


def discount_rate(s: Slice) -> Figure:
    net, list_ = s.sum("net"), s.sum("list")
    value = arithmetic.ratio(list_ - net, list_)
    discounted, unapproved = s.n("discounted"), s.n("unapproved")
    return Figure(
        value,
        formula=f"1 {words.MINUS} {say.money(net, s.currency)} ÷ {say.money(list_, s.currency)} by the list",
        na="" if value is not None else "0 won with list prices in this period",
        n=s.n(""),
        beside=(
            Beside("beyond a rep's authority without approval", arithmetic.ratio(unapproved, s.n("")), "share",
                   part="unapproved", na="0 won with list prices"),
            Beside("with a discount", discounted, "count", part="discounted"),
        ),
    )  # fmt: skip


KPIS = [
    Kpi(
        id="K24", key="discount-rate", name="Discount", unit="share", better="lower", badge="profit",
        grain="one deal won with list prices, by its closing date", population=PRICED_WINS,
        definition="1 − what was paid ÷ what the same costs by the list, all wins of the period together: large deals "
        "weigh more. Beside it the share of these wins that gave more than a rep may, without an approval.",
        rows=_ROWS,
        parts={"discounted": "discounted", "unapproved": "unapproved"},
        part_names={"discounted": "With a discount", "unapproved": "Unapproved"},
        sums={"net": f"CASE WHEN {_ROWS} THEN net END", "list": f"CASE WHEN {_ROWS} THEN list END"},
        excluded={"undated": UNDATED, "renewal": Excluded("NOT undated AND business = 'renewal'", "renewals"),
                  "listed": Excluded(f"{SOLD} AND NOT listed", "without list prices"),
                  "currency": Excluded(f"{SOLD} AND listed AND foreign_money", "in another currency")},
        columns=(("list", "By the list", "money"), ("net", "Paid", "money"), ("discount", "Discount", "share")),
        measure=discount_rate, by_source=True,
    ),
]  # fmt: skip
