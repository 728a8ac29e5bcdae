#!/usr/bin/env python
"""Django's command line; without DATABASE_URL and REDIS_URL it brings its own engines."""

import os
import sys

from django.core.management import execute_from_command_line

from centering import embedded


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "centering.settings")
    embedded.start()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
