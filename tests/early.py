"""Loaded before anything else of the test run (`-p tests.early`): settings are read from the environment once."""

import os

os.environ["REVOPS_ENV"] = "test"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "revops.settings")
# The browser's driver runs an event loop in the test's own thread, which Django takes for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
os.environ.setdefault("SECRET_KEY", "a key for the tests alone, never used for anything else")
os.environ.pop("DEBUG", None)
