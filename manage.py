#!/usr/bin/env python
import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "revops.settings")
    if sys.argv[1:2] in (["up"], ["demo"]):
        # The parent of all processes needs no Django, and loading it would double the time to the first page.
        from revops import terminal

        sys.exit(terminal.main(sys.argv[1:]))

    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        # Most often the one thing missing is the server, and its socket's name helps nobody.
        if os.environ.get("DATABASE_URL") or ".s.PGSQL" not in str(error):
            raise
        sys.exit("The database is not running. Start it with bin/demo or manage.py up, then repeat the command.")


if __name__ == "__main__":
    main()
