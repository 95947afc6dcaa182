"""Serves plotly.js out of the installed package, which is never imported: it is only the carrier of one file."""

from importlib.util import find_spec
from pathlib import Path

from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.files.storage import FileSystemStorage

PATH = "vendor/plotly.min.js"


def installed() -> Path:
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise LookupError("The plotly package is not installed: install requirements.lock.")
    return Path(spec.origin).parent / "package_data" / "plotly.min.js"


class OneFile(FileSystemStorage):
    """A storage of one file whose name differs from its place on disk."""

    prefix = ""

    def path(self, name: str) -> str:
        return str(installed())


class PlotlyFinder(BaseFinder):
    def check(self, **kwargs):
        return []

    def find(self, path, find_all=False, **kwargs):
        found = [str(installed())] if path == PATH else []
        return found if find_all or kwargs.get("all") else (found[0] if found else [])

    def list(self, ignore_patterns):
        if not matches_patterns(PATH, ignore_patterns or []):
            yield PATH, OneFile(location=str(installed().parent))
