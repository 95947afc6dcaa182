"""How senior a job title says somebody is: an ordered attribute for scoring and routing. Pure."""

import re

ORDER = ["staff", "manager", "director", "vp", "c_level"]

_PATTERNS = [
    ("c_level", r"\bc[eftiomrps]o\b|\bcmo\b|\bcro\b|\bchief\b|\bfounder\b|\bowner\b|\bpresident\b(?<!vice president)"),
    ("vp", r"\bs?vp\b|\bevp\b|\bvice[ -]president\b"),
    ("director", r"\bdirector\b|\bhead of\b|\bhead\b"),
    ("manager", r"\bmanager\b|\blead\b|\bsupervisor\b|\bteam leader\b"),
]
_COMPILED = [(level, re.compile(pattern)) for level, pattern in _PATTERNS]


def seniority_of(title: str) -> str:
    """staff, manager, director, vp or c_level; empty when there is no title to read."""
    words = title.strip().lower()
    if not words:
        return ""
    if re.search(r"\bvice[ -]president\b", words):
        return "vp"
    return next((level for level, pattern in _COMPILED if pattern.search(words)), "staff")
