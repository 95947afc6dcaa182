"""The page that reads a file: chosen, shown with what can't be read, kept when somebody says so."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from revops.lib import words
from revops.lib.answers import done
from revops.lib.csv_reading import LARGEST, MOST, Found, T
from revops.lib.errors import DomainError, Forbidden, Invalid

SHOWN = 50  # lines on the page that asks


@dataclass(frozen=True, slots=True)
class Cell:
    """`small`: beside it, quieter. `number`: on the right."""

    text: Any
    small: str = ""
    number: bool = False


@dataclass(frozen=True, slots=True)
class Upload:
    """What the page says. `columns`: [(names, what they hold)]; `file`: (address, words) of one to begin with;
    `closed`: why this person may not, "" for who may."""

    title: str
    address: str
    back: str
    columns: Sequence[tuple[str, str]]
    head: Sequence[str]
    file: tuple[str, str]
    tabs: Sequence[dict] = ()
    closed: str = ""


def page(
    request: HttpRequest,
    about: Upload,
    *,
    read: Callable[[str], Found[T]],
    keep: Callable[[list[T]], tuple[str, str]],
    show: Callable[[list[T]], list[list[Cell]]],
) -> HttpResponse:
    """`keep` answers with the sentence and the address that takes it back; `show` with the cells under `head`. The
    file's text travels in the page, so that what is kept is what was shown. Raises Forbidden."""
    context: dict[str, Any] = {"about": about, "most": MOST}
    if request.method != "POST":
        return render(request, "csv/upload.html", context)
    if about.closed:
        raise Forbidden(about.closed, code="not_yours")
    try:
        text = _text(request)
        found = read(text)
    except DomainError as refusal:
        if refusal.status == 403:
            raise
        return render(request, "csv/upload.html", context | {"problem": refusal.detail}, status=422)
    if "keep" in request.POST:
        said, undo = keep([one for _, one in found.kept])
        left = f" {words.plural(len(found.refused), 'line')} left out." if found.refused else ""
        return done(request, said + left, to=about.back, undo=undo)
    shown = found.kept[:SHOWN]
    cells = show([one for _, one in shown])
    context |= {
        "text": text, "count": len(found.kept), "refused": found.refused, "rest": max(0, len(found.kept) - SHOWN),
        "rows": [(line, row) for (line, _), row in zip(shown, cells, strict=True)],
        "head": [(name, cell.number) for name, cell in zip(about.head, cells[0], strict=True)] if cells else [],
    }  # fmt: skip
    return render(request, "csv/preview.html", context)


def _text(request: HttpRequest) -> str:
    """Raises Invalid for no file, one that is too large, and one that is no text."""
    file = request.FILES.get("file")
    if file is None:
        text = request.POST.get("text", "")
        if not text:
            raise Invalid("Choose a file.", field="file")
    else:
        if (file.size or 0) > LARGEST:
            raise Invalid("The file is larger than 1 MB.", field="file")
        body = file.read()
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = body.decode("cp1252", "replace")
    if "\0" in text:
        raise Invalid("This is no text file. Save it as CSV and try again.", field="file")
    return text
