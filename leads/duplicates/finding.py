"""Who may be kept twice: whoever is new or has changed is compared, by keys that an index serves, with the few who
share one. Nobody is compared with everybody, so a million people cost what ten thousand do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from leads import identity
from leads.duplicates.judging import Known, judge, likenesses
from leads.models import Lead, Stage
from revops.lib import bulk

LOT = 200
MOST = 40  # what more people than this share says nothing about any two of them


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody known who looks like the one asked about. `lead`: their present one."""

    lead: Lead
    strength: int
    reasons: list[str]


def again(person_ids: Iterable[int], *, now: datetime) -> None:
    """Have these compared (once more) at the next beat of the pulse."""
    bulk.run([(
        "INSERT INTO leads_tocompare (person_id, since) SELECT unnest(%s::bigint[]), %s ON CONFLICT DO NOTHING",
        [sorted(set(person_ids)), now],
    )])  # fmt: skip


def drain(now: datetime, limit: int = LOT) -> int:
    """Compare one lot of those who wait, the longest waiting first; answers how many. Six statements a lot."""
    with transaction.atomic():
        waiting = bulk.query(
            """DELETE FROM leads_tocompare WHERE person_id IN (
                   SELECT person_id FROM leads_tocompare ORDER BY since, person_id LIMIT %s FOR UPDATE SKIP LOCKED)
               RETURNING person_id""",
            [min(limit, LOT)],
        )
        if waiting:
            _compare(sorted(pk for (pk,) in waiting), now=now)
    return len(waiting)


def like(
    *, email: str = "", phone: str = "", first_name: str = "", last_name: str = "", company: str = "", limit: int = 5
) -> list[Found]:
    """Who is known and looks like what is typed in, the likest first; those found by their very address are left out,
    since they are recognised anyway. Five queries, however many people there are."""
    mail, digits = identity.exact_key(email), identity.phone_digits(phone) if phone else None
    firm = _firm(identity.company_domain(email) if mail else None, identity.name_key(company) if company else "")
    asked = Known(
        0, identity.person_name_key(first_name, last_name), firm, "", [mail] if mail else [], [digits] if digits else []
    )
    keys = likenesses(asked)
    near = {pk for pks in _sharing([(0, key) for key in keys]).values() for pk in pks}
    people = _read(sorted(near))
    judged = [(judge(asked, one), one.id) for one in people.values() if not set(asked.mails) & set(one.mails)]
    best = sorted(((strength, why, pk) for (strength, why), pk in judged if strength), reverse=True)[:limit]
    leads: dict[int, Lead] = {}
    rows = Lead.objects.filter(person__in=[pk for *_, pk in best]).exclude(stage=Stage.MERGED).with_names()
    for lead in rows.order_by("cycle"):
        if lead.person_id not in leads or not leads[lead.person_id].is_open:
            leads[lead.person_id] = lead
    return [Found(leads[pk], strength, why) for strength, why, pk in best if pk in leads]


def forget(person_ids: Sequence[int]) -> None:
    """Nothing is kept here of people who were erased."""
    ids = list(person_ids)
    bulk.run([
        ("DELETE FROM leads_tocompare WHERE person_id = ANY (%s)", [ids]),
        ("DELETE FROM leads_likeness WHERE person_id = ANY (%s)", [ids]),
        ("DELETE FROM leads_pair WHERE one_id = ANY (%s) OR other_id = ANY (%s)", [ids, ids]),
    ])  # fmt: skip


def _compare(ids: Sequence[int], *, now: datetime) -> None:
    known = _read(ids)
    keys = [(person.id, key) for person in known.values() for key in sorted(likenesses(person))]
    _keep(ids, keys)
    near = _sharing(keys)
    others = _read(sorted({pk for pks in near.values() for pk in pks} - known.keys()))
    everybody = known | others
    found: dict[tuple[int, int], tuple[int, list[str]]] = {}
    for pk, pks in near.items():
        for other in pks:
            pair = (min(pk, other), max(pk, other))
            if pk == other or other not in everybody or pair in found:
                continue
            strength, reasons = judge(everybody[pk], everybody[other])
            if strength:
                found[pair] = strength, reasons
    _write(ids, found, now=now)


def _read(ids: Sequence[int]) -> dict[int, Known]:
    """{id: what is known of them}; those merged into others, and those that are gone, are left out."""
    if not ids:
        return {}
    rows = bulk.query(
        """
        SELECT p.id, p.first_name, p.last_name, p.company_id, p.country, p.phone,
               array_agg(k.key) FILTER (WHERE k.kind = 'email'), array_agg(k.key) FILTER (WHERE k.kind = 'phone')
          FROM leads_person p LEFT JOIN leads_personkey k ON k.person_id = p.id
         WHERE p.id = ANY (%s::bigint[]) AND p.merged_into_id IS NULL AND p.erased_at IS NULL
         GROUP BY p.id""",
        [list(ids)],
    )
    found = {}
    for pk, first, last, company, country, phone, mails, phones in rows:
        digits = identity.phone_digits(phone) if phone else None
        found[pk] = Known(pk, identity.person_name_key(first, last), company, country, mails or [],
                          list({*(phones or []), *([digits] if digits else [])}))  # fmt: skip
    return found


def _keep(ids: Sequence[int], keys: Sequence[tuple[int, int]]) -> None:
    relation, params = bulk.source({"person_id": "bigint", "key": "bigint"}, keys)
    bulk.run([
        (f"""DELETE FROM leads_likeness l WHERE l.person_id = ANY (%s)
              AND NOT EXISTS (SELECT FROM {relation} WHERE v.person_id = l.person_id AND v.key = l.key)""",
         [list(ids), *params]),
        (f"""INSERT INTO leads_likeness (person_id, key) SELECT person_id, key FROM {relation}
             ORDER BY key, person_id ON CONFLICT DO NOTHING""", params),
    ])  # fmt: skip


def _sharing(keys: Sequence[tuple[int, int]]) -> dict[int, set[int]]:
    """{person: who shares a key with them}; a key that too many share is passed over, having looked at few."""
    if not keys:
        return {}
    relation, params = bulk.source({"person_id": "bigint", "key": "bigint"}, keys)
    rows = bulk.query(
        f"""
        SELECT v.person_id, s.ids FROM {relation} CROSS JOIN LATERAL (
            SELECT array_agg(x.person_id) AS ids
              FROM (SELECT l.person_id FROM leads_likeness l WHERE l.key = v.key LIMIT %s) x) s
         WHERE cardinality(s.ids) <= %s""",
        [*params, MOST + 1, MOST],
    )
    found: dict[int, set[int]] = {}
    for pk, ids in rows:
        found.setdefault(pk, set()).update(ids)
    return found


def _write(ids: Sequence[int], found: dict[tuple[int, int], tuple[int, list[str]]], *, now: datetime) -> None:
    """New pairs to review; one that is decided stays decided, one for which nothing speaks any more goes."""
    rows = [(*pair, strength, reasons) for pair, (strength, reasons) in sorted(found.items())]
    types = {"one_id": "bigint", "other_id": "bigint", "strength": "int", "reasons": "jsonb"}
    relation, params = bulk.source(types, rows)
    bulk.run([
        (f"""DELETE FROM leads_pair p WHERE p.state = 'open' AND (p.one_id = ANY (%s) OR p.other_id = ANY (%s))
              AND NOT EXISTS (SELECT FROM {relation} WHERE v.one_id = p.one_id AND v.other_id = p.other_id)""",
         [list(ids), list(ids), *params]),
        (f"""INSERT INTO leads_pair (one_id, other_id, strength, reasons, state, found_at)
             SELECT one_id, other_id, strength, reasons::jsonb, 'open', %s FROM {relation}
             ON CONFLICT (one_id, other_id) DO UPDATE SET strength = excluded.strength, reasons = excluded.reasons
              WHERE leads_pair.state = 'open'
                AND (leads_pair.strength, leads_pair.reasons) IS DISTINCT FROM (excluded.strength, excluded.reasons)""",
         [now, *params]),
    ])  # fmt: skip


def _firm(domain: str | None, name_key: str) -> int | None:
    if not (domain or name_key):
        return None
    rows = bulk.query(
        """SELECT id FROM leads_company WHERE domain = %s OR (name_key = %s AND name_key <> '')
            ORDER BY domain = %s DESC NULLS LAST, id LIMIT 1""",
        [domain, name_key, domain],
    )
    return rows[0][0] if rows else None
