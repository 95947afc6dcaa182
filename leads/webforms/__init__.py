"""Forms on other people's pages: one builder, a page of their own, plain HTML and a small script to embed.

Owns: what a form asks, its public key, who may embed it, what makes a submission suspect, and the review of those.
Verbs: `forms.create / change / rotate / drop_old_key / disable / enable`; `taking.take` for what a browser posted, in a
rush several together (`jointly`); `review.release / bury / put_back` for what was held.
Questions: `known.by_key` (kept for seconds by each process, so that a post costs one `capture` and nothing else),
`reading.incoming` (payload → Incoming, also for trying a kept one again), `forms.names`.
Tells: `form.published`, `form.changed`, `form.rotated`, `form.disabled`, `form.enabled`.
Never: locks a form's row at intake; tells a stranger whether they were believed; mails whoever filled it in.
"""
