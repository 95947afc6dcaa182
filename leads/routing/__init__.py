"""Who gets a lead, and why them (DOMAIN 1.2).

Owns: plans (versioned) with their ordered rules, pools with members, limits and skills, the turns of a pool, named
accounts, leads that wait (held, or in a claim queue), runs of a plan over the past.
Verbs: `route(lead_ids, at=)` decides and is asked by the hand-off, handovers, reopenings and breaches;
`drafts.open_draft / add / change / duplicate / move / remove / put_back / set_options / discard`;
`publishing.publish / roll_back`; `pools.add / change / remove / add_member / change_member / move_member /
remove_member`; `named_accounts.add_list / change_list / remove_list / add / give / remove`; `picking.pick / pick_next`;
`waiting.keep` (rows for decisions without an owner), `waiting.wake`, and `waiting.drain`, asked by the pulse.
Questions: `drafts.live / the_draft / versions / differences / problems`; `dry.one`, `dry.sample` (an enquiry never
sent), `dry.month` (a run: `month.newest / moved / cancel / stands_for`); `fairness.report(since, until)`;
`pools.all_pools / now_in`; `named_accounts.lists / accounts / of_company`; `waiting.held / counts / queued`;
`picking.queues(user, at=) / waiting_in(pool)`; `why_sentence` of an ownership or a decision; `hits.of` (what each rule
took lately), `because.parts` (which condition of a rule does not hold). Pages: `views*`, on `board` and `page_words`.
Hears: nothing. Tells: `routing.drafted / changed / discarded / published / rolled_back`, `pool.*`, `accounts.*`,
`lead.held`, `lead.picked`. settings.DEAL_OWNER names who works with a company already.
Never: moves a turn for what was given by hand, or makes up for turns missed; drops a lead; asks by row.

`ways` reads a plan, `matching` asks the record (one statement), `deciding` walks the ladder, `turns` and `rotation` are
the pools'. Everything that decides is given its moment.
"""

from leads.routing.deciding import Decision, route
from leads.routing.why import why_sentence

__all__ = ["Decision", "route", "why_sentence"]
