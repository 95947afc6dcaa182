"""Who owns the account a deal is with."""

from leads.models import Company


def own_account(*, company_id: int | None, owner_id: int | None) -> None:
    """Whoever opens or wins a deal owns the account, unless somebody does already."""
    if company_id and owner_id:
        Company.objects.filter(pk=company_id, owner=None).update(owner=owner_id)
