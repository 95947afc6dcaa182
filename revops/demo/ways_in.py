"""The ways leads come into this company: its forms and the words on them, a survey tool, a product that reports, what
was held or refused on the way, people who are here twice, and who asked for their data."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random

from leads.consent import texts
from leads.duplicates import finding
from leads.hooks import connections, taking
from leads.incoming import parse
from leads.intake import capture
from leads.models import Company, Door, Form, Outcome, Person, Submission
from leads.rights import requests
from leads.routing import drafts, named_accounts
from leads.submissions import keeping
from leads.submissions.keeping import Kept
from leads.visits import events
from leads.webforms import forms
from revops.lib import bulk
from teams.models import User

VIA = "demo"
SITE = "https://www.northwind.example"
NEWSLETTER = "Northwind may send me its monthly letter by e-mail. I can stop that in every letter."
ANSWERS = "Northwind may use what I send to answer me."
FORMS = [
    ("Talk to sales", "/demo", {"hand_raise": "demo", "title": "See it with your own numbers", "button": "Ask for a demo"}),
    ("Contact", "/contact", {"hand_raise": "contact", "title": "Write to us"}),
    ("Guide: the first five minutes", "/guide", {"title": "Get the guide", "button": "Send me the guide"}),
]  # fmt: skip
HELD = [
    ("Cheap links here http://a.example http://b.example http://c.example", "promo@mailbox.example", ["some_links"]),
    ("Hello dear, I have a business proposal", "win@winner.example", ["honeypot", "too_fast"]),
    ("test test test", "x@mailinator.com", ["disposable_mail"]),
    ("SEO services first page guaranteed http://seo.example", "rank@first-page.example", ["advertising_words", "too_fast"]),
]
ABOUT_THEM = "https://app.northwind.example/projects"


def found(users: Mapping[str, User], *, start: datetime) -> None:
    """What stands from the first day."""
    camille, ruth = users["Camille Roy"], users["Ruth Adeyemi"]
    letter = texts.add("newsletter", "email", NEWSLETTER, by=camille, at=start)
    answer = texts.add("contact", "", ANSWERS, by=camille, at=start)
    for name, _, more in FORMS:
        forms.create(
            name, by=camille, at=start, via=VIA, origins=[SITE], **more,
            consents=[{"text": answer.pk, "required": True}, {"text": letter.pk, "required": False}],
        )  # fmt: skip
    connections.add(provider="typeform", name="Customer survey", by=camille, at=start)
    connections.add(provider="stripe", name="Billing", by=ruth, at=start)


def lately(users: Mapping[str, User], rng: Random, *, at: datetime) -> None:
    """What the last days left behind; `at`: when the story ends."""
    by_page = {page: form for (_, page, _), form in zip(FORMS, Form.objects.order_by("pk"), strict=True)}
    for page, form in by_page.items():
        Submission.objects.filter(payload__page_url=f"{SITE}{page}").update(source=form.source, door=Door.FORM)
    _not_taken(by_page["/contact"], at)
    _survey(at)
    _product(rng, at)
    _twice(at)
    _asked(users, at)
    _named(users, at)


def _not_taken(form: Form, at: datetime) -> None:
    kept = [
        Kept(form.source, Door.FORM, Outcome.SUSPECT, {"email": email, "message": message}, suspicions=signs,
             context={"origin": SITE, "page": f"{SITE}/contact"}, delivery_key=f"demo-{n}")
        for n, (message, email, signs) in enumerate(HELD)
    ]  # fmt: skip
    error = {"field": "email", "code": "invalid_email", "detail": "This is not a mail address."}
    kept += [
        Kept(form.source, Door.FORM, Outcome.REFUSED, {"email": typed, "message": "Please call"}, errors=[error])
        for typed in ("grace@harbor", "tom.okafor(at)brightmill.example")
    ]
    for n, one in enumerate(kept):
        keeping.keep([one], now=at - timedelta(hours=31 - 5 * n))


def _survey(at: datetime) -> None:
    """Three answers to the survey, as the survey tool sends them."""
    connection = connections.Connection.objects.get(name="Customer survey")
    for n, person in enumerate(Person.objects.filter(merged_into=None).exclude(email="").order_by("-pk")[:3]):
        when = at - timedelta(hours=3 + 7 * n)
        body = {
            "event_id": f"demo{n}", "event_type": "form_response",
            "form_response": {
                "form_id": "nwSurvey", "token": f"demo-{n}", "submitted_at": when.isoformat(),
                "definition": {"fields": [{"id": "a", "title": "Work e-mail", "type": "email", "ref": "email"}]},
                "answers": [{"type": "email", "email": person.email, "field": {"id": "a", "type": "email", "ref": "email"}}],
            },
        }  # fmt: skip
        taking.take(connection, bulk.dumps(body).encode(), {"content-type": "application/json"}, now=when)


def _product(rng: Random, at: datetime) -> None:
    """What the product reports of people who tried it, and visitors nobody knows yet."""
    people = list(Person.objects.filter(merged_into=None, leads__stage__in=["mql", "sal", "sql"]).exclude(email="")
                  .distinct().order_by("-last_touch_at")[:12])  # fmt: skip
    told = []
    for n, person in enumerate(people):
        when = at - timedelta(hours=rng.uniform(2, 70))
        who = {"userId": f"nw-{person.pk}", "context": {"page": {"url": ABOUT_THEM}}}
        told.append({"type": "identify", "messageId": f"demo-i{n}", "traits": {"email": person.email}, **who,
                     "timestamp": when.isoformat()})  # fmt: skip
        told += [
            {"type": "track", "event": name, "messageId": f"demo-t{n}-{k}", **who,
             "timestamp": (when + timedelta(minutes=4 * k)).isoformat()}
            for k, name in enumerate(["Trial Started", "Invite Sent", "Feature Used"][: rng.randint(1, 3)], 1)
        ]  # fmt: skip
    for n in range(40):
        when = at - timedelta(hours=rng.uniform(1, 90))
        told += [
            {"type": "page", "messageId": f"demo-p{n}-{k}", "anonymousId": f"demo-visitor-{n}",
             "context": {"page": {"url": f"{SITE}/{page}"}}, "timestamp": (when + timedelta(minutes=k)).isoformat()}
            for k, page in enumerate(rng.sample(["", "pricing", "guide", "customers", "demo"], rng.randint(1, 4)))
        ]  # fmt: skip
    events.take(told, source="product", by=None, now=at, via=VIA)


def _twice(at: datetime) -> None:
    """Some write from their own mailbox, or under a second address of the firm."""
    people = Person.objects.filter(merged_into=None, company__domain__isnull=False, leads__stage="recycled")
    batch = []
    for n, person in enumerate(people.exclude(first_name="").select_related("company").order_by("pk")[:9]):
        mail = f"{person.first_name}.{person.last_name[:1]}@{person.company.domain}".lower().replace(" ", "")
        body = {"email": mail, "first_name": person.first_name, "last_name": person.last_name, "phone": person.phone,
                "company": {"name": person.company.name}, "page_url": f"{SITE}/guide"}  # fmt: skip
        item = parse({name: value for name, value in body.items() if value}, now=at)
        item.occurred_at = at - timedelta(hours=6 + 3 * n)
        batch.append(item)
    capture(batch, by=None, via=VIA, now=at)
    while finding.drain(at, 2_000):
        pass


def _asked(users: Mapping[str, User], at: datetime) -> None:
    people = list(Person.objects.filter(merged_into=None, leads__stage__in=["rejected", "recycled"]).order_by("-pk")[:3])
    for person, kind, days in zip(people, ("access", "erasure", "objection"), (24, 9, 2), strict=False):
        requests.receive(person, kind, by=users["Ruth Adeyemi"], at=at, received_at=at - timedelta(days=days), via=VIA)


def _named(users: Mapping[str, User], at: datetime) -> None:
    ruth = users["Ruth Adeyemi"]
    made = named_accounts.add_list(name="Strategic accounts", owner=users["Lena Fischer"], by=ruth, at=at, via=VIA)
    firms = Company.objects.filter(employees__gte=2_000, owner=None).exclude(domain=None).order_by("-employees", "pk")
    named_accounts.add(made, list(firms.values_list("domain", flat=True)[:12]), by=ruth, at=at, via=VIA)
    draft = drafts.open_draft(by=ruth, at=at - timedelta(hours=2), via=VIA)
    rule = draft.rules.get(name="Midwest")
    drafts.change(rule, {"name": "Midwest, all of it"}, by=ruth, at=at - timedelta(hours=2), via=VIA)
