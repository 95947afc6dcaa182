"""plotly.js is served straight out of the installed package, and nothing else is."""

import re
import subprocess
import sys

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from revops.lib.plotly_file import PATH, PlotlyFinder


def test_it_is_found_and_is_the_library():
    found = finders.find(PATH)
    assert found
    with open(found, encoding="utf-8") as file:
        assert "plotly.js v" in file.read(2_000)


def test_it_is_the_only_file_offered():
    [(path, storage)] = PlotlyFinder().list([])
    assert path == PATH
    assert storage.path(path) == finders.find(PATH)
    with storage.open(path) as file:
        assert file.size > 1_000_000
    assert PlotlyFinder().find("vendor/widgetbundle.js") == []


def test_the_package_is_never_imported():
    done = subprocess.run(
        [sys.executable, "-c", "import django, sys; django.setup(); from django.contrib.staticfiles import finders; "
         f"assert finders.find({PATH!r}); sys.exit('plotly' in sys.modules)"], check=False,
    )  # fmt: skip
    assert done.returncode == 0


def test_each_style_sheet_it_would_write_is_there_already():
    """A sheet it makes itself has no nonce: the browser would refuse it and report it on each page with a chart."""
    with open(finders.find(PATH), encoding="utf-8") as file:
        asked = re.findall(r'getElementById\("([0-9a-f]{64})"\)', file.read())
    page = render_to_string("_components/chart_script.html", {"csp_nonce": "n"})
    assert asked
    for name in {*asked, "plotly.js-style-global"}:
        assert f'<style id="{name}" nonce="n"></style>' in page
