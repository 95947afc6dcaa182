"""The image's own commands as plain processes: files collected once, then served hashed, compressed and for ever."""

import re
import urllib.request
from contextlib import closing

import pytest
from django.core.management import call_command
from django.templatetags.static import static

from revops.lib.plotly_file import PATH
from teams.models import User
from tests.processes import wait_for

ADDRESS = {"Host": "crm.example.com", "X-Forwarded-Proto": "https"}


def test_every_file_that_a_file_names_is_there(settings, tmp_path):
    """The manifest refuses a style that names a missing picture; found here, not in the image's build."""
    hashed = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": hashed}}
    settings.STATIC_ROOT = tmp_path
    call_command("collectstatic", interactive=False, verbosity=0)
    assert re.fullmatch(r"/static/vendor/plotly\.min\.[0-9a-f]{12}\.js", static(PATH))


@pytest.fixture
def production(processes, room):
    files = room / "static"
    env = {
        "REVOPS_ENV": "production", "SECRET_KEY": "k" * 50, "ALLOWED_HOSTS": "crm.example.com",
        "STATIC_ROOT": str(files),
    }  # fmt: skip
    collecting = processes.manage("collectstatic", "--no-input", "--verbosity", "0", **env)
    assert collecting.wait(120) == 0, collecting.log.read_text()
    return env


def fetch(url, **headers):
    return closing(urllib.request.urlopen(urllib.request.Request(url, headers=ADDRESS | headers), timeout=20))


@pytest.mark.long  # compressing plotly.js well takes half a minute
def test_pages_name_hashed_files_that_are_served_compressed_and_immutable(production, processes, free_port):
    User.objects.create_user("somebody@example.com", name="Somebody")  # or every page is the set-up
    base = f"http://127.0.0.1:{free_port}"
    web = processes.python(
        "-m", "granian", "--interface", "wsgi", "--port", str(free_port), "--workers", "1", "--blocking-threads", "2",
        "--no-ws", "--log-level", "warning", "revops.wsgi:application", **production,
    )  # fmt: skip

    def healthy():
        assert web.poll() is None, web.log.read_text()
        try:
            with closing(urllib.request.urlopen(f"{base}/healthz", timeout=5)) as answer:
                return answer.status == 200
        except OSError:
            return False

    wait_for(healthy, within=60, what="the web server, asked by address and not by its public name")
    with fetch(f"{base}/accounts/login/") as answer:
        text = answer.read().decode()
        assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
        assert "secure" in answer.headers["Set-Cookie"].lower()
    styles = re.findall(r'href="(/static/[^"]+\.css)"', text)
    assert styles, text
    for style in styles:
        assert re.search(r"\.[0-9a-f]{12}\.css$", style), f"{style} has no hash"
        with fetch(base + style, **{"Accept-Encoding": "br"}) as answer:
            assert answer.headers["Content-Encoding"] == "br"
            assert "immutable" in answer.headers["Cache-Control"]
