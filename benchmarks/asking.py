"""What one answer of a page takes."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

from django.db import connection
from django.http.response import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext

Ask = Callable[[], Any]


def asks(client: Client, url: str) -> Ask:
    """What asks for this page, and wants it."""
    return lambda: wanted(client.get(url), 200)


def wanted(response: HttpResponseBase, status: int) -> None:
    assert response.status_code == status, response.status_code


def times_as_long(act: Ask, bare: Ask, *, rounds: int) -> float:
    """How many times the bare one it takes; side by side, so that whatever else the machine does falls on both."""
    act(), bare()
    pairs = [(_seconds(bare), _seconds(act)) for _ in range(rounds)]
    return round(median(own for _, own in pairs) / median(layout for layout, _ in pairs), 2)


def times_the_layout(client: Client, url: str, bare: str, *, rounds: int) -> float:
    return times_as_long(asks(client, url), asks(client, bare), rounds=rounds)


def queries_of(act: Ask) -> int:
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)


def queries(client: Client, url: str) -> int:
    return queries_of(lambda: client.get(url))


def _seconds(act: Ask) -> float:
    started = perf_counter()
    act()
    return perf_counter() - started
