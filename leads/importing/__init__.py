"""Files become people, leads, companies, deals and their dates; in history mode unless told that they are new.

Owns: the map language, files in pieces in the database, presets, the dry run, the lots, the error file, undo.
An `ImportRun` goes uploaded → analysed → matched → rehearsed → running → done; or cancelled, failed, undone.

Verbs (errors: `revops.lib.errors`; each takes keyword-only `by=` a User and `at=`):
- `uploading.upload(file, *, name, mode="history", by, at) -> ImportRun`: keeps the bytes; refuses over the caps without
  reading on (Invalid, codes too_big, empty, not_a_table). A small file is analysed at once, a big one by a worker.
- `mapping.set_mapping(run, mapping, *, by, at, seen=None) -> ImportRun`: the map language as JSON; Invalid with `errors`
  [{field, code, detail}] naming fields by their dotted path (`person.email`, `lead.source`, `stage.at.mql`); `seen`: the
  run's `changed_at` that the page had read; a later one = Refused code stale.
- `mapping.decide(run, answers, *, by, at, seen=None)`: answers {(column, value): choice} to `mapping.open_decisions`.
- `presets.save(run, name, *, by, at)`, `presets.apply(run, key, *, by, at)`, `presets.remove(preset, *, by)`.
- `rehearsing.rehearse(run, *, by, at)`: hands the dry run to a worker; state rehearsing → rehearsed.
- `running.start(run, *, by, at)`: hands the import to a worker. `running.resume(at)`: the pulse calls it for the silent.
- `running.cancel(run, keep: bool, *, by, at)`: stops after the present lot and keeps or undoes what is in.
- `undoing.undo(run, *, by, at)`: exactly the state before; Refused code changed when somebody has worked on it since.

Questions:
- `describing.describe(run) -> File`: name, size, format, encoding, separator, header line, rows, columns (name, examples,
  filled share, distinct values), `refused` (a sentence when the file is not about people, companies or deals), mode.
- `choices.targets(kind) -> [Group]` for the select of a column; `choices.by_column(mapping, columns)` → {column: target};
  `choices.from_columns(chosen, mapping)` → the mapping with these targets.
- `presets.suggest(run) -> [Suggestion]` best first; `presets.available(run)`: all, for a select.
- `mapping.open_decisions(run) -> [Decision]`: unknown channels, stages, ambiguous dates with the choices there are.
- `describing.summary(run, rehearsed: bool) -> Counts` with `.adds_up`; `problems.by_kind(run, rehearsed=)` → [Kind];
  `problems.first(run, rehearsed=, code=None, limit=100)`.
- `running.progress(run, now) -> Progress`: phase, done, total, rate, seconds_left, silent.
- `problems.error_file(run) -> (head, rows)` for `csv_file.answer`; `undoing.blocked_by(run) -> [Blocker]`;
  `undoing.undoable(run, now) -> bool`.

Tells: the journal, by `append` (nobody reacts: no notice, no live clock); afterwards `settings.HISTORY_REACTIONS`
get the lead ids, so that scores and clocks for reports are computed by their own rooms. `import.done`,
`import.undone` are facts about the run.
Never: notifies (but in live mode), guards a stage, drops a line without a count: read = created + updated + merged +
refused.
"""
