"""What one answer of a page takes."""

from __future__ import annotations

from statistics import median
from time import perf_counter

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext


def seconds(client: Client, url: str) -> float:
    started = perf_counter()
    response = client.get(url)
    taken = perf_counter() - started
    assert response.status_code == 200, (url, response.status_code)
    return taken


def times_the_layout(client: Client, url: str, bare: str, *, rounds: int) -> float:
    """How many times the bare layout it takes; side by side, so that whatever else the machine does falls on both."""
    seconds(client, url), seconds(client, bare)
    pairs = [(seconds(client, bare), seconds(client, url)) for _ in range(rounds)]
    return round(median(page for _, page in pairs) / median(layout for layout, _ in pairs), 2)


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        client.get(url)
    return len(captured)
