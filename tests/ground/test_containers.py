"""The compose file's structure; containers themselves do not run here, their commands do (see test_up.py)."""

from pathlib import Path

import pytest
import yaml

BASE = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((BASE / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]


def test_these_services_and_volumes():
    assert set(SERVICES) == {"db", "redis", "migrate", "web", "worker", "beat"}
    assert set(COMPOSE["volumes"]) == {"database", "broker"}


def test_the_database_is_version_18_and_keeps_its_volume_where_that_version_looks():
    assert SERVICES["db"]["image"] == "postgres:18"
    assert SERVICES["db"]["volumes"] == ["database:/var/lib/postgresql"]


def test_the_broker_forgets_nothing_quietly():
    command = " ".join(SERVICES["redis"]["command"])
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command


@pytest.mark.parametrize("name", ["migrate", "web", "worker", "beat"])
def test_secrets_come_from_the_environment_or_nothing_starts(name):
    env = SERVICES[name]["environment"]
    assert env["REVOPS_ENV"] == "production"
    assert env["SECRET_KEY"].startswith("${SECRET_KEY:?")
    assert "${POSTGRES_PASSWORD:?" in env["DATABASE_URL"]
    assert "${REDIS_PASSWORD:?" in env["REDIS_URL"]
    assert SERVICES[name]["init"] is True


@pytest.mark.parametrize("name", ["db", "redis", "web", "worker"])
def test_health_is_checked(name):
    assert SERVICES[name]["healthcheck"]["test"]


def test_one_service_migrates_and_the_others_wait_for_it():
    for name in ("web", "worker", "beat"):
        assert SERVICES[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
        assert "migrate" not in " ".join(SERVICES[name].get("command", []))


def test_the_worker_can_be_scaled():
    assert "container_name" not in SERVICES["worker"]
    assert "ports" not in SERVICES["worker"]


def test_the_image_runs_as_nobody_special_and_from_the_runtime_lock():
    lines = (BASE / "Dockerfile").read_text()
    last_stage = lines.rpartition("\nFROM ")[2]
    assert "\nUSER revops\n" in last_stage
    assert "--require-hashes -r requirements.lock" in lines
    assert "requirements-dev.lock" not in lines
