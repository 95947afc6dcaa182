"""What the outcomes teach, and whether they teach anything.

Verbs: `running.begin` and `running.learn` (a worker), `accepting.accept` (one suggestion into a draft),
`feedback.propose` (one rule that let in what sales sent back), `rot.ring`.
Questions: `running.result`, `rot.weeks`. The same work on any file: `manage.py learn_from`.
Never: fits on what became known after the hand-off (`guard`); judges by the rows it was fitted on (`fitting` holds the
newest fifth out); speaks of a cause; publishes anything by itself.
"""
