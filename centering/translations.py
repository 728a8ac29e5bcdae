"""Compiled translations, made where they are missing or old, so that no system gettext is needed."""

import os
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def compile_stale(locale: Path) -> list[Path]:
    """Compile each catalogue that is newer than what was made of it, and say which."""
    return [catalogue for catalogue in sorted(locale.glob("*/LC_MESSAGES/*.po")) if _compile(catalogue)]


def _compile(catalogue: Path) -> bool:
    compiled = catalogue.with_suffix(".mo")
    if compiled.exists() and compiled.stat().st_mtime >= catalogue.stat().st_mtime:
        return False
    with catalogue.open("rb") as source:
        messages = read_po(source, locale=catalogue.parent.parent.name)
    # Beside it first: a process that starts now reads the old file or the new one, never half of it.
    unfinished = compiled.with_suffix(f".{os.getpid()}")
    with unfinished.open("wb") as target:
        write_mo(target, messages)
    unfinished.rename(compiled)
    return True
