"""What holds the house together: imports downwards, complete migrations, locks and doors."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

BASE = Path(__file__).resolve().parents[2]
ROOMS = ["teams", "journal", "notify", "marketing", "leads", "scoring", "deals", "customers", "sla", "dashboards"]


def test_rooms_import_downwards_only():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=BASE, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_migrations_are_complete(db, capsys):
    call_command("makemigrations", "--check", "--dry-run", verbosity=1)
    assert "No changes detected" in capsys.readouterr().out


def test_nothing_is_left_for_the_system_checks(db):
    call_command("check", fail_level="WARNING", databases=["default"])


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_has_a_front_door(room):
    door = importlib.import_module(room).__doc__ or ""
    for word in ("Owns", "Verbs", "Never"):
        assert word in door, f"{room}/__init__.py opens with a docstring that says what it owns, does and never does"


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locks_name_versions_and_hashes_but_no_addresses(lock):
    text = (BASE / lock).read_text()
    assert "://" not in text
    assert "--index" not in text
    assert text.count("--hash=sha256:") > 60
    # Django would silently prefer it, and our COPY and execute_values would be gone.
    assert "\npsycopg==" not in text


def test_the_runtime_lock_is_part_of_the_other():
    def pins(name):
        return {line.split()[0] for line in (BASE / name).read_text().splitlines() if "==" in line}

    assert pins("requirements.lock") < pins("requirements-dev.lock")


@pytest.mark.parametrize("script", ["bin/demo", "bin/test", "bin/check", "bin/bench", "bin/prepare", ".ci/run"])
def test_scripts_can_be_read_by_a_plain_shell(script):
    shell = "bash" if script.startswith(".ci") else "sh"
    assert subprocess.run([shell, "-n", BASE / script], check=False).returncode == 0
    assert script == "bin/prepare" or (BASE / script).stat().st_mode & 0o111
