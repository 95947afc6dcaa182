"""The board by hand: arrows walk, Shift and an arrow move the deal, and a refusal says what is missing."""

from datetime import date

import pytest

from deals import pipelines
from deals.conversion import convert
from deals.models import Deal, PipelineStage
from leads.models import Company, Lead, Person
from revops.lib.now import now as clock

pytestmark = pytest.mark.long


def test_a_deal_is_moved_by_keys_and_says_why_it_may_not(page_as, cast):
    now = clock()
    company = Company.objects.create(name="Kestrel Foods", name_key="kestrel foods")
    person = Person.objects.create(first_name="Ines", last_name="Duarte", email="ines@k.example", company=company)
    lead = Lead.objects.create(
        person=person, company=company, owner=cast.owner, stage="sql", created_at=now, sql_at=now, stage_at=now
    )
    deal = convert(lead, name="Rollout", amount=100, currency="USD", close_on=date(2099, 1, 1), by=cast.owner, at=now)
    first, second, *_ = PipelineStage.objects.all()
    pipelines.add_criterion(second, text="The pain is named", by=cast.admin, at=now)
    page = page_as(cast.owner, width=1440)
    page.set_default_timeout(40_000)
    page.goto("/deals/")
    page.locator(f"#deal-{deal.pk} [data-row-link]").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.locator(f"#at-{second.pk} #deal-{deal.pk}").wait_for()
    assert page.evaluate("document.activeElement.closest('[data-row]').id") == f"deal-{deal.pk}"
    page.keyboard.press("Shift+ArrowRight")
    page.get_by_text("Missing: The pain is named").wait_for()
    page.keyboard.press("Escape")
    page.wait_for_function(f"document.activeElement.closest('[data-row]')?.id === 'deal-{deal.pk}'")
    page.locator(f"#deal-{deal.pk}").drag_to(page.locator(f"#at-{first.pk}"))
    page.locator(f"#at-{first.pk} #deal-{deal.pk}").wait_for()
    assert Deal.objects.get().pipeline_stage_id == first.pk
