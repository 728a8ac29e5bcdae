"""`python -m benchmarks.board`: what the board of an evening costs, and fifty of them on which two people type at once.

The board shows 12 people with six values each. No group has six kinds of check: a pregnancy group has two, of each of
which three readings stand here, and a parenting group three, of each of which two stand. `--seconds` says for how long
is typed on the fifty boards, as people do: 300 unless it says otherwise.
"""

from __future__ import annotations

from benchmarks import database

database.set_up(urlconf="benchmarks.urls")

from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import cycle, islice
from statistics import median
from urllib.parse import urlencode
from uuid import uuid4

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from benchmarks.asking import asks, queries_of, times_as_long, wanted
from benchmarks.data import add_group, make_benchmark_practice, make_pair
from benchmarks.editors import Typed, news_in, seen_in, type_on_boards
from benchmarks.figures import Figures
from checks.cells import kinds_of, seats_of
from checks.kinds import CheckKind
from checks.models import Mark, Measurement
from checks.reading import Values, example_values, texts
from groups.models import CareGroup
from practices.models import Membership, Practice
from practices.tenancy import practice_scope
from sessions.models import GroupSession

ROUNDS = 41
TIMES, QUERIES = 4, 12
SAVE_TIMES, SAVE_QUERIES, POLL_QUERIES = 2, 6, 1
BOARDS, SECONDS = 50, 300
# Cells in which a value is corrected, each three times or so.
CORRECTED = 14
# How many readings of each of its kinds make six values of a person.
READINGS = {CareGroup.Kind.PREGNANCY: 3, CareGroup.Kind.PARENTING: 2}
# How many groups without a value have cells enough, and how far one value of a cell lies from the one before.
EMPTY = {CareGroup.Kind.PREGNANCY: 3, CareGroup.Kind.PARENTING: 2}
STEPS = dict.fromkeys(CheckKind, 1) | {CheckKind.WEIGHT: 100, CheckKind.BABY_WEIGHT: 10}
AS_HTMX, AS_A_FORM = {"HX-Request": "true"}, "application/x-www-form-urlencoded"


def main() -> None:
    parser = ArgumentParser(description=__doc__, prog="python -m benchmarks.board")
    parser.add_argument(
        "--seconds", type=int, default=SECONDS, help="how long is typed on fifty boards; 0 leaves it out"
    )
    seconds = parser.parse_args().seconds
    figures = Figures()
    with database.own_database():
        one_board(figures)
        if seconds:
            fifty_boards(figures, seconds)
    figures.finish()


def one_board(figures: Figures) -> None:
    practice = make_benchmark_practice("meting")
    with practice_scope(practice):
        first, co = make_pair(practice)
        # Nobody leads two at once: each group on a day of its own, and all of them open until they are closed.
        days = (timezone.localdate() - timedelta(days=ago) for ago in range(7))
        full = {kind: add_group(practice, first=first, co=co, third_on=next(days), kind=kind) for kind in READINGS}
        for session in full.values():
            fill(session, first)
        empty = {
            kind: [add_group(practice, first=first, co=co, third_on=next(days), kind=kind) for _ in range(groups)]
            for kind, groups in EMPTY.items()
        }
        cells = {kind: [(each, cell) for each in empty[kind] for cell in codes(each)] for kind in EMPTY}
    database.analyze()
    client = Client(headers={"host": "localhost"})
    client.force_login(first.user)
    for kind, session in full.items():
        measure_page(figures, client, practice, session, f"the board of 12 in a {kind} group")
    for kind in EMPTY:
        measure_save(figures, client, practice, iter(cells[kind]), f"in a {kind} group")
    measure_poll(figures, client, practice, full[CareGroup.Kind.PREGNANCY])


def fill(session: GroupSession, by: Membership) -> None:
    """Every reading of every cell, the first of each kind of the first two people outside the limits: it waits."""
    now = timezone.now()
    kind_of_group = CareGroup.Kind(session.group.kind)
    marked = {seat.enrolment.pk for seat in seats_of(session)[:2]}
    Measurement.objects.bulk_create(
        Measurement(
            practice_id=session.practice_id,
            session=session,
            enrolment=seat.enrolment,
            child=seat.child,
            kind=kind,
            reading=reading,
            value=example_values(kind).first,
            second_value=example_values(kind).second,
            mark=Mark.OUTSIDE if seat.enrolment.pk in marked and reading == 1 else Mark.NONE,
            entered_by=by,
            entered_at=now,
        )
        for seat in seats_of(session)
        for kind in kinds_of(session)
        for reading in range(1, READINGS[kind_of_group] + 1)
    )


def codes(session: GroupSession) -> list[str]:
    """The cells of a session as the page names them."""
    return [f"{seat.code}-{kind}" for kind in kinds_of(session) for seat in seats_of(session)]


def measure_page(figures: Figures, client: Client, practice: Practice, session: GroupSession, what: str) -> None:
    board = asks(client, reverse("checks:measure", args=[practice.slug, session.pk]))
    bare = asks(client, reverse("bare", args=[practice.slug]))
    figures.at_most(f"{what}, of the bare layout", times_as_long(board, bare, rounds=ROUNDS), TIMES, " times")
    figures.at_most(f"{what}, beyond the bare layout", queries_of(board) - queries_of(bare), QUERIES, " queries")


def measure_save(
    figures: Figures, client: Client, practice: Practice, cells: Iterator[tuple[GroupSession, str]], where: str
) -> None:
    """A first value in each of many cells, and then another one in a cell that has one."""
    bare_url = reverse("bare_write", args=[practice.slug])

    def bare() -> None:
        wanted(client.post(bare_url), 200)

    def save() -> None:
        session, code = next(cells)
        post(client, practice, session, code, "")

    # The bare one writes one row beside signing in and scope.
    way_in = queries_of(bare) - 1
    figures.at_most(f"a cell saved {where}, beyond the way in", queries_of(save) - way_in, SAVE_QUERIES, " queries")
    ratio = times_as_long(save, bare, rounds=ROUNDS)
    figures.at_most(f"a cell saved {where}, of a bare POST", ratio, SAVE_TIMES, " times")
    # Cell after cell: in an evening a value is corrected once, or twice.
    corrected = [corrections(client, practice, session, code) for session, code in islice(cells, CORRECTED)]
    for first in corrected:
        first()
    turns = cycle(corrected)

    def correct() -> None:
        next(turns)()

    figures.at_most(
        f"a cell corrected {where}, beyond the way in", queries_of(correct) - way_in, SAVE_QUERIES, " queries"
    )
    ratio = times_as_long(correct, bare, rounds=ROUNDS)
    figures.at_most(f"a cell corrected {where}, of a bare POST", ratio, SAVE_TIMES, " times")


def corrections(client: Client, practice: Practice, session: GroupSession, code: str) -> Callable[[], None]:
    """What saves another value in this cell than the one before, as the page does that has seen that one."""
    seen, turns = [""], cycle(range(10))

    def correct() -> None:
        seen[0] = post(client, practice, session, code, seen[0], turn=next(turns))

    return correct


def post(client: Client, practice: Practice, session: GroupSession, code: str, seen: str, *, turn: int = 0) -> str:
    """Leave a cell in which a value within the limits was typed; the row that stands in it since."""
    kind = CheckKind(code.split("-")[-1])
    values = example_values(kind)
    typed = texts(kind, Values(values.first + turn * STEPS[kind], values.second))
    fields = {"cell": code, "reading": 1, "seen": seen, "key": uuid4(), "taken_by": "self"}
    fields |= dict(zip(("first", "second"), typed, strict=False))
    address = reverse("checks:save", args=[practice.slug, session.pk])
    answer = client.post(address, urlencode(fields), content_type=AS_A_FORM, headers=AS_HTMX)
    wanted(answer, 200)
    return seen_in(answer.content.decode())


def measure_poll(figures: Figures, client: Client, practice: Practice, session: GroupSession) -> None:
    page = client.get(reverse("checks:measure", args=[practice.slug, session.pk])).content.decode()
    address = news_in(page)
    way_in = reverse("bare_write", args=[practice.slug])

    def idle() -> None:
        wanted(client.get(address, headers=AS_HTMX), 204)

    beyond = queries_of(idle) - queries_of(lambda: client.post(way_in)) + 1
    figures.at_most("a poll while nothing changed, beyond the way in", beyond, POLL_QUERIES, " queries")


def fifty_boards(figures: Figures, seconds: int) -> None:
    practice = make_benchmark_practice("avond")
    today = timezone.localdate()
    with practice_scope(practice):
        pairs = [make_pair(practice) for _ in range(BOARDS)]
        boards = [(add_group(practice, first=first, co=co, third_on=today), (first, co)) for first, co in pairs]
    database.analyze()
    editors = type_on_boards(practice, boards, seconds)
    with practice_scope(practice):
        rows = list(Measurement.objects.filter(session__in=[session for session, _pair in boards]))
    sent = {cell: values for editor in editors for cell, values in editor.taken.items()}
    taken = [each for editor in editors for each in editor.seconds]
    failures = [line for editor in editors for line in editor.failures]
    for line in failures[:10]:
        print(line)
    print(
        f"{BOARDS} boards with two people each for {seconds} s: {len(taken)} values in {len(sent)} cells and "
        f"{sum(editor.polls for editor in editors)} questions for news; a save took {median(taken):.3f} s, "
        f"the slowest {max(taken):.2f} s",
        flush=True,
    )
    what = f"{BOARDS} boards for {seconds} s"
    figures.at_most(f"{what}, saves and pages that failed", len(failures), 0)
    figures.at_most(f"{what}, cells that do not hold what was sent", len(not_as_sent(rows, sent)), 0)
    figures.at_most(f"{what}, rows without a value that was sent", abs(len(rows) - len(taken)), 0)


def not_as_sent(rows: list[Measurement], sent: dict[str, list[Typed]]) -> set[str]:
    """The cells whose history is not all that was sent, in its order, with nothing but the last of it standing."""
    kept: dict[str, list[Measurement]] = {}
    for row in sorted(rows, key=lambda row: row.pk):
        kept.setdefault(f"{row.enrolment_id}-{row.child_id or 0}-{row.kind}", []).append(row)
    return {
        cell
        for cell in kept.keys() | sent.keys()
        if [(row.value, row.second_value) for row in kept.get(cell, [])] != sent.get(cell, [])
        or [row.replaced_at is None for row in kept[cell]] != [False] * (len(kept[cell]) - 1) + [True]
    }


if __name__ == "__main__":
    main()
