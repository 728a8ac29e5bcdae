"""Bring database, translations, static files and demo up to date; `bin/run` does this before it starts the rest."""

import os

import django
from django.conf import settings
from django.core.management import call_command, get_commands

from centering import translations


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "centering.settings")
    for folder in settings.LOCALE_PATHS:
        translations.compile_stale(folder)
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    if settings.DEMO and "demo" in get_commands():
        call_command("demo", renew=True)


if __name__ == "__main__":
    main()
