#!/usr/bin/env python
"""Django's command line for the portal."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError as missing:
        raise SystemExit(
            f"{missing}. The packages live in .venv: run 'make setup' once, "
            "then call .venv/bin/python manage.py."
        ) from missing
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
