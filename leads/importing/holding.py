"""Whose words stand in files that are still kept, whatever their bytes: for an erasure, which takes such files away.

Text is read in its own encoding. Of a workbook every part is unpacked and read, so hidden sheets and comments too.
What nobody can read any more counts as holding anybody.
"""

import codecs
import html
import re
import tempfile
from collections.abc import Iterator, Sequence
from itertools import chain
from zipfile import BadZipFile, ZipFile

from leads.importing import detecting, reading
from leads.models import ImportRun
from revops.lib.errors import Invalid

PACKED = b"PK\x03\x04"
PIECE = 1 << 20
# Carried over into the next piece: longer than any address or number, with a workbook's marks in between.
CARRIED = 2_000
MARKS = re.compile(r"<[^<>]*>")
NUMBER = re.compile(r"\+?[\d\s().\-/]+", re.ASCII)
# Of a number, what is the same with and without the country's code.
NATIONAL = 9


def runs(needles: Sequence[str]) -> list[int]:
    """Ids of the imports in whose kept file one of these addresses or numbers stands. Memory: a few MB."""
    sought = _sought(needles)
    if sought is None:
        return []
    found = ImportRun.objects.filter(chunks__number=0).order_by("pk")
    return [run.pk for run in found.iterator() if _holds(run, sought)]


def _sought(needles: Sequence[str]) -> re.Pattern | None:
    ways = []
    for needle in needles:
        digits = re.sub(r"\D", "", needle)
        if NUMBER.fullmatch(needle) and len(digits) > 5:
            ways.append(r"[\s().\-/]*".join(digits[-NATIONAL:]))
        elif needle:
            ways.append(re.escape(needle.casefold()))
    return re.compile("|".join(ways)) if ways else None


def _holds(run: ImportRun, sought: re.Pattern) -> bool:
    try:
        carried = ""
        for text in _texts(run):
            seen = carried + text
            if sought.search(seen.casefold()) or ("<" in seen and sought.search(_unmarked(seen))):
                return True
            carried = seen[-CARRIED:]
    except (Invalid, BadZipFile, LookupError, OSError, EOFError, RuntimeError, NotImplementedError):
        return True
    return False


def _unmarked(text: str) -> str:
    return html.unescape(MARKS.sub("", text)).casefold()


def _texts(run: ImportRun) -> Iterator[str]:
    pieces = reading.pieces(run.pk)
    head = next(pieces, b"")
    if head.startswith(PACKED):
        yield from _unpacked(chain([head], pieces))
        return
    encoding = run.facts.get("encoding") or detecting.encoding(chain([head], reading.pieces(run.pk)))
    yield from _decoded(chain([head], pieces), encoding)


def _decoded(pieces: Iterator[bytes], encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for piece in pieces:
        yield decoder.decode(piece)


def _unpacked(pieces: Iterator[bytes]) -> Iterator[str]:
    with tempfile.TemporaryFile() as file:
        for piece in pieces:
            file.write(piece)
        file.seek(0)
        reading.harmless(file)
        file.seek(0)
        with ZipFile(file) as packed:
            for part in packed.infolist():
                with packed.open(part) as stream:
                    yield from _decoded(iter(lambda s=stream: s.read(PIECE), b""), "utf-8")
                yield "\n"
