"""A notice, or several at once, as one mail: a sentence, a link, and how to hear less."""

from collections.abc import Sequence
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from notify.enclosing import Enclosed
from notify.said import Said

LONGEST_SUBJECT = 150


def letter(
    to: str, said: Sequence[Said], *, message_id: UUID, more: int = 0, enclosed: Sequence[Enclosed] = ()
) -> EmailMultiAlternatives:
    """The newest first; `more`: how many it has no room for, which the app shows. Texts are other people's: they go
    onto one line and, in HTML, are escaped by the template."""
    first = one_line(said[0].text)
    subject = first if len(said) == 1 else f"{len(said) + more} notices: {first}"
    notes = [one.note for one in enclosed if one.note]
    context = {"said": said, "more": more, "notes": notes, "notices_url": f"{settings.PUBLIC_URL}/notices/",
               "settings_url": f"{settings.PUBLIC_URL}/me/"}  # fmt: skip
    mail = EmailMultiAlternatives(
        subject[:LONGEST_SUBJECT],
        render_to_string("notify/mail.txt", context),
        settings.DEFAULT_FROM_EMAIL,
        [to],
        headers={
            "Message-ID": f"<{message_id}@{urlsplit(settings.PUBLIC_URL).hostname}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    mail.attach_alternative(render_to_string("notify/mail.html", context), "text/html")
    for one in enclosed:
        for name, content, kind in one.files:
            mail.attach(name, content, kind)
    if len(said) == 1 and enclosed and enclosed[0].stop_url:  # RFC 8058
        mail.extra_headers["List-Unsubscribe"] = f"<{enclosed[0].stop_url}>"
        mail.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return mail


def one_line(text: str) -> str:
    """No line break of any script and no control character: headers end at one."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
