"""What this room's conditions name cannot be taken away beneath them."""

import pytest

from scoring import definitions, drafts
from scoring.held import held
from scoring.models import Definition, Icp
from tests.scoring.model_of import T, days

pytestmark = pytest.mark.django_db
WEST = {"attribute": "lead.territory", "op": "is", "value": "west"}


def where():
    return {called for called, condition in held() if condition == WEST or WEST in (condition or {}).get("all", [])}


def test_a_draft_does_not_hide_the_definition_in_force():
    now = definitions.current("mql", at=T)
    Definition.objects.filter(pk=now.pk).update(predicate=WEST)
    later = {"stage": "mql", "sentence": "x", "predicate": {}}
    Definition.objects.create(version=2, state="draft", effective_at=T, **later)
    assert where() == {"the definition of MQL"}
    Definition.objects.filter(pk=now.pk).update(predicate={})
    Definition.objects.filter(version=2).update(state="published", predicate=WEST, effective_at=T + days(9_000))
    assert where() == {"the definition of MQL"}


def test_a_draft_of_whom_touches_count_and_the_profile_hold_what_they_name(cast):
    draft = drafts.open_draft(by=cast.admin, at=T)
    drafts.change(draft.rules.get(name="Webinar"), {"condition": WEST}, by=cast.admin, at=T)
    Icp.objects.create(version=1, state="published", criteria=[WEST], created_at=T, edited_at=T)
    assert where() == {"the scoring rule Webinar", "the ideal customer profile"}
    Icp.objects.update(state="retired")
    drafts.discard(draft, by=cast.admin, at=T)
    assert where() == set()
