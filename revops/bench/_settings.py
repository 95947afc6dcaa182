"""The product's settings with the bench's bare endpoint beside its pages."""

from revops.settings import *  # noqa: F403

ROOT_URLCONF = "revops.bench._bare"
