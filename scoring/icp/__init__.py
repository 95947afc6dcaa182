"""The ideal customer profile: derived from the best customers, agreed by both sides, tried on every quarter's deals.

`lifts` is the arithmetic (pure), `traits` what is known of a firm and its contact as SQL, `deriving` counts who has
what among the best customers, the others and those who were lost, `verbs` make a version and bring it into force,
`attribute` offers `company.icp` to conditions, `validation` asks whether it still holds.
Never: reads deals. settings.ICP_CUSTOMERS and settings.ICP_DEALS name who knows them.
"""
