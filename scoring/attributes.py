"""What scoring offers to conditions: the person's score as it stands. Its past is replayed, not looked up."""

from leads.attributes import NUMBER, TEXT, YES_NO, Attribute
from scoring import cuts

CELLS = {letter + number: letter + number for letter in "ABC" for number in "123"}

OFFERED = [
    Attribute("score.cell", "score cell", TEXT, "p.cell", choices=CELLS),
    Attribute("score.fit", "fit", NUMBER, "p.fit"),
    Attribute("score.engagement", "engagement", NUMBER, "p.engagement"),
    Attribute("score.usage", "usage", NUMBER, "p.usage"),
    Attribute("score.priority", "fit plus engagement", NUMBER, "(p.fit + p.engagement)"),
    Attribute(
        "score.top", "in the top share", YES_NO, cuts.NOW,
        phrases={"is true": "among the best of the pool, by the day’s cut", "is false": "below the day’s cut"},
    ),
    Attribute(
        "score.pql", "product-qualified", YES_NO, "p.pql",
        phrases={"is true": "product-qualified by usage", "is false": "not product-qualified"},
    ),
]  # fmt: skip
