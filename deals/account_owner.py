"""Who works with a company already: routing asks before any rule (settings.DEAL_OWNER)."""

# Of `c` (leads_company) as of a moment: the owner of the newest deal that was open then, else of the newest won.
OWNER = """(SELECT d.owner_id FROM deals_deal d
    WHERE d.company_id = c.id AND d.owner_id IS NOT NULL AND d.created_at <= %(as_of)s
      AND (d.closed_at IS NULL OR d.closed_at > %(as_of)s OR d.stage = 'won')
    ORDER BY (d.closed_at > %(as_of)s) IS NOT FALSE DESC, d.created_at DESC, d.id DESC LIMIT 1)"""
