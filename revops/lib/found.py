"""What a search answers with, whichever room found it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hit:
    """`about`: a grey line that tells two of the same name apart; `stage`: a stage code for the pill, or ""."""

    name: str
    href: str
    about: str = ""
    stage: str = ""
