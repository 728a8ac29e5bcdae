"""Bring database, translations, static files and demo up to date; `bin/run` does this before it starts the rest."""

import os
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from centering import translations


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "centering.settings")
    for folder in settings.LOCALE_PATHS:
        translations.compile_stale(folder)
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    _collect_static_files()
    if settings.DEMO:
        call_command("demo", renew=True)


def _collect_static_files() -> None:
    """Compressing them takes longer than all the rest together, so only when one of them has changed."""
    files = [storage.path(name) for finder in get_finders() for name, storage in finder.list([])]
    state = "\n".join(f"{path} {os.stat(path).st_mtime_ns}" for path in sorted(files))
    # Beside the folder, for everything inside is served.
    collected = Path(f"{settings.STATIC_ROOT}.collected")
    if not Path(settings.STATIC_ROOT).exists() or not collected.exists() or collected.read_text() != state:
        call_command("collectstatic", interactive=False, verbosity=0)
        collected.write_text(state)


if __name__ == "__main__":
    main()
