"""The notices' part in an erasure: that something was told stays, what somebody had typed into it goes.

Asked by each room for its own subjects.
"""

from collections.abc import Sequence

from revops.lib import bulk

WORDS = ["what", "note", "name", "error", "text"]


def clean(subject_kind: str, ids: Sequence[int]) -> None:
    bulk.run([(
        """UPDATE notify_notice SET data = data - %s::text[]
            WHERE subject_kind = %s AND subject_id = ANY (%s::bigint[]) AND data ?| %s::text[]""",
        [WORDS, subject_kind, list(ids), WORDS],
    )])  # fmt: skip
