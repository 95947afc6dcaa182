"""Files of the past become people, leads and their dates, in history mode.

Owns: the map language (TOML), reading, refusing, and writing in lots of fixed statements.
Verbs: `run.import_file(path, map_path, by=, now=)`.
Questions: `maps.load(path)`.
Tells: the journal, by `append` (nobody reacts: no notice, no live clock); afterwards `settings.HISTORY_REACTIONS`
get the lead ids, so that scores and clocks for reports are computed by their own rooms.
Never: notifies, guards a stage, drops a line without a count: read = created + updated + merged + refused.
"""
