"""Opportunities: where they stand, what holds them up, what they sell and give away, and how they ended.

Owns: deals, pipelines with stages and exit criteria, the stays of deals in stages, the parts people play in them,
products and lines, the discount desk, objections, competitors, retrospectives, hand-over calls.
Verbs: `conversion.convert(lead, …)` (or `into=` a deal), `opening.open_many` of customers, `deal.move / meet`,
`deal.win`, `deal.lose`, `deal.edit`, `deal.reopen`, `roles.give / take`, `pipelines.*`, `batches.*` for many,
`handover_call.book / hold`; of the desk: `lines.put`, `discounts.*`, `concessions.*`, `objections.*`,
`retrospectives.*`.
Questions: `Deal.objects.open()`, `board.columns(…)`, `stalls.of(ids, now=)`, `stage_times.medians(now)`,
`joining.leads_of`, `panels.deals`, `attributes.OFFERED`, `best_customers.of` and `.decided`.
Asks: `settings.DEAL_GUARDS` before an end, `settings.DEAL_SECTIONS` for parts of the deal's page.
Hears: `person.merged`, `person.unmerged`. Tells: `deal.opened`, `deal.joined`, `deal.moved`, `deal.criterion`,
`deal.role`, `deal.won`, `deal.lost`, `deal.edited`, `deal.reopened`, `deal.handover_booked / held / missed`,
`pipeline.changed`; moves the lead by `leads.progress.advance`.
Never: two open deals from one lead; a loss without a reason; a stage written but by `stages_of`.
"""
