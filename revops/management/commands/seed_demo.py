"""manage.py seed_demo [--seed N] [--people N] [--until ISO]"""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from leads.models import Person
from revops.demo import log_ins, story
from revops.lib import now as clock
from teams.models import User


class Command(BaseCommand):
    help = "Fill an empty database with a believable company of 25 people and about 18 months of leads."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--seed", type=int, default=1, help="another number tells another story")
        parser.add_argument("--people", type=int, default=20_000, help="how many contacts there are; at least 200")
        parser.add_argument("--until", help="the moment the story ends, such as 2026-11-27T14:14:22Z; default: now")
        parser.add_argument("--no-log-ins", action="store_false", dest="show", help="somebody else says how to sign in")

    def handle(self, *, seed: int, people: int, until: str | None, show: bool, **options: Any) -> None:
        if User.objects.filter(is_service=False).exists() or Person.objects.exists():
            raise CommandError("This database holds a company already. The demo only fills an empty one.")
        if people < 200:
            raise CommandError("Give at least 200 people; fewer make no company.")
        began = clock.now()
        end = _moment(until) if until else began
        if end > began:
            raise CommandError("The story can't end in the future.")
        story.tell(
            seed=seed, people=people, until=end, clock=(lambda: end) if until else clock.now,
            say=lambda line: self.stdout.write(line),
        )  # fmt: skip
        self.stdout.write(f"told in {(clock.now() - began).total_seconds():.0f} s")
        for who, mail, password in log_ins() if show else ():
            self.stdout.write(f"  {who:<16} {mail:<34} {password}")


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is not a moment such as 2026-11-27T14:14:22Z.") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
