"""What can be exported: a name, its columns as SQL, and the moment a period is asked of."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True, slots=True)
class Kind:
    """`columns`: {name in the file: SQL over `table`}; `id` and `at` name the key and the moment of a row."""

    key: str
    label: str
    table: str
    columns: dict[str, str]
    at: str
    id: str = "x.id"


def _plain(names: str) -> dict[str, str]:
    return {name: f"x.{name}" for name in names.split()}


OWN = [
    Kind("leads", "Leads", "leads_lead x JOIN leads_person p ON p.id = x.person_id LEFT JOIN leads_company c ON "
         "c.id = x.company_id LEFT JOIN teams_user u ON u.id = x.owner_id", {
             **_plain("id person_id company_id cycle stage"), "first_name": "p.first_name", "last_name": "p.last_name",
             "email": "p.email", "phone": "p.phone", "company": "c.name", "owner": "u.email", "source": "x.source_id",
             **_plain("campaign_id hand_raise product_interest message reason reason_note track fit engagement cell "
                      "created_at mql_at sal_at sql_at first_response_at stage_at attributes"),
         }, "x.created_at"),
    Kind("people", "People", "leads_person x LEFT JOIN leads_company c ON c.id = x.company_id", {
        **_plain("id first_name last_name email phone title seniority country region"), "company": "c.name",
        **_plain("fit engagement cell consent suppressed attributes first_touch_at last_touch_at created_at erased_at "
                 "merged_into_id"),
    }, "x.created_at"),
    Kind("companies", "Companies", "leads_company x", _plain(
        "id name domain industry employees country region technologies attributes created_at"), "x.created_at"),
    Kind("touches", "Touches", "leads_touch x", _plain(
        "id person_id lead_id kind side channel_id campaign_id asset url direction automatic outcome by_id note source "
        "external_id occurred_at received_at recorded_at"), "x.occurred_at"),
    Kind("submissions", "Submissions", "leads_submission x", _plain(
        "id source door outcome person_id lead_id errors suspicions payload received_at"), "x.received_at"),
    Kind("ownerships", "Ownerships", "leads_ownership x", _plain("id lead_id owner_id from_at to_at cause why by_id"),
         "x.from_at"),
    Kind("consent", "Consent events", "leads_consentevent x LEFT JOIN leads_consenttext t ON t.id = x.text_id", {
        **_plain("id person_id purpose channel state"), "version": "t.version", "words": "coalesce(t.text, x.said)",
        **_plain("how by_id at recorded_at")}, "x.at"),
    Kind("journal", "Journal", "journal_entry x", _plain(
        "id kind subject_kind subject_id at recorded_at by_id via data"), "x.at"),
]  # fmt: skip


@cache
def all_kinds() -> dict[str, Kind]:
    return {kind.key: kind for kind in [*OWN, *(import_string(path) for path in settings.EXPORTS)]}
