"""Wrong codes from one address: so many in a while, and then none for the rest of that while, right ones neither."""

from __future__ import annotations

from django.core.cache import cache

MOST = 20
# Seconds.
WHILE = 600


def too_many(address: str) -> bool:
    return int(cache.get(_key(address), 0)) >= MOST


def count(address: str) -> None:
    """One more wrong code from this address."""
    if not cache.add(_key(address), 1, WHILE):
        try:
            cache.incr(_key(address))
        except ValueError:
            # Its while ended this moment.
            cache.set(_key(address), 1, WHILE)


def _key(address: str) -> str:
    return f"checks.guesses:{address}"
