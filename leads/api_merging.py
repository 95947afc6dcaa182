"""REST: two records of one human being become one, and two again: POST /leads/42/merge/ {"lead": 57}, …/unmerge/."""

from leads import answer_serializers as answers
from leads import serializers
from leads.api_verbs import LeadVerb
from leads.checks import Checks
from leads.duplicates import merging, unmerging
from leads.models import Lead
from revops.lib.errors import Refused
from revops.lib.openapi import NoBody, Strict, shaped, writes


class Merging(Strict):
    lead = shaped(
        serializers.ID, required=True, help_text="A lead of the person who turns out to be the same; they go in here."
    )


class Merge(LeadVerb):
    fields = frozenset(["lead"])

    @writes("Merge another record of the same person into this one", Merging, {200: answers.LeadDetail})
    def post(self, request, pk: int):
        return self.perform(request, pk)

    def read(self, data: dict, check: Checks):
        pk = check.whole(data, "lead", 1, 2**63 - 1)
        other = Lead.objects.select_related("person").filter(pk=pk).first() if pk else None
        if pk is None and not check.has("lead"):
            check.no("", "lead", "required", "This field is needed.")
        elif pk and other is None:
            check.no("", "lead", "unknown_lead", "No lead has this id.")
        return {"other": other}

    def do(self, lead: Lead, *, other: Lead, **said):
        merging.merge(lead.person, other.person, **said)


class Unmerge(LeadVerb):
    @writes("Take back the latest merge of this lead’s person", NoBody, {200: answers.LeadDetail})
    def post(self, request, pk: int):
        return self.perform(request, pk)

    def do(self, lead: Lead, **said):
        merge = unmerging.of(lead.person) if lead.merged_into_id else unmerging.latest_into(lead.person)
        if merge is None:
            raise Refused("Nobody was merged into this person, or it was taken back. Nothing was changed.",
                          code="not_merged")  # fmt: skip
        unmerging.unmerge(merge, **said)
