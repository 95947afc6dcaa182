"""What an MQL, an SAL and an SQL are here: agreed by both sides, dated, versioned.

Verbs: those of `drafts` (edit, propose, approve by a side, withdraw, discard, review); the second side's yes publishes.
Questions: `current(stage, at=)`, `check` and `findings` (does a lead meet it, and what fails first), `violators`,
`outcomes` by version, `drafts.mql_by` (by which score). `coming_into_force.drain` is asked by the pulse.
Tells: `definition.drafted / changed / proposed / approved / published / withdrawn / discarded / reminded / reviewed`.
Never: changes what was agreed, or a stage entry of the past: that keeps the version it met.
"""

from scoring.definitions.in_force import STAGES, Finding, check, current, findings

__all__ = ["STAGES", "Finding", "check", "current", "findings"]
