"""A web server as `bin/run` starts it, and two people a board who type on fifty boards at once."""

from __future__ import annotations

import os
import random
import re
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from threading import Event, Thread
from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from benchmarks.start import free_port
from centering import embedded
from centering.children import Children
from centering.run import WEB
from practices.models import Membership, Practice
from sessions.models import GroupSession

# What a page holds of each reading, and where it asks for news.
FORM = re.compile(
    r'name="cell" value="(?P<cell>[^"]+)"><input type="hidden" name="reading" value="1">'
    r'<input type="hidden" name="seen" value="(?P<seen>\d*)"><input type="hidden" name="key" value="(?P<key>[^"]+)"'
)
NEWS = re.compile(r'[^"]+/changes/\?seen=[^"]*')
# Seconds between two values of one person, and between two questions for news.
BETWEEN_VALUES, POLL = (3, 7), 2.5
SECONDS_TO_START, SECONDS_TO_ANSWER = 60, 30
Typed = tuple[int, int | None]


def seen_in(answer: str) -> str:
    """The row that the first reading of the page shows."""
    found = FORM.search(answer)
    assert found, answer
    return found["seen"]


def news_in(page: str) -> str:
    """Where this page asks what is new."""
    found = NEWS.search(page)
    assert found, page
    return found[0]


@contextmanager
def web_server() -> Iterator[int]:
    """The port of a web server with the database that this process works on."""
    port, children = free_port(), Children()
    url = urlsplit(embedded.database_url())._replace(path=f"/{connection.settings_dict['NAME']}")
    environment = {**os.environ, "DATABASE_URL": urlunsplit(url), "SECRET_KEY": settings.SECRET_KEY}
    try:
        children.start("The web server", *WEB, f"--bind=127.0.0.1:{port}", environment=environment)
        deadline = time.monotonic() + SECONDS_TO_START
        while not _answers(port):
            if children.ended() or time.monotonic() > deadline:
                raise SystemExit("The web server did not come up.")
            time.sleep(0.1)
        yield port
    finally:
        children.stop()


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://localhost:{port}/accounts/login/", timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


@dataclass
class Editor:
    """One person with a tablet: she types in her cells one after the other, and her page asks for news meanwhile.

    Of the two at a board one goes round with the blood pressures and one with the weights.
    """

    port: int
    cookies: dict[str, str]
    address: str
    kind: str
    chance: random.Random
    # What was sent and taken, in its order, by cell.
    taken: dict[str, list[Typed]] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    polls: int = 0
    failures: list[str] = field(default_factory=list)
    news: str = ""

    def work(self, over: Event, seconds: float) -> None:
        ends = time.monotonic() + seconds
        over.wait(self.chance.uniform(0, POLL))
        self.open()
        if not self.seen:
            return
        cells = list(self.seen)
        poll, value = time.monotonic() + POLL, time.monotonic() + self.chance.uniform(*BETWEEN_VALUES)
        while not over.is_set() and (now := time.monotonic()) < ends:
            if now >= value:
                self.save(cells[sum(map(len, self.taken.values())) % len(cells)])
                value = time.monotonic() + self.chance.uniform(*BETWEEN_VALUES)
            if now >= poll:
                self.poll()
                poll = time.monotonic() + POLL
            over.wait(max(0, min(poll, value, ends) - time.monotonic()))

    def open(self) -> None:
        page = self.ask("GET", self.address)
        if page is not None:
            self.seen = {form["cell"]: form["seen"] for form in FORM.finditer(page) if form["cell"].endswith(self.kind)}
            self.news = news_in(page)

    def save(self, cell: str) -> None:
        # Another value than stands there: the same once more is no change, and makes no row.
        standing = self.taken.get(cell, [None])[-1]
        first, second = typed = next(drawn for drawn in iter(lambda: self.draw(cell), None) if drawn != standing)
        fields = {"cell": cell, "reading": "1", "seen": self.seen[cell], "taken_by": "self", "key": str(uuid4())}
        if second is None:
            fields |= {"first": f"{first // 1000},{first % 1000 // 100}"}
        else:
            fields |= {"first": str(first), "second": str(second)}
        started = time.monotonic()
        answer = self.ask("POST", f"{self.address}save/", fields)
        if answer is not None:
            self.seconds.append(time.monotonic() - started)
            self.seen[cell] = seen_in(answer)
            self.taken.setdefault(cell, []).append(typed)

    def draw(self, cell: str) -> Typed:
        if cell.endswith("blood_pressure"):
            return self.chance.randint(105, 135), self.chance.randint(60, 85)
        return self.chance.randint(700, 749) * 100, None

    def poll(self) -> None:
        self.polls += 1
        if answer := self.ask("GET", self.news):
            self.news = news_in(answer)

    def ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> str | None:
        """The answer, empty for one that has nothing; None for one that is no answer, which is then a failure."""
        headers = {"Host": "localhost", "HX-Request": "true", "Cookie": "; ".join(map("=".join, self.cookies.items()))}
        if fields:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": self.cookies["csrftoken"]}
        try:
            http = HTTPConnection("127.0.0.1", self.port, timeout=SECONDS_TO_ANSWER)
            http.request(method, path, urlencode(fields) if fields else None, headers)
            answer = http.getresponse()
            text = answer.read().decode()
            http.close()
        except (OSError, HTTPException) as error:
            self.failures.append(f"{method} {path}: {error!r}")
            return None
        if answer.status not in {200, 204} or "HX-Refresh" in answer.headers:
            self.failures.append(f"{method} {path}: {answer.status}")
            return None
        return text


def type_on_boards(
    practice: Practice, boards: Sequence[tuple[GroupSession, Sequence[Membership]]], seconds: int
) -> list[Editor]:
    """Everybody types for so many seconds, all at once; what each of them did."""
    chance, over = random.Random(1), Event()
    with web_server() as port:
        editors = [
            Editor(
                port=port,
                cookies=_signed_in(who),
                address=reverse("checks:measure", args=[practice.slug, session.pk]),
                kind=kind,
                chance=random.Random(chance.random()),
            )
            for session, pair in boards
            for who, kind in zip(pair, ("blood_pressure", "weight"), strict=True)
        ]
        threads = [Thread(target=editor.work, args=[over, seconds]) for editor in editors]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            over.set()
    return editors


def _signed_in(member: Membership) -> dict[str, str]:
    client = Client(headers={"host": "localhost"})
    client.force_login(member.user)
    client.get(reverse("bare", args=[member.practice.slug]))
    return {name: client.cookies[name].value for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME)}
