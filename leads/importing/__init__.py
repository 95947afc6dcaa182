"""Files become people, leads, companies, deals and their dates; in history mode unless told that they are new.

Owns: the map language, files in pieces in the database, presets, the dry run, the lots, the error file, undo.
An `ImportRun` goes uploaded → analysed → matched → rehearsed → running → done; or cancelled, failed, undone.

Verbs (errors: `revops.lib.errors`; each takes keyword-only `by=` a User and `at=`):
- `uploading.upload(file, *, name, mode="history", corrects=None, by, at) -> ImportRun`: keeps the bytes; refuses over
  the caps without reading on (Invalid: too_big, empty, not_a_table). A small file is analysed at once, a big one by a
  worker. What turns out to be no table fails with a sentence in `run.trouble`.
- `mapping.set_mapping(run, mapping, *, by, at, seen=None)`: the map language as JSON; Invalid with `errors` [{field,
  code, detail}]; `seen`: the `changed_at` that the page had read, a later one = Refused stale.
- `mapping.decide(run, {(column, value): choice}, *, by, at, seen=None)`: answers `mapping.open_decisions`.
- `presets.save(run, name, …)`, `presets.apply(run, key, …)`, `presets.remove(preset, *, by)`.
- `rehearsing.rehearse(run, …)`: the dry run; rehearsing → rehearsed, at once when it is short. It gives way after a
  lot to whoever waits for its rows and counts anew; five times, then it is matched again, with `run.trouble`.
- `running.start(run, …)`; `running.cancel(run, keep, …)` after the present lot; `running.drain(now, limit)`: the pulse
  hands on what a dead worker left. `undoing.undo(run, …)`: exactly the state before, or Refused changed.
- `uploading.forget(at)`: daily, files and problem lines of more than 30 days ago.

Questions:
- `describing.describe(run) -> File`, with `refused`: why the file is not for importing, "" when it is;
  `describing.summary(run, rehearsed=) -> Counts` with `.adds_up`.
- `choices.*`: what a column can become, for pages; `presets.suggest(run)` best first, `presets.available(run)`: all.
- `mapping.open_decisions(run) -> [Decision]`: unknown channels, stages, dates that could be either way round.
- `problems.by_kind(run, rehearsed=)`, `problems.first(run, rehearsed=, code=None)`, `problems.error_file(run)` ->
  (head, rows) for `csv_file.answer`.
- `running.progress(run, now)`, `undoing.blocked_by(run) -> [Blocker]`, `undoing.undoable(run, now)`.

Tells: the journal, by `append` (nobody reacts: no notice, no live clock); afterwards `settings.HISTORY_REACTIONS`
get the lead ids, so that scores and clocks for reports are computed by their own rooms. `import.done`,
`import.undone` are facts about the run.
Never: notifies (but in live mode), guards a stage, drops a line without a count: read = created + updated + merged +
refused.
"""
