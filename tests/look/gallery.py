"""Every component in every state, as pages of a test-only address map: looked at, clicked through, checked by axe."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotModified
from django.template import engines
from django.urls import path

from revops.lib import strip
from revops.lib.answers import done
from revops.lib.templatetags.words import STAGES

HERE = Path(__file__).parent / "templates"
CHICAGO = ZoneInfo("America/Chicago")
MOMENT = datetime(2026, 11, 27, 14, 14, 22, tzinfo=UTC)


def render(request, name: str, **context) -> HttpResponse:
    return HttpResponse(engines["django"].from_string((HERE / name).read_text()).render(context, request))


def clock(now, *, target=300, left=112, label="First response", **changed):
    due = now + timedelta(seconds=left)
    start = due - timedelta(seconds=target)
    return {
        "label": label,
        "state": "running",
        "due": due,
        "at50": start + timedelta(seconds=target * 0.5),
        "at90": start + timedelta(seconds=target * 0.9),
        "left": left,
        "opens": None,
        "closes": None,
        "zone": "America/Chicago",
        "mine": True,
        **changed,
    }


def row_from(line: str) -> tuple:
    """id | group | name | what | stage | cell | fit | engagement | why | more | target in seconds | seconds left"""
    id, group, name, what, stage, cell, fit, engagement, why, more, target, left = line.rstrip("\n").split(" | ")
    return int(id), group, name, what, stage, cell, int(fit), int(engagement), why, more, int(target), int(left)


ROWS = [row_from(line) for line in (HERE.parent / "rows.txt").read_text().splitlines()]
TARGETS = {300: "5 min", 3600: "1 h", 172_800: "48 h", 1_814_400: "21 d"}
LABELS = {"Answer first": "First response", "Decide": "Disposition", "Keep in touch": "Touches"}


class State:
    """What the journey tests change behind the page's back."""

    rows = list(ROWS)
    version = 1
    broken = False

    @classmethod
    def reset(cls):
        cls.rows, cls.version, cls.broken = list(ROWS), 1, False


def rows_of(now):
    groups: dict[str, list] = {}
    for id, group, name, what, stage, cell, fit, engagement, why, more, target, left in State.rows:
        groups.setdefault(group, []).append(
            {
                "id": id,
                "name": name,
                "what": what,
                "stage": stage,
                "cell": cell,
                "fit": fit,
                "engagement": engagement,
                "why": why,
                "more": more,
                "target": f"{LABELS[group].lower()} · {TARGETS[target]}",
                "clock": clock(now, target=target, left=left, label=LABELS[group], who=name),
            }
        )
    return [{"name": name, "rows": rows} for name, rows in groups.items()]


def queue(request, chosen=2):
    if request.headers.get("X-Live"):
        if State.broken:
            return HttpResponse(status=500)
        if request.headers.get("If-None-Match") == f'"{State.version}"':
            return HttpResponseNotModified(headers={"ETag": f'"{State.version}"'})
    groups = rows_of(request.now)
    row = next((r for g in groups for r in g["rows"] if r["id"] == chosen), None)
    context = {"groups": groups, "chosen": chosen, "row": row, "etag": f'"{State.version}"'}
    if request.headers.get("X-Live"):
        answer = render(request, "queue_list.html", **context)
        answer["ETag"] = f'"{State.version}"'
        return answer
    if request.headers.get("HX-Target") == "panel":
        return render(request, "queue_panel.html", **context)
    context["list"] = render(request, "queue_list.html", **context).content.decode()
    context["panel"] = render(request, "queue_panel.html", **context).content.decode()
    return render(request, "queue.html", **context)


class Rejection(forms.Form):
    reason = forms.ChoiceField(
        widget=forms.RadioSelect,
        choices=[
            ("fit", "Not a fit"),
            ("timing", "No project now"),
            ("unreachable", "Unable to reach"),
            ("spam", "Not a person"),
        ],
    )
    note = forms.CharField(
        required=False, widget=forms.Textarea, help_text="Read by marketing; one sentence is enough."
    )


def reject(request, chosen):
    form = Rejection(request.POST or None)
    action = f"/gallery/queue/{chosen}/rejection/"
    context = {"form": form, "action": action, "back": "/gallery/queue/", "lead": "Marcus Hale"}
    if request.method == "POST":
        if form.is_valid() and form.cleaned_data["reason"] == "unreachable":
            problem = "Reason “unable to reach” needs 8 attempts; 5 are logged."
            return _reject_page(request, context, problem, 409)
        if form.is_valid():
            State.rows = [row for row in State.rows if row[0] != chosen]
            State.version += 1
            return done(request, "Rejected: Not a fit.", to="/gallery/queue/", undo=f"/gallery/queue/{chosen}/undo/")
        return _reject_page(request, context, "", 422)
    return _reject_page(request, context, "", 200)


def _reject_page(request, context, problem, status):
    answer = render(request, "reject.html", problem=problem, **context)
    answer.status_code = status
    return answer


def accept(request, chosen):
    State.rows = [row for row in State.rows if row[0] != chosen]
    State.version += 1
    return done(request, "Accepted in time.", to="/gallery/queue/", undo=f"/gallery/queue/{chosen}/undo/")


def undo(request, chosen):
    State.rows = sorted({row[0]: row for row in [*State.rows, *(r for r in ROWS if r[0] == chosen)]}.values())
    State.version += 1
    return done(request, "Undone.", to="/gallery/queue/")


def at(day, hour, minute=0, second=0):
    return datetime(2026, 11, day, hour, minute, second, tzinfo=CHICAGO)


LEFTS = (0.4, 112.7, 299.2, 300.5, 1458, 3600.2, 18_650, 86_400.5, 111_700, 604_799.9, 990_000)
SEGMENTS = [
    {"start": at(25, 8), "end": at(25, 17, 8, 40), "kind": "before", "word": ""},
    {"start": at(25, 17, 8, 40), "end": at(25, 17, 30), "kind": "counted", "word": ""},
    {"start": at(25, 17, 30), "end": at(26, 0), "kind": "closed", "word": "night"},
    {"start": at(26, 0), "end": at(27, 0), "kind": "closed", "word": "Thanksgiving"},
    {"start": at(27, 0), "end": at(27, 8), "kind": "closed", "word": "night"},
    {"start": at(27, 8), "end": at(27, 8, 14, 22), "kind": "counted", "word": ""},
    {"start": at(27, 8, 14, 22), "end": at(27, 8, 38, 40), "kind": "left", "word": ""},
    {"start": at(27, 8, 38, 40), "end": at(27, 17, 30), "kind": "after", "word": ""},
]
STRIP = strip.draw(
    SEGMENTS,
    start=at(25, 17, 8, 40),
    now=MOMENT,
    due=at(27, 8, 38, 40),
    zone=CHICAGO,
    finding="21 min 20 s counted on Wednesday, Thanksgiving and two nights skipped, 24 min 18 s left until 08:38:40",
)
LATE_STRIP = strip.draw(
    [
        {"start": at(27, 8), "end": at(27, 8, 3), "kind": "before", "word": ""},
        {"start": at(27, 8, 3), "end": at(27, 8, 8), "kind": "counted", "word": ""},
        {"start": at(27, 8, 8), "end": at(27, 8, 14, 22), "kind": "over", "word": ""},
    ],
    start=at(27, 8, 3),
    now=MOMENT,
    due=at(27, 8, 8),
    zone=CHICAGO,
    finding="Due 08:08, six minutes late",
)
RECEIPT = [
    {"label": "Retail logistics", "value": "+25"},
    {"label": "Director or above", "value": "+20", "href": "#x"},
    {"label": "Annual revenue", "note": "missing, not a minus", "value": "0", "kind": "missing"},
    {"label": "Fit, A from 70", "value": "90", "kind": "sum"},
    {"label": "Pricing page 3× in 7 days", "note": "until Sun 09:12", "value": "+15.00"},
    {"label": "Group “e-mail” is capped at 4", "value": "−1.10", "kind": "neg"},
    {"label": "Engagement, 2 from 30", "value": "45.46", "kind": "sum"},
]
KPIS = [
    {
        "name": "Sales-accepted pipeline",
        "badge": "goal",
        "value": "$1.35M",
        "title": "$1,350,000",
        "href": "#1",
        "change": {"text": "1.09 of pace", "direction": "up", "good": True},
        "comparison": "of $2.0M this quarter",
        "meter": {"value": 0.675, "mark": 0.621, "label": "67.5% of the goal; 62.1% of the quarter is gone"},
        "formula": "accepted, marketing-sourced, created since 1 Oct: 27 deals",
        "digit": 1,
    },
    {
        "name": "Pipeline velocity",
        "badge": "profit",
        "value": "$15.9k",
        "unit": "/day",
        "href": "#2",
        "change": {"text": "8%", "direction": "up", "good": True},
        "formula": "74 open × 27.0% × $48,600 ÷ 61 d",
    },
    {
        "name": "Win rate",
        "badge": "profit",
        "value": "27.0%",
        "href": "#3",
        "change": {"text": "2.1 pt", "direction": "down", "good": False},
        "comparison": "broad 23.8%",
        "formula": "38 won ÷ (38 won + 103 lost); 19 no decision",
    },
    {"name": "LTV : CAC", "badge": "profit", "na": "no spend entered for Referral", "href": "#4"},
    {"name": "Win rate, Referral", "value": "7 of 12", "small": "small sample", "href": "#5"},
]
FIGURE = {
    "data": [
        {
            "type": "bar",
            "orientation": "h",
            "y": ["Organic", "Paid", "Webinar"],
            "x": [402, 371, 338],
            "marker": {"color": ["--c1", "--c3", "--c2"]},
            "customdata": ["/gallery/?c=1", "/gallery/?c=2", "/gallery/?c=3"],
        },
    ],
    "layout": {"yaxis": {"autorange": "reversed"}},
}


def pieces(request):
    now = MOMENT
    clocks = [
        clock(now, left=200),
        clock(now, left=112),
        clock(now, left=25),
        clock(now, left=-370),
        clock(now, state="met", text="of 2 min"),
        clock(now, state="met_late"),
        clock(now, state="paused", text="until 1 Dec"),
        clock(now, state="cancelled"),
        {"label": "Touches", "state": "not_started", "text": "when accepted"},
        clock(now, target=3600, left=1440, due=at(30, 8, 24), opens=at(30, 8), closes=at(30, 17)),
    ]
    if request.GET.get("told"):
        messages.success(
            request,
            "3 leads reassigned to Sam Ortega. Their lead clocks keep running.",
            extra_tags='{"undo": "/gallery/queue/2/undo/"}',
        )
    items = [
        {"at": now - timedelta(minutes=6), "kind": "sla", "text": "Half of the hour used. You were told in the app"},
        {
            "at": now - timedelta(days=2),
            "kind": "stage",
            "text": "Assigned to Jonah Reyes by rule",
            "note": "next of 3 on shift",
            "undo": "/gallery/queue/2/rejection/",
        },
        {"at": now - timedelta(days=2, hours=1), "kind": "touch", "text": "Pricing page, third visit", "href": "#t"},
        {
            "at": now - timedelta(days=60),
            "kind": "sales",
            "text": "Called, spoke",
            "struck": True,
            "correction": "Was another person",
        },
    ]
    tabs = [
        {"href": "#all", "label": "All open", "count": 312},
        {"href": "#mid", "label": "Midwest, not yet SQL", "count": "about 61,000", "current": True},
    ]
    tokens = [
        {"name": "Stage is", "value": "MQL or SAL", "remove": "?a"},
        {"name": "Territory is", "value": "Midwest", "remove": "?b"},
    ]
    form = Rejection({"note": "x"}) if request.GET.get("errors") else Rejection()
    return render(
        request,
        "pieces.html",
        stages=STAGES,
        clocks=clocks,
        strip=STRIP,
        late_strip=LATE_STRIP,
        receipt=RECEIPT,
        kpis=KPIS,
        items=items,
        tabs=tabs,
        tokens=tokens,
        form=form,
        figure=FIGURE,
        grid=rows_of(now),
        big=clock(now, target=3600, left=1458, label="First response"),
        table={"head": ["Source", "MQLs"], "rows": [["Organic", "402"], ["Paid", "371"]]},
        cases=[clock(now, left=left, target=4_000_000) for left in LEFTS],
    )


urlpatterns = [
    path("gallery/", pieces),
    path("gallery/queue/", queue),
    path("gallery/queue/<int:chosen>/", queue),
    path("gallery/queue/<int:chosen>/rejection/", reject),
    path("gallery/queue/<int:chosen>/acceptance/", accept),
    path("gallery/queue/<int:chosen>/undo/", undo),
]
