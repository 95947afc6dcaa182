"""A model run over the past, before it bites: what it would have handed over, and what became of those leads.

`running.begin` starts one, `running.count` is a worker's part, `running.result` reads it. Every moment of a lead is
judged with what was known at that moment: attributes by their facts, touches by when they were recorded, nothing after
the real hand-over. `population` says which leads and moments, `counting` is the one statement a lot, with `asking` for
definitions and `best_then` for the cuts of a best share; `judging` reads the rows it left, `evaluation` is the same
arithmetic for a handful of rows in Python. `lists` says who enters and leaves, `statistics` what a rule did.
"""
