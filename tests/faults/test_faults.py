"""The short form of the fault suite: every kind of fault once, over a few thousand clocks. The whole one: bin/faults."""

import subprocess
import sys

import pytest


@pytest.mark.long
@pytest.mark.sockets
def test_nothing_is_lost_doubled_or_early_whatever_dies():
    run = subprocess.run(
        [sys.executable, "-m", "tests.faults", "--clocks", "2000", "--faults", "14", "--seed", "7"],
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr[-3000:]}"
