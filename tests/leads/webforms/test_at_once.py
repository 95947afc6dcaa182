"""S29 and F41 and F27 with many at the same moment."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DataError, connection, transaction
from django.test import Client

from leads import intake
from leads.models import Form, Lead, Submission
from leads.webforms import forms, jointly, known, reading
from revops.lib import rates
from revops.lib.now import now
from tests.cast import make_cast
from tests.leads.webforms.conftest import GOOD, SITE


def many(count, work):
    gate = threading.Barrier(min(count, 25))

    def one(n):
        if n < gate.parties:
            gate.wait(10)
        return work(n)

    with ThreadPoolExecutor(gate.parties) as pool:
        return list(pool.map(one, range(count)))


def test_s29_200_at_once_at_a_limit_of_50_are_50_with_redis_and_with_redis_dead(broker, settings):
    rates.forget()
    settings.REDIS_URL = broker.url
    assert sum(many(200, lambda n: rates.hit("form", "one", "50 per minute"))) == 50
    assert sum(many(200, lambda n: rates.hit("form", "large", "1500 per minute"))) == 200
    assert not rates._here.moments, "Redis counted"
    # Another process sees the same count.
    rates.forget()
    assert not rates.hit("form", "one", "50 per minute")
    broker.stop()
    assert sum(many(200, lambda n: rates.hit("form", "two", "50 per minute"))) == 50
    assert rates._here.moments, "counted here"
    rates.forget()


@pytest.mark.django_db(transaction=True)
def test_f41_f27_30_identical_posts_at_once_while_somebody_holds_the_forms_row():
    rates.forget()
    known.forget()
    cast = make_cast()
    form = forms.create(
        "Demo", by=cast.admin, at=now(), min_seconds=0, limits={"ip": "900 per minute", "form": "900 per minute"}
    )
    token = Client().get(f"/f/{form.key}/challenge/").json()["token"]

    def post(n):
        try:
            said = GOOD | {"form_token": token}
            return Client(headers={"origin": SITE}).post(f"/f/{form.key}/", said).status_code
        finally:
            connection.close()

    with transaction.atomic():
        Form.objects.select_for_update().get(pk=form.pk)
        assert many(30, post) == [303] * 30
    assert Lead.objects.count() == Submission.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_posts_that_come_together_go_together_and_only_the_culprit_is_refused(monkeypatch):
    cast = make_cast()
    form = known.of(forms.create("Demo", by=cast.admin, at=now()))
    sizes, really = [], intake.capture

    def capture(batch, **more):
        sizes.append(len(batch))
        time.sleep(0.02)
        if any(item.last_name == "Broken" for item in batch):
            raise DataError("no")
        if any(item.last_name == "Odd" for item in batch):
            raise KeyError("a fault of ours")
        return really(batch, **more)

    monkeypatch.setattr(intake, "capture", capture)

    def post(n):
        said = GOOD | {"email": f"{n}@x{n}.example", "last_name": {7: "Broken", 9: "Odd"}.get(n, f"Nr {n}")}
        try:
            jointly.capture(reading.incoming(form, said, now=now()), now=now())
            return "taken"
        except (DataError, KeyError):
            return "refused"
        finally:
            connection.close()

    assert many(25, post) == ["taken"] * 7 + ["refused", "taken", "refused"] + ["taken"] * 15
    assert max(sizes) > 5
    assert Submission.objects.count() == Lead.objects.count() == 23
