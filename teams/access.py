"""Who may do what: the one place that answers, for pages, REST, admin and commands alike.

Everybody signed in reads the shared record. Verbs on a lead follow the table below; what isn't in it is refused.
A key's service user acts as an owner would when its key has the scope `work`. Nothing here writes.
"""

from typing import Any

from revops.lib.errors import Forbidden
from teams.models import Role, Team, TeamKind, User

WRITERS = frozenset({Role.SALES, Role.MARKETING, Role.SUCCESS, Role.ADMIN})
SELLERS = frozenset({Role.SALES, Role.SUCCESS, Role.ADMIN})

OWNER, TEAMMATE, MANAGER, MONITOR, MARKETING = "owner", "teammate", "manager", "monitor", "marketing"
MARKETING_MANAGER = "marketing manager"
# Asked in this order, the free question first. Administrators and keys with the scope `work` may do all of them.
LEAD_VERBS: dict[str, tuple[str, ...]] = {
    "accept": (OWNER, TEAMMATE, MANAGER),  # a teammate who accepts becomes the owner
    "reject": (OWNER, MANAGER),
    "recycle": (OWNER, MANAGER),
    "disqualify": (OWNER, MANAGER),
    "qualify": (OWNER, MANAGER),
    "convert": (OWNER, MANAGER),
    "reopen": (OWNER, MANAGER, MARKETING),
    "reassign": (OWNER, MANAGER, MONITOR),
    "touch": (OWNER, TEAMMATE, MANAGER),
    "undo": (OWNER, TEAMMATE, MANAGER),
    "plan": (OWNER, TEAMMATE, MANAGER),  # the next step
    "pause": (OWNER, MANAGER),  # a clock; longer than a week of work: the manager
    "merge": (OWNER, MANAGER),  # of both
    "override": (MARKETING_MANAGER,),  # handing over what does not meet the definition
    # The same on a deal.
    "win": (OWNER, MANAGER),
    "lose": (OWNER, MANAGER),
    "edit": (OWNER, MANAGER),
    "move": (OWNER, MANAGER),
    "take_back": (OWNER, MANAGER),
    "hand_over": (OWNER, MANAGER),
    # Of a customer, whose owner is the success manager.
    "take_over": (OWNER, MANAGER),  # accept or return what sales hands over
    "look_after": (OWNER, TEAMMATE, MANAGER),
    "give_customer": (OWNER, MANAGER),
}
# Writing on what belongs to nobody in particular.
VERBS: dict[str, frozenset[str]] = {
    "create_lead": WRITERS,
    "edit_person": WRITERS,
    "add_touches": WRITERS,
    "import": frozenset({Role.MARKETING, Role.ADMIN}),
    "export": frozenset({Role.MARKETING, Role.ADMIN}),
    "keep_segments": frozenset({Role.MARKETING, Role.ADMIN}),
    "ask_for_content": WRITERS,
    "make_content": frozenset({Role.MARKETING, Role.ADMIN}),
    "administer": frozenset({Role.ADMIN}),
}


def can_work(user: Any, lead: Any, verb: str = "reject") -> bool:
    """Whether `user` may do `verb` on `lead`; the default asks for an owner's verbs. At most two queries, none for the
    owner and for an administrator; `lead.owner` should be loaded."""
    if not _may_write(user):
        return False
    if user.is_service:
        return "work" in scopes_of(user)
    if user.role == Role.ADMIN:
        return True
    return any(_stands(user, lead, as_whom) for as_whom in LEAD_VERBS[verb])


def require_work(user: Any, lead: Any, verb: str) -> None:
    """Raises Forbidden, naming who may, unless `user` may do `verb` on `lead`."""
    if can_work(user, lead, verb):
        return
    words, noun = verb.replace("_", " "), lead._meta.model_name
    if user is not None and getattr(user, "is_service", False):
        raise Forbidden(f"This key lacks the scope work, so it may not {words} a {noun}.", code="missing_scope")
    if user is not None and getattr(user, "role", "") == Role.VIEWER:
        who = _who_may(lead, verb)
        raise Forbidden(f"A viewer reads and doesn't write. {who} may {words} this {noun}.", code="viewer")
    raise Forbidden(f"{_who_may(lead, verb)} may {words} this {noun}. Nothing was changed.", code="not_yours")


def may(user: Any, verb: str) -> bool:
    """Whether `user` may do a verb of `VERBS`, which needs no object."""
    if not _may_write(user):
        return False
    if user.is_service:
        held = scopes_of(user)
        if verb in {"administer", "import", "export", "keep_segments"}:
            return "admin" in held
        return bool({"intake", "work"} & held)
    return user.role in VERBS[verb]


def require(user: Any, verb: str) -> None:
    """Raises Forbidden unless `may`."""
    if not may(user, verb):
        allowed = " and ".join(sorted(Role(role).label for role in VERBS[verb]))
        raise Forbidden(f"This is for {allowed}; you are signed in as {_called(user)}.", code="role")


def require_role(user: Any, *roles: str) -> None:
    """Raises Forbidden unless `user` is active and has one of `roles`; an administrator always may."""
    if not _active(user) or user.is_service or (user.role != Role.ADMIN and user.role not in roles):
        allowed = " and ".join(sorted(Role(role).label for role in {*roles, Role.ADMIN}))
        raise Forbidden(f"This is for {allowed}; you are signed in as {_called(user)}.", code="role")


def scopes_of(user: Any) -> frozenset[str]:
    """The scopes of the key behind a service user; nothing for people and for a key that is no longer good."""
    key = getattr(user, "api_key", None) if user.is_service else None
    return frozenset() if key is None or key.revoked else frozenset(key.scopes)


def _active(user: Any) -> bool:
    return user is not None and bool(getattr(user, "is_active", False)) and hasattr(user, "role")


def _may_write(user: Any) -> bool:
    return _active(user) and (user.is_service or user.role in WRITERS)


def _stands(user: Any, lead: Any, as_whom: str) -> bool:
    if as_whom == OWNER:
        return lead.owner_id is not None and lead.owner_id == user.pk
    if as_whom == MONITOR:
        return user.watches_handoffs
    if as_whom == MARKETING:
        return user.role == Role.MARKETING
    if as_whom == MARKETING_MANAGER:
        return Team.objects.filter(manager=user, kind=TeamKind.MARKETING).exists()
    if lead.owner_id is None or lead.owner.team_id is None:
        return False
    if as_whom == TEAMMATE:
        return user.role in SELLERS and user.team_id == lead.owner.team_id
    return user.manages_team(lead.owner.team_id)


def _who_may(lead: Any, verb: str) -> str:
    if verb == "override":
        return "Only the manager of a marketing team or an administrator"
    if lead.owner_id is None:
        return f"Nobody owns this {lead._meta.model_name} yet: only an administrator or the hand-off monitor"
    team = lead.owner.team if lead.owner.team_id else None
    who = [str(lead.owner)]
    if TEAMMATE in LEAD_VERBS[verb] and team:
        who.append(f"somebody of {team}")
    if team and team.manager_id not in {None, lead.owner_id}:
        who.append("the team's manager")
    who.append("an administrator")
    return "Only " + ", ".join(who[:-1]) + " or " + who[-1]


def _called(user: Any) -> str:
    if not isinstance(user, User):
        return "nobody"
    return "a key" if user.is_service else Role(user.role).label
