"""The draft a page changes: begun with the first change, never another one than the reader saw."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest

from journal import drafting
from revops.lib import seen
from revops.lib.errors import DomainError, Refused
from scoring import drafts
from scoring.models import Rule, ScoringModel
from scoring.studio import board, words


def my_draft(request: HttpRequest) -> ScoringModel:
    """The draft to change. Raises Refused when somebody began one, or ended it, after the page was shown."""
    seen, draft = request.GET.get("seen", ""), drafts.the_draft()
    if draft is not None and seen == board.NO_DRAFT and not draft_is_mine(request, draft):
        who, at = drafting.named(draft.created_by_id), drafting.clock(draft.created_at)
        raise Refused(f"{who} began a draft at {at}: see what changed. Nothing was changed.", code="stale")
    if draft is None and seen and seen != board.NO_DRAFT:
        raise Refused("The draft you saw is gone: it was published or discarded. Nothing was changed.", code="stale")
    return draft or drafts.open_draft(by=request.user, at=request.now)


def draft_is_mine(request: HttpRequest, draft: ScoringModel) -> bool:
    """Begun by this very request, a moment ago."""
    return draft.created_at == request.now and draft.created_by_id == request.user.pk


def mine(request: HttpRequest, rule: Rule) -> Rule:
    """The rule in the draft, which is begun if there is none."""
    draft = my_draft(request)
    found = draft.rules.select_related("group").filter(line=rule.line).first()
    if found is None:
        raise Refused("Somebody has taken this rule out of the draft. Nothing was changed.", code="stale")
    found.model = draft
    return found


def find(line: UUID) -> Rule:
    """In the draft, else in what is live or in the shadow."""
    states = ["draft", "published", "shadow"]
    found = list(Rule.objects.filter(line=line, model__state__in=states).select_related("model", "group"))
    if not found:
        raise Http404
    return min(found, key=lambda one: states.index(one.model.state))


def since(request: HttpRequest, refusal: DomainError) -> list[dict[str, Any]]:
    """What others changed since the reader's page was made, in words, when that is the reason."""
    if refusal.code != "stale":
        return []
    return words.told_since(drafts.the_draft(), seen.of(request))
