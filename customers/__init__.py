"""What happens after the sale: handover, onboarding, health, what is paid, renewals.

Owns: customers (a company with a deal won, or that subscribed by itself), the handover and the promises of a deal,
onboarding steps, readings of health, subscription movements with the monthly revenue before and after, terms.
Verbs: `handover.fill / name_csm / accept / give_back`, `promises.promise / keep / drop`, `onboarding.add / change /
finish / reopen / drop / first_value`, `readings.keep(batch)`, `movements.keep(batch)` (told by the doors of `leads`
through settings.SUBSCRIPTION_MOVEMENTS), `subscriptions.change / churn / back`, `renewals.open_due / open_one /
expand / add_term / end_term`, `caring.give`.
Questions: `health.of(customer_ids, as_of=)`, `accounts.IDENTITY / subscriptions / monthly`, `listing.page`,
`owed.of / calls` (of a success manager, for My queue), `rights.takes_over` (settings.DEAL_TAKER),
`guards.handover` (settings.DEAL_GUARDS), `health.of_companies` (settings.ICP_HEALTH), `deal_panel.of`.
Hears: `deal.won`, `deal.reopened`, `deal.handover_held`; imports of past deals (`history.keep`).
Tells: `deal.handover_filled / asked / accepted / returned`, `deal.promised / promise_kept / promise_dropped`,
`customer.began / activated / first_value / churned / reactivated / read / given / step_… / term_… / renewal_opened`.
Never: computes revenue in floating point; keeps one movement twice; counts what deals say beside a billing system.
"""
