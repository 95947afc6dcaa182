"""A company to look at: about 18 months of Northwind, told through the domain's own verbs, the same for the same seed.

Owns: the cast, the market, the habits and the order of the story. Nothing here is real; addresses end in .example.
Verbs: `story.tell(seed=, people=, until=)` into an empty database. Questions: `log_ins()`.
Never: imported by a room; writes a state field that a verb writes.
"""


def log_ins() -> list[tuple[str, str, str]]:
    """[(role, mail, password)], one a role; empty when this database holds another company."""
    from revops.demo import cast
    from teams.models import User

    known = set(User.objects.filter(is_active=True).values_list("email", flat=True))
    return [who for who in cast.log_ins() if who[1] in known]
