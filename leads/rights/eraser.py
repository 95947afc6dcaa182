"""The part of the leads room in an erasure: its own tables, linked or not. Companies are no people and stay."""

from collections.abc import Sequence
from datetime import datetime

from journal import erasing as journal
from leads.importing import holding
from notify import erasing as notices
from revops.lib import bulk

# What a person is known by, gathered before anything is taken away: mails and numbers as typed and as matched.
NEEDLES = """
SELECT DISTINCT lower(n) FROM (
    SELECT email AS n FROM leads_person WHERE id = ANY (%(people)s)
    UNION ALL SELECT phone FROM leads_person WHERE id = ANY (%(people)s)
    UNION ALL SELECT key FROM leads_personkey WHERE person_id = ANY (%(people)s) AND kind <> 'external') x
 WHERE length(n) > 5"""
# Enquiries of theirs that reached nobody, providers' posts and imported files carry no id of the person: found by what
# they say. Files are read outside of the database: they may be workbooks or in any encoding.
LOOSE = """
CREATE TEMP TABLE erased_submission ON COMMIT DROP AS
SELECT s.id FROM leads_submission s
 WHERE s.person_id = ANY (%(people)s) OR s.lead_id = ANY (%(leads)s)
    OR lower(s.payload::text || s.errors::text || s.context::text) LIKE ANY (%(like)s);
CREATE TEMP TABLE erased_delivery ON COMMIT DROP AS
SELECT DISTINCT e.delivery_id AS id FROM leads_hookevent e
 WHERE e.submission_id IN (SELECT id FROM erased_submission) OR lower(e.data::text || e.key) LIKE ANY (%(like)s)
UNION
SELECT d.id FROM leads_delivery d WHERE lower(encode(d.body, 'escape') || d.headers::text) LIKE ANY (%(like)s);
CREATE TEMP TABLE erased_run ON COMMIT DROP AS
SELECT r.id FROM leads_importrun r
 WHERE r.work_id IN (SELECT work_id FROM journal_change
                      WHERE "table" = 'leads_person' AND row = ANY (%(rows)s))
    OR lower(r.facts::text || r.refusals::text || coalesce(r.rehearsal::text, '')) LIKE ANY (%(like)s)
    OR r.id = ANY (%(held)s)
    OR EXISTS (SELECT FROM leads_importproblem p WHERE p.run_id = r.id AND lower(p.detail) LIKE ANY (%(like)s))"""
# Scores, moments, stages, sides, kinds and channels are what is counted: they stay.
STATEMENTS = """
UPDATE leads_submission SET payload = '{}', context = '{}', errors = '[]', fingerprint = NULL, delivery_key = NULL
 WHERE id IN (SELECT id FROM erased_submission);
UPDATE leads_hookevent SET data = '{}', why = '', key = 'erased:' || id
 WHERE delivery_id IN (SELECT id FROM erased_delivery);
UPDATE leads_delivery SET body = '', headers = '{}' WHERE id IN (SELECT id FROM erased_delivery);
DELETE FROM leads_importchunk WHERE run_id IN (SELECT id FROM erased_run);
DELETE FROM leads_importproblem WHERE run_id IN (SELECT id FROM erased_run) AND lower(detail) LIKE ANY (%(like)s);
UPDATE leads_importrun SET rehearsal = NULL, refusals = '[]', facts = facts || jsonb_build_object('columns', (
       SELECT coalesce(jsonb_agg(c || '{"examples": [], "values": null}'), '[]')
         FROM jsonb_array_elements(coalesce(facts -> 'columns', '[]')) c))
 WHERE id IN (SELECT id FROM erased_run);
UPDATE leads_importrun SET state = 'failed', trouble = 'Its file named somebody who was erased since. Upload it again.'
 WHERE id IN (SELECT id FROM erased_run) AND state IN ('uploaded', 'analysed', 'matched', 'rehearsing', 'rehearsed');
UPDATE leads_touch SET url = '', note = '', external_id = NULL, asset = CASE WHEN lower(asset) LIKE ANY (%(like)s)
       THEN '' ELSE asset END
 WHERE person_id = ANY (%(people)s) OR lead_id = ANY (%(leads)s);
UPDATE leads_qualification SET value = '', evidence = '' WHERE lead_id = ANY (%(leads)s);
UPDATE leads_snapshot SET trace = '{}' WHERE lead_id = ANY (%(leads)s);
UPDATE leads_lead SET message = '', reason_note = '', attributes = '{}', product_interest = '', flags = '[]'
 WHERE id = ANY (%(leads)s);
UPDATE leads_attributefact SET "values" = (
       SELECT coalesce(jsonb_object_agg(e.key, e.value), '{}') FROM jsonb_each("values") e
        WHERE e.key IN ('company', 'country', 'seniority'))
 WHERE subject_kind = 'person' AND subject_id = ANY (%(people)s);
UPDATE leads_attributefact SET "values" = '{}' WHERE subject_kind = 'lead' AND subject_id = ANY (%(leads)s);
UPDATE leads_visit SET entry_url = '', referrer = ''
 WHERE visitor_id IN (SELECT id FROM leads_visitor WHERE person_id = ANY (%(people)s));
UPDATE leads_visitevent SET url = '', properties = '{}', message_id = 'erased:' || id, asset = ''
 WHERE person_id = ANY (%(people)s)
    OR visitor_id IN (SELECT id FROM leads_visitor WHERE person_id = ANY (%(people)s))
    OR lower(concat_ws(' ', message_id, name, asset, url, properties::text)) LIKE ANY (%(like)s);
UPDATE leads_visit SET entry_url = '', referrer = ''
 WHERE lower(entry_url) LIKE ANY (%(like)s) OR lower(referrer) LIKE ANY (%(like)s);
UPDATE leads_visitor SET anonymous_id = 'erased:' || id
 WHERE person_id = ANY (%(people)s) OR lower(anonymous_id) LIKE ANY (%(like)s);
UPDATE leads_consentevent SET said = '' WHERE person_id = ANY (%(people)s);
UPDATE leads_datarequest SET note = '', verified = '', answer = '', extended_because = '', contact = ''
 WHERE person_id = ANY (%(people)s)
    OR person_id IS NULL AND lower(concat_ws(' ', contact, note, answer)) LIKE ANY (%(like)s);
DELETE FROM leads_likeness WHERE person_id = ANY (%(people)s);
DELETE FROM leads_tocompare WHERE person_id = ANY (%(people)s);
DELETE FROM leads_pair WHERE one_id = ANY (%(people)s) OR other_id = ANY (%(people)s);
UPDATE django_admin_log SET object_repr = '', change_message = '' WHERE content_type_id IN (
       SELECT id FROM django_content_type WHERE app_label = 'leads')
   AND object_id = ANY (%(rows)s);
DELETE FROM leads_personkey WHERE person_id = ANY (%(people)s);
UPDATE leads_person SET first_name = '', last_name = '', email = '', phone = '', title = '', region = '',
       attributes = '{}', search = '', suppressed = true, score_due_at = NULL, consent = '{}', erased_at = %(at)s
 WHERE id = ANY (%(people)s)"""


# Of whose rows work's notes are forgotten, and of what their rows point to: it stays with them when the work is undone
# for everybody else.
ROWS = {
    "leads_company": """SELECT company_id FROM leads_person WHERE id = ANY (%(people)s)
        UNION SELECT company_id FROM leads_lead WHERE id = ANY (%(leads)s)""",
    "marketing_campaign": """SELECT campaign_id FROM leads_lead WHERE id = ANY (%(leads)s)
        UNION SELECT campaign_id FROM leads_touch WHERE person_id = ANY (%(people)s)""",
    "marketing_channel": """SELECT source_id FROM leads_lead WHERE id = ANY (%(leads)s)
        UNION SELECT channel_id FROM leads_touch WHERE person_id = ANY (%(people)s)""",
    "leads_person": "SELECT unnest(%(people)s::bigint[])",
    "leads_lead": "SELECT unnest(%(leads)s::bigint[])",
    "leads_personkey": "SELECT id FROM leads_personkey WHERE person_id = ANY (%(people)s)",
    "leads_touch": "SELECT id FROM leads_touch WHERE person_id = ANY (%(people)s)",
    "leads_submission": "SELECT id FROM erased_submission",
    "leads_consentevent": "SELECT id FROM leads_consentevent WHERE person_id = ANY (%(people)s)",
    "leads_qualification": "SELECT id FROM leads_qualification WHERE lead_id = ANY (%(leads)s)",
    "leads_ownership": "SELECT id FROM leads_ownership WHERE lead_id = ANY (%(leads)s)",
    "leads_waiting": "SELECT unnest(%(leads)s::bigint[])",
    "leads_visitor": "SELECT id FROM leads_visitor WHERE person_id = ANY (%(people)s)",
    "leads_visitevent": "SELECT id FROM leads_visitevent WHERE person_id = ANY (%(people)s)",
    "leads_snapshot": "SELECT id FROM leads_snapshot WHERE lead_id = ANY (%(leads)s)",
    "leads_attributefact": """SELECT id FROM leads_attributefact
        WHERE (subject_kind = 'person' AND subject_id = ANY (%(people)s))
           OR (subject_kind = 'lead' AND subject_id = ANY (%(leads)s))""",
}


MERGES = "SELECT work_id FROM leads_merge WHERE survivor_id = ANY (%(people)s) OR loser_id = ANY (%(people)s)"


def erase(person_ids: Sequence[int], lead_ids: Sequence[int], *, at: datetime) -> None:
    people = list(person_ids)
    needles = [row[0] for row in bulk.query(NEEDLES, {"people": people})]
    params = {
        "people": people, "leads": list(lead_ids), "rows": [str(pk) for pk in people], "at": at,
        "like": [f"%{_literal(needle)}%" for needle in needles], "held": holding.runs(needles),
    }  # fmt: skip
    _each(LOOSE, params)
    for table, of in ROWS.items():
        journal.forget(table, [pk for (pk,) in bulk.query(of, params)])
    # A merge keeps what either was before; without its notes it can't be taken back, as is right for who is gone.
    journal.forget_work([pk for (pk,) in bulk.query(MERGES, params)])
    _each(STATEMENTS, params)
    journal.forget_gone(people, lead_ids)
    journal.forget_answers(params["like"])
    for kind, ids in (("person", people), ("lead", lead_ids)):
        journal.clean(kind, ids)
        notices.clean(kind, ids)
    bulk.change("DROP TABLE erased_submission, erased_delivery, erased_run")


def _each(text: str, params: dict) -> None:
    for one in text.split(";\n"):
        bulk.change(one, params)


def _literal(needle: str) -> str:
    for sign in "\\%_":
        needle = needle.replace(sign, f"\\{sign}")
    return needle
