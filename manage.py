#!/usr/bin/env python
"""Django's command line; without DATABASE_URL and REDIS_URL it brings its own engines."""

import os
import sys

from django.core.management import execute_from_command_line

from centering import embedded, translations


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "centering.settings")
    try:
        embedded.start()
    except embedded.EngineError as error:
        sys.exit(str(error))
    translations.compile_stale(embedded.PROJECT / "locale")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
