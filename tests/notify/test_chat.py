"""What Slack and Teams get, to the letter: other people's text is text there, whatever it looks like."""

import json

import pytest

from notify import chat

URL = "https://crm.example.com/leads/5/?a=1&b=2"
J = "\u2060"
NASTY = [
    ("<!channel> <@U1> <https://evil.example|Click>", f"<!channel> <@{J}U1> <https://{J}evil.{J}example|Click>"),
    ("*bold* _it_ ~no~ `code` > quote", "*bold* _it_ ~no~ `code` > quote"),
    ("[click](https://evil.example)", f"[click](https://{J}evil.{J}example)"),
    ("www.evil.example & @everyone", f"www.{J}evil.{J}example & @{J}everyone"),
    ("two\nlines\r\n\x00and\u2028more", "two lines and more"),
    (":rocket: 1.5 M", ":rocket: 1.5 M"),
]


@pytest.mark.parametrize(("name", "shown"), NASTY)
def test_slack(name, shown):
    got = chat.payload("slack", name, URL, ["Ada Okafor", "Jonah Reyes"])
    assert got == {
        "text": shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
        "mrkdwn": False,
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": [
            {"type": "section", "text": {"type": "plain_text", "text": shown, "emoji": False}},
            {
                "type": "context",
                "elements": [
                    {"type": "plain_text", "text": "For Ada Okafor, Jonah Reyes", "emoji": False},
                    {"type": "mrkdwn", "text": "<https://crm.example.com/leads/5/?a=1&amp;b=2|Open it>"},
                ],
            },
        ],
    }


@pytest.mark.parametrize(("name", "shown"), NASTY)
def test_teams(name, shown):
    got = chat.payload("teams", name, URL, [name])
    card = got["attachments"][0]["content"]
    assert got["type"] == "message" and card["type"] == "AdaptiveCard" and card["version"] == "1.4"
    assert got["attachments"][0]["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert card["body"] == [
        {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": shown, "weight": "Bolder"}]},
        {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": f"For {shown}", "isSubtle": True}]},
    ]
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Open it", "url": URL}]
    # A TextBlock would read markup; there is none.
    assert '"TextBlock"' not in json.dumps(got)


def test_a_very_long_name_stays_within_what_is_taken():
    got = chat.payload("slack", "x" * 10_000, URL, [])
    assert len(got["blocks"][0]["text"]["text"]) == 2_000
    assert len(got["blocks"][1]["elements"]) == 1
