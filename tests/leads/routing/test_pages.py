"""/routing/: read by everybody, changed by administrators in a draft, published, taken back; refusals in place."""

import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads import ownership, routing
from leads.conditions import editing
from leads.models import (
    AccountList,
    AttributeFact,
    Company,
    Lead,
    NamedAccount,
    Pool,
    PoolMember,
    RoutingPlan,
    RoutingRule,
    RoutingRun,
    Waiting,
)
from leads.routing import drafts, waiting
from revops.lib.now import now as present
from teams.models import Leave
from tests.leads.routing.test_deciding import leads as made
from tests.leads.routing.test_deciding import pool, rule

pytestmark = pytest.mark.django_db
LARGE = {"attribute": "company.employees", "op": "at_least", "value": 500}
HX = {"HTTP_HX_REQUEST": "true"}
DAY = timedelta(days=1)


@pytest.fixture
def company(cast):
    """Large firms to Jonah and Lena by turns, the rest to Sam; five leads a week ago, two of them of large firms."""
    large = pool("Large", [cast.owner, cast.teammate])
    cast.rule = rule(1, "Large firms", LARGE, large)
    cast.large, cast.fallback = large, pool("", [cast.other], fallback=True)
    cast.at = present()
    firm = Company.objects.create(name="Acme", name_key="acme", domain="acme.example", employees=900)
    cast.leads = [*made(2, firm, country="US"), *made(3)]
    came = cast.at - 7 * DAY
    AttributeFact.objects.create(subject_kind="company", subject_id=firm.pk, values={"employees": 900}, at=came - DAY)
    Lead.objects.filter(pk__in=cast.leads).update(mql_at=came, created_at=came)
    given(cast.leads, at=came)
    return cast


def given(ids, *, at):
    found = routing.route(ids, at=at)
    ownership.assign(
        [ownership.Assignment(pk, d.owner_id, d.cause, d.why) for pk, d in found.items() if d.owner_id], at=at, now=at
    )
    return found


def page(client, path="/routing/", status=200):
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code)
    return answer.content.decode()


def words(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def leads_in(html):
    return len(re.findall(r'href="/leads/\d+/"', html))


def seen():
    draft = drafts.the_draft()
    return draft.edited_at.isoformat().replace("+", "%2B") if draft else "none"


def slot(client, company, which, **data):
    return client.post(f"/routing/rules/{company.rule.line}/{which}/?seen={seen()}", data, **HX)


def drafted(company):
    return drafts.the_draft().rules.get(line=company.rule.line)


READ = ["/routing/", "/routing/pools/", "/routing/accounts/", "/routing/dry-run/", "/routing/fairness/",
        "/routing/waiting/", "/routing/claims/", "/routing/history/"]  # fmt: skip


def test_everybody_reads_and_only_administrators_change(company, signed_in):
    listed = AccountList.objects.create(
        name="Targets", owner=company.other, created_at=company.at, edited_at=company.at
    )
    client = signed_in(company.viewer)
    for path in [*READ, f"/routing/?line={company.rule.line}", f"/routing/accounts/{listed.pk}/",
                 f"/routing/rules/{company.rule.line}/leads/", "/routing/rules/fallback/leads/"]:  # fmt: skip
        assert "data-slot" not in page(client, path), path
    said = words(page(client, f"/routing/?line={company.rule.line}"))
    assert "500 people or more → Large, by turns" in said and "Rosa Vidal may change it" in said
    assert 'href="/routing/month/"' not in page(client, "/routing/")
    line, member = company.rule.line, company.large.members.first().pk
    for path in ["rules/new/", f"rules/{line}/condition/", f"rules/{line}/where/", f"rules/{line}/switch/", "month/",
                 f"rules/{line}/position/", f"rules/{line}/removal/", "options/deal_owner/", "draft/publication/",
                 "draft/removal/", "pools/new/", f"pools/{company.large.pk}/", f"pools/{company.large.pk}/removal/",
                 f"members/{member}/", f"members/{member}/removal/", f"members/{member}/position/", "accounts/new/",
                 f"accounts/{listed.pk}/", f"accounts/{listed.pk}/removal/", "history/1/rollback/"]:  # fmt: skip
        answer = client.post(f"/routing/{path}", {"lines": "acme.com"})
        assert answer.status_code == 403, path
    assert drafts.the_draft() is None and not NamedAccount.objects.exists()
    client.logout()
    assert client.get("/routing/").status_code == 302


def test_rules_say_how_many_leads_they_took_and_which(company, signed_in):
    client = signed_in(company.viewer)
    html = page(client)
    assert re.search(r"2 leads of Large firms", html) and re.search(r"3 leads that no rule took", html)
    rows = page(client, f"/routing/rules/{company.rule.line}/leads/")
    assert leads_in(rows) == 2


def test_a_draft_is_edited_in_place_and_published_and_taken_back(company, signed_in):
    client = signed_in(company.admin)
    answer = slot(client, company, "where", where=f"person:{company.other.pk}")
    assert answer.status_code == 200 and 'id="plan"' in answer.content.decode()
    told = json.loads(answer["HX-Trigger-After-Settle"])["slot:done"]
    assert told["focus"] == "slot-where" and told["seen"] == drafts.the_draft().edited_at.isoformat()
    assert answer["HX-Replace-Url"] == f"/routing/?line={company.rule.line}"
    assert (drafted(company).person, drafted(company).to) == (company.other, "person")
    assert RoutingRule.objects.get(pk=company.rule.pk).pool == company.large, "what is live stays"
    assert slot(client, company, "skills", skills="German, enterprise").status_code == 200
    assert slot(client, company, "where", where=f"pool:{company.large.pk}").status_code == 200
    assert slot(client, company, "name", name="").status_code == 422
    assert drafted(company).skills == ["enterprise", "german"]
    whole = {"all": [LARGE]}
    place = {"attribute": "person.country", "op": "is", "value": "US"}
    answer = client.post(
        f"/routing/rules/{company.rule.line}/condition/?seen={seen()}",
        {"at": "", "do": "value", "new": "1", "attribute": "person.country", "op": "is", "written": "US"}, **HX,
    )  # fmt: skip
    assert answer.status_code == 200
    assert drafted(company).condition == editing.add(whole, "", place)
    assert (
        client.post(f"/routing/options/sticky_days/?seen={seen()}", {"asked": "yes", "days": "90"}, **HX).status_code
        == 200
    )
    assert drafts.the_draft().sticky_days == 90
    assert slot(client, company, "switch", to="off").status_code == 200
    assert not drafted(company).is_active
    slot(client, company, "switch", to="on")
    said = words(page(client, "/routing/draft/publication/"))
    assert "Who had this person’s last lead not asked → at most 90 days ago" in said
    assert "Nobody in Large has enterprise, german" in said
    answer = client.post("/routing/draft/publication/", {"seen": seen().replace("%2B", "+"), "note": "More German"})
    assert answer.status_code == 302 and RoutingPlan.objects.get(state="live").note == "More German"
    assert "More German" in page(client, "/routing/history/")
    client.post("/routing/history/1/rollback/")
    assert RoutingPlan.objects.get(state="live").sticky_days is None


def test_rules_are_added_moved_switched_and_removed_with_an_undo(company, signed_in):
    client = signed_in(company.admin)
    answer = client.post(
        "/routing/rules/new/?seen=none", {"where": "account_owner:", "name": "", "place": str(company.rule.line)}, **HX
    )
    assert answer.status_code == 200
    first, second = drafts.the_draft().rules.order_by("position")
    assert (first.to, first.name, second.line) == ("account_owner", "New rule", company.rule.line)
    client.post(
        f"/routing/rules/{first.line}/condition/?seen={seen()}",
        {"at": "", "do": "value", "new": "1", "attribute": "person.country", "op": "is", "written": "DE"},
    )
    assert drafts.the_draft().rules.get(line=first.line).name == "Country is DE", "named after its condition"
    answer = client.post(f"/routing/rules/{first.line}/position/?seen={seen()}", {"to": "down"}, **HX)
    assert [one.line for one in drafts.the_draft().rules.order_by("position")] == [company.rule.line, first.line]
    answer = client.post(f"/routing/rules/{first.line}/removal/?seen={seen()}", **HX)
    undo = json.loads(answer["HX-Trigger-After-Settle"])["verb:done"]["undo"]
    assert drafts.the_draft().rules.count() == 1
    client.post(undo)
    assert drafts.the_draft().rules.count() == 2
    client.post(f"/routing/rules/{first.line}/copy/?seen={seen()}", **HX)
    assert drafts.the_draft().rules.count() == 3


def test_who_was_slower_is_told_who_was_faster(company, signed_in):
    client = signed_in(company.admin)
    drafts.open_draft(by=company.admin, at=company.at - DAY)
    early = seen()
    slot(client, company, "name", name="Big firms")
    answer = client.post(f"/routing/rules/{company.rule.line}/skills/?seen={early}", {"skills": "german"}, **HX)
    assert answer.status_code == 409 and answer["HX-Retarget"] == "#slot"
    said = words(answer.content.decode())
    assert "Rosa Vidal" in said and "Big firms" in said
    assert drafted(company).skills == []
    answer = client.post("/routing/rules/new/?seen=none", {"where": "account_owner:"}, **HX)
    assert answer.status_code == 409 and "began a draft" in words(answer.content.decode())


def test_a_dry_run_says_each_step_for_live_and_draft(company, signed_in):
    client = signed_in(company.admin)
    slot(client, company, "where", where=f"person:{company.other.pk}")
    Leave.objects.create(user=company.owner, starts_at=company.at - DAY, ends_at=company.at + DAY)
    lead = Lead.objects.create(person=Lead.objects.get(pk=company.leads[0]).person, cycle=2, stage="mql",
                               company=Company.objects.get(), created_at=company.at, stage_at=company.at)  # fmt: skip
    said = words(page(client, f"/routing/dry-run/?lead={lead.pk}"))
    live, draft = said.split("Draft v2")
    assert "Lena Fischer" in live and "Jonah Reyes, on leave" in live and "Rule “Large firms” decides: Large" in live
    assert "Sam Ortega" in draft and "somebody else" in draft
    typed = words(page(client, "/routing/dry-run/?company=New+Firm&employees=20&country=DE"))
    assert "Rule “Large firms” does not hold: 500 people or more" in typed and "Sam Ortega" in typed
    assert "Rule “Large firms” unknown: 500 people or more" in words(page(client, "/routing/dry-run/?country=DE"))
    assert "Large firms” decides" in words(page(client, "/routing/dry-run/?employees=900"))
    assert "two letters" in words(page(client, "/routing/dry-run/?country=X", 422)).lower()
    assert "Type at least one thing" in words(page(client, "/routing/dry-run/?country=&company=+&source=", 422))
    assert Lead.objects.count() == 6 and not Company.objects.filter(name="New Firm").exists()
    assert "Draft v2" not in words(page(signed_in(company.viewer), f"/routing/dry-run/?lead={lead.pk}"))


def test_past_leads_under_a_draft_with_the_rows_behind_each_number(company, signed_in):
    client = signed_in(company.admin)
    slot(client, company, "where", where=f"person:{company.other.pk}")
    answer = client.get("/routing/month/?line=", **HX)
    said = words(answer.content.decode())
    assert "Of 5 leads, 2 would have gone to somebody else than under v1 . 3 stay as under v1" in said, said
    assert "Sam Ortega Coast 3 3 5 +2" in said and "Large firms 2" in said
    run = RoutingRun.objects.get()
    told = words(page(client, "/routing/draft/publication/"))
    assert re.search("Of 5 leads of .* 2 would have gone to somebody else than under v1[.]", told), told
    rows = f"/routing/month/{run.pk}/leads/"
    for asked, n in [("of=all", 5), ("of=moved", 2), ("of=same", 3), (f"of=gets&user={company.other.pk}", 5),
                     (f"of=had&user={company.other.pk}", 3), (f"of=against&user={company.other.pk}", 3),
                     (f"of=rule&rule={drafted(company).pk}", 2),
                     ("of=fallback", 3), ("of=held", 0), (f"of=lost&user={company.owner.pk}", 1)]:  # fmt: skip
        assert leads_in(page(client, f"{rows}?{asked}")) == n, asked
    assert client.get(f"{rows}?of=nothing").status_code == 404
    day = f"{company.at:%Y-%m-%d}"
    assert "no lead was handed over" in words(page(client, f"/routing/month/?since={day}&until={day}"))
    slot(client, company, "where", where=f"pool:{company.large.pk}")
    said = words(client.get("/routing/month/?line=", **HX).content.decode())
    assert "0 would have gone to somebody else" in said and "This draft changes nothing for them" in said
    RoutingRun.objects.update(state="running", result=None)
    assert "Stopped" in words(client.post("/routing/month/").content.decode())
    assert RoutingRun.objects.get().state == "cancelled"


def test_pools_say_who_is_here_and_are_changed_at_once(company, signed_in):
    client = signed_in(company.admin)
    Leave.objects.create(user=company.owner, starts_at=company.at - DAY, ends_at=company.at + DAY)
    said = words(page(client, "/routing/pools/"))
    assert "Jonah Reyes Midwest on leave" in said and "1 live rule leads here" in said
    client.post("/routing/pools/new/", {"name": "Overflow", "method": "claim", "picks_open": "3"})
    made_ = Pool.objects.get(name="Overflow")
    assert (made_.method, made_.picks_open) == ("claim", 3)
    assert client.post("/routing/pools/new/", {"name": "Overflow", "method": "turns"}).status_code == 422
    member = {"user": company.other.pk, "weight": "3", "cap": "20", "per_day": "4", "skills": "German"}
    client.post(f"/routing/pools/{made_.pk}/members/new/", member)
    kept = PoolMember.objects.get(pool=made_)
    assert (kept.weight, kept.cap, kept.per_day, kept.per_week, kept.skills) == (3, 20, 4, None, ["german"])
    client.post(f"/routing/members/{kept.pk}/", {"weight": "1", "per_week": "9", "skills": ""})
    kept.refresh_from_db()
    assert (kept.weight, kept.cap, kept.per_week, kept.skills) == (1, None, 9, [])
    assert client.post(f"/routing/members/{kept.pk}/", {"weight": "0"}).status_code == 422
    client.post(f"/routing/members/{kept.pk}/removal/")
    assert not made_.members.exists()
    client.post(f"/routing/pools/{made_.pk}/members/{company.other.pk}/return/")
    assert made_.members.get().per_week == 9
    first, second = company.large.members.all()
    client.post(f"/routing/members/{second.pk}/position/", {"to": "up"})
    assert [one.pk for one in company.large.members.all()] == [second.pk, first.pk]
    answer = client.post(f"/routing/pools/{company.large.pk}/removal/")
    assert answer.status_code == 409 and "leads to Large" in words(answer.content.decode())


def test_named_accounts_are_pasted_given_and_taken_off(company, signed_in):
    client = signed_in(company.admin)
    client.post("/routing/accounts/new/", {"name": "Targets", "owner": company.owner.pk})
    listed = AccountList.objects.get()
    answer = client.post(
        f"/routing/accounts/{listed.pk}/",
        {"lines": f"acme.com\nGlobex Corp, {company.other.email}\nx.com, no@body.example"},
    )
    said = words(answer.content.decode())
    assert "2 accounts added; 1 line refused" in said and "Nobody here who can own leads has the mail" in said
    assert "x.com, no@body.example</textarea>" in answer.content.decode()
    acme, globex = listed.accounts.order_by("pk")
    assert (acme.domain, acme.owner, globex.owner) == ("acme.com", None, company.other)
    client.post(f"/routing/accounts/of/{acme.pk}/owner/", {"owner": company.teammate.pk})
    acme.refresh_from_db()
    assert acme.owner == company.teammate
    answer = client.post(f"/routing/accounts/of/{globex.pk}/removal/")
    assert listed.accounts.count() == 1
    client.post(f"/routing/accounts/{listed.pk}/return/?line=Globex Corp, {company.other.email}")
    assert listed.accounts.get(name="Globex Corp").owner == company.other
    assert "Globex" in page(client, f"/routing/accounts/{listed.pk}/?q=glob") and "acme" not in words(
        page(client, f"/routing/accounts/{listed.pk}/?q=glob").split("<table")[1].split("</table>")[0]
    )
    client.post(
        f"/routing/accounts/{listed.pk}/name/",
        {"name": "Top", "owner": company.other.pk, "seen": "2020-01-01T00:00:00+00:00"},
    )
    assert AccountList.objects.get().name == "Targets", "somebody else was faster"
    client.post(f"/routing/accounts/{listed.pk}/name/", {"name": "Top", "owner": company.other.pk})
    assert AccountList.objects.get().name == "Top"
    client.post(f"/routing/accounts/{listed.pk}/removal/")
    assert not AccountList.objects.exists()


def test_fairness_says_given_expected_and_who_was_passed_over(company, signed_in):
    said = words(page(signed_in(company.viewer), "/routing/fairness/?days=30"))
    assert "Jonah Reyes 1" in said and "2 turns" in said
    assert "Give a time" in words(
        page(signed_in(company.viewer), "/routing/fairness/?since=2020-01-01&until=2026-01-01")
    )


def held_and_queued(company):
    """One lead nobody can own; three in a queue that Jonah picks from, one at a time."""
    queue = pool("Overflow", [company.owner, company.teammate])
    Pool.objects.filter(pk=queue.pk).update(method="claim", picks_open=1)
    held, *lying = made(4)
    rows = [Waiting(lead_id=held, kind="held", since=company.at - DAY, retry_at=company.at + DAY, pool=company.large,
                    why={"cause": "nobody", "skipped": {"1": "leave", "2": "leave"}})]  # fmt: skip
    rows += [Waiting(lead_id=pk, kind="claim", pool=queue, since=company.at - DAY,
                     why={"cause": "claim", "pool": queue.pk, "pool_name": "Overflow", "rule": company.rule.pk,
                          "rule_name": "Large firms"}) for pk in lying]  # fmt: skip
    Waiting.objects.bulk_create(rows)
    return held, lying, queue


def test_held_leads_say_how_long_and_what_to_do(company, signed_in):
    held, _, _ = held_and_queued(company)
    html = page(signed_in(company.admin), "/routing/waiting/")
    assert "Large: 2 on leave" in words(html) and f"/leads/{held}/reassignment/" in html
    assert waiting.counts() == {"held": 1, "claim": 3}


def test_two_who_pick_at_once_and_the_limit_of_open_picks(company, signed_in):
    _, lying, queue = held_and_queued(company)
    client = signed_in(company.owner)
    assert "you may pick 1 more" in words(page(client, "/routing/claims/"))
    assert client.post(f"/routing/claims/{lying[0]}/pick/").status_code == 302
    assert Lead.objects.get(pk=lying[0]).owner == company.owner
    answer = client.post(f"/routing/claims/pools/{queue.pk}/next/")
    assert answer.status_code == 409 and "the most allowed" in words(answer.content.decode())
    client = signed_in(company.teammate)
    answer = client.post(f"/routing/claims/{lying[0]}/pick/", **HX)
    assert answer.status_code == 409 and "Jonah Reyes was faster" in words(answer.content.decode())
    client.post(f"/routing/claims/pools/{queue.pk}/next/")
    assert Lead.objects.get(pk=lying[1]).owner == company.teammate
    assert "you are not a member" in words(page(signed_in(company.other), "/routing/claims/"))


QUERIES = {"/routing/": 20, "/routing/pools/": 12, "/routing/claims/": 10, "/routing/waiting/": 9,
           "/routing/fairness/": 17, "/routing/history/": 8}  # fmt: skip


def test_no_page_asks_by_row(company, signed_in):
    client = signed_in(company.admin)
    held_and_queued(company)
    drafts.open_draft(by=company.admin, at=company.at)

    def counted():
        found = {}
        for path in QUERIES:
            page(client, path)
            with CaptureQueriesContext(
                connection,
            ) as asked:
                page(client, path)
            found[path] = len(asked)
        return found

    few = counted()
    draft = drafts.the_draft()
    for n in range(6):
        more = pool(f"Pool {n}", [company.owner, company.teammate, company.other])
        RoutingRule.objects.create(plan=draft, position=n + 5, name=f"R{n}", condition=LARGE, pool=more)
    ids = made(6)
    Waiting.objects.bulk_create([
        Waiting(lead_id=pk, kind="held", since=company.at, retry_at=company.at + DAY, pool=company.large) for pk in ids
    ])  # fmt: skip
    assert counted() == few == QUERIES
