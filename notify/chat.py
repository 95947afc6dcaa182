"""A notice as Slack and Teams take it. Pure.

Names and titles are other people's text. In Slack they stand in plain text elements, in Teams in text runs: neither
reads markup, mentions or links there. Only links of our own are links.
"""

import re
from collections.abc import Sequence
from typing import Any

from notify.mail import one_line

LONGEST = 2_000  # characters; Slack refuses a section of more than 3,000
# What looks like an address is made no address: an invisible joiner inside it, so that no client links or unfolds it.
LINKED = re.compile(r"://|@(?=\w)|(?<=\w)\.(?=[^\W\d])")


def payload(kind: str, text: str, url: str, names: Sequence[str]) -> dict[str, Any]:
    """`kind`: slack or teams. `names`: who was told of it."""
    return {"slack": _slack, "teams": _teams}[kind](_harmless(text), url, _harmless(", ".join(names)))


def _slack(text: str, url: str, names: str) -> dict[str, Any]:
    link = f"<{_escaped(url)}|Open it>"
    told = [{"type": "plain_text", "text": f"For {names}", "emoji": False}] if names else []
    return {
        "text": _escaped(text),
        "mrkdwn": False,
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": [
            {"type": "section", "text": {"type": "plain_text", "text": text, "emoji": False}},
            {"type": "context", "elements": [*told, {"type": "mrkdwn", "text": link}]},
        ],
    }


def _teams(text: str, url: str, names: str) -> dict[str, Any]:
    def run(said: str, **more: Any) -> dict[str, Any]:
        return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": said, **more}]}

    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [run(text, weight="Bolder"), *([run(f"For {names}", isSubtle=True)] if names else [])],
        "actions": [{"type": "Action.OpenUrl", "title": "Open it", "url": url}],
    }
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [content]}


def _harmless(text: str) -> str:
    return LINKED.sub(lambda found: f"{found[0]}\u2060", one_line(text))[:LONGEST]


def _escaped(text: str) -> str:
    """The three characters that Slack reads in any text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
