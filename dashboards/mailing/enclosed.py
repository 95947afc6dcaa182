"""The file that travels with a mailing's mail, made when the mail goes out, as of the moment it was due."""

import csv
import io
import re
from datetime import datetime

from django.conf import settings
from django.http import QueryDict

from dashboards import printing, sheet, table
from dashboards.filters import parse
from dashboards.mailing import mailings
from dashboards.mailing.models import Mailing
from notify.enclosing import Enclosed
from notify.models import Notice
from revops.lib import csv_file
from teams.models import Organisation

LONGEST = 200


def of(notice: Notice) -> Enclosed | None:
    """None when the mailing is gone. What goes wrong is kept on the mailing and raised again."""
    mailing = Mailing.objects.filter(pk=notice.subject_id).first()
    if mailing is None:
        return None
    try:
        name, content, kind = made(mailing, at=notice.at)
    except Exception as error:
        Mailing.objects.filter(pk=mailing.pk).update(last_error=f"{type(error).__name__}: {error}"[:LONGEST])
        raise
    Mailing.objects.filter(pk=mailing.pk).exclude(last_error="").update(last_error="")
    stop = f"{settings.PUBLIC_URL}/mailings/stop/{mailings.token(mailing.pk, notice.user_id)}/"
    return Enclosed(files=((name, content, kind),), note=f"Stop this mail with one click: {stop}", stop_url=stop)


def made(mailing: Mailing, *, at: datetime) -> tuple[str, bytes, str]:
    """(file name, bytes, media type) of the mailing as of that moment."""
    organisation = Organisation.get()
    asked = QueryDict(mailing.query)
    filters = parse(asked.dict(), zone=organisation.timezone, now=at).at(at)
    found = sheet.opened(filters, now=at, organisation=organisation)
    stem = f"{re.sub(r'[^a-z0-9]+', '-', mailing.name.lower()).strip('-') or 'numbers'}-{filters.end}"
    if mailing.form == Mailing.Form.CSV:
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerows([[csv_file.safe(cell) for cell in line] for line in [table.HEAD, *table.lines(found)]])
        return f"{stem}.csv", ("\ufeff" + text.getvalue()).encode(), "text/csv"
    return f"{stem}.pdf", printing.pdf(found, title=mailing.name, organisation=organisation), "application/pdf"
