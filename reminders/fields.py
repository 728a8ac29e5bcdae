"""The fields that the text of a message may have: names in braces, filled by reminders/texts.py."""

from __future__ import annotations

from string import Formatter

ANYWHERE = frozenset({"practice", "link"})
OF_ONE_SESSION = ANYWHERE | {"date", "time", "place"}
OF_SEVERAL_SESSIONS = ANYWHERE | {"dates"}

FIELDS = {
    "welcome": OF_SEVERAL_SESSIONS,
    "week_before": OF_ONE_SESSION,
    "two_days_before": OF_ONE_SESSION,
    "moved": OF_SEVERAL_SESSIONS,
    "cancelled": OF_SEVERAL_SESSIONS,
    "other_dates": OF_SEVERAL_SESSIONS,
}


def unknown_fields(text: str, *, occasion: str) -> list[str]:
    """What stands in braces in the text without being a field of this occasion, an unfinished brace included."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        return ["{ }"]
    known = FIELDS.get(occasion, ANYWHERE)
    # Only bare names: an attribute, an index, a format or a conversion would reach into what the name stands for.
    return [
        f"{{{name}}}"
        for _words, name, form, conversion in parts
        if name is not None and (name not in known or form or conversion)
    ]
