"""A file that is moved in: its bytes, what was made of it, line by line, and how it can be taken back."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class ImportState(models.TextChoices):
    UPLOADED = "uploaded", "Uploaded"
    ANALYSED = "analysed", "Read"
    MATCHED = "matched", "Columns matched"
    REHEARSING = "rehearsing", "Dry run"
    REHEARSED = "rehearsed", "Dry run done"
    RUNNING = "running", "Importing"
    UNDOING = "undoing", "Undoing"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"
    FAILED = "failed", "Failed"
    UNDONE = "undone", "Undone"


AT_WORK = [ImportState.REHEARSING, ImportState.RUNNING, ImportState.UNDOING]


class ImportMode(models.TextChoices):
    HISTORY = "history", "The past: nobody is told, clocks are for reports only"
    LIVE = "live", "New enquiries: scored, routed and timed as if they came in now"


class ImportRun(models.Model):
    """One file, reconciled: read = created + updated + merged + refused.

    `facts`: what analysing found ({format, encoding, delimiter, header_line, rows, columns: [{name, examples, filled,
    values}], refused}). `mapping`: the map language as JSON; `changed_at`: when it was last changed. `rehearsal`,
    `counts`: read, the four outcomes and companies, companies_new, cycles, second_cycles, stages, touches, deals.
    `flags`: {flag: leads or deals}. `done` of `total` records are worked off, `cursor` tells where to go on, `phase`
    which step is at work; `stop`: keep or undo, once somebody cancelled. `work`: what undoing takes back. `corrects`:
    the run whose error file this is. `trouble`: a sentence, when it failed. `refusals`: the first hundred.
    """

    name = models.CharField(max_length=200)
    map_name = models.CharField(max_length=200, blank=True, default="", db_default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    uploaded_at = models.DateTimeField(db_default=Now())
    state = models.CharField(
        max_length=10, choices=ImportState.choices, default=ImportState.DONE, db_default=ImportState.DONE
    )
    mode = models.CharField(
        max_length=8, choices=ImportMode.choices, default=ImportMode.HISTORY, db_default=ImportMode.HISTORY
    )
    size = models.BigIntegerField(default=0, db_default=0, help_text="Bytes.")
    facts = models.JSONField(default=dict, db_default={})
    mapping = models.JSONField(default=dict, db_default={})
    changed_at = models.DateTimeField(null=True)
    rehearsal = models.JSONField(null=True)
    rehearsed_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict, db_default={})
    flags = models.JSONField(default=dict, db_default={})
    refusals = models.JSONField(default=list, db_default=[])
    phase = models.CharField(max_length=12, blank=True, default="", db_default="")
    done = models.PositiveIntegerField(default=0, db_default=0)
    total = models.PositiveIntegerField(default=0, db_default=0)
    cursor = models.PositiveIntegerField(default=0, db_default=0)
    phase_at = models.DateTimeField(null=True, help_text="When this worker took the phase up, for the rate.")
    phase_from = models.PositiveIntegerField(default=0, db_default=0)
    beat_at = models.DateTimeField(null=True)
    stop = models.CharField(max_length=4, blank=True, default="", db_default="")
    trouble = models.CharField(max_length=400, blank=True, default="", db_default="")
    work = models.ForeignKey("journal.Work", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    corrects = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="corrected_by")

    class Meta:
        indexes = [models.Index(fields=["-id"], condition=Q(state__in=AT_WORK), name="import_at_work")]

    def __str__(self) -> str:
        return self.name

    def silent_since(self, now: datetime) -> float:
        """Seconds since the last sign of life of whoever works on it."""
        return (now - self.beat_at).total_seconds() if self.beat_at else float("inf")


class ImportChunk(models.Model):
    """A piece of the file's bytes, at most 1 MB. Web and worker share nothing but the database."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    number = models.PositiveIntegerField()
    body = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="import_chunk_once")]


class ImportProblem(models.Model):
    """A line that was not taken, or taken with a remark. `rehearsed`: found by the dry run only. `line`: in the file,
    1 = its first. `outcome`: refused, merged or kept."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="problems", db_index=False)
    rehearsed = models.BooleanField()
    line = models.PositiveIntegerField()
    outcome = models.CharField(max_length=8)
    code = models.CharField(max_length=24)
    detail = models.CharField(max_length=300)

    class Meta:
        indexes = [models.Index(fields=["run", "rehearsed", "code", "line"], name="import_problem_kind")]


class ImportPreset(models.Model):
    """A mapping somebody saved. `columns`: the header it was made for, to recognise the next such file."""

    name = models.CharField(max_length=80, unique=True)
    mapping = models.JSONField()
    columns = models.JSONField(default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class CompanyKey(models.Model):
    """A firm's id in another system, `source:id`, so that files of people and deals find it."""

    company = models.ForeignKey("leads.Company", on_delete=models.PROTECT, related_name="keys")
    key = models.CharField(max_length=160, unique=True)
    created_at = models.DateTimeField(db_default=Now())
