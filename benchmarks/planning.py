"""`python -m benchmarks.planning`: the planner of a large practice, and sixty series planned among its sessions."""

from benchmarks import database

database.set_up(urlconf="benchmarks.urls")

from datetime import date, datetime, time, timedelta
from time import perf_counter

from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from benchmarks.asking import queries, times_the_layout
from benchmarks.figures import Figures
from benchmarks.schedule import SESSIONS, House, add_groups, found_house
from groups.models import CareGroup
from practices.tenancy import practice_scope
from sessions.clashes import find_clashes, slot
from sessions.models import GroupSession
from sessions.planner import monday_of
from sessions.planning import Plan

ROUNDS = 31
TIMES = 6
QUERIES = 15
# Groups when the planner is asked for, and sessions when series are planned among them.
GROUPS, AMONG = 200, 5_000
ROOMS = 10
SERIES = 60
SECONDS = 2
# From the first day of the window to the first session, and the length of the window.
WEEK_16, WINDOW = timedelta(weeks=22), timedelta(weeks=4)


def plan(house: House, number: int, monday: date, now: datetime) -> tuple[CareGroup, int]:
    """One series, as it comes about on the planning page: each date at which something is in the way goes to the first
    free moment that is offered. Returns its group and how many dates these were."""
    slot = house.slots[number * 7 % len(house.slots)]
    first_on = monday + timedelta(weeks=4 + number * 5 % 13, days=slot.weekday)
    wanted = Plan(
        practice=house.practice,
        template=house.template,
        window=(first_on + WEEK_16, first_on + WEEK_16 + WINDOW),
        first_on=first_on,
        starts_at=time(*slot.hour),
        room=slot.room,
        first=slot.pair[0],
        co=slot.pair[1],
    )
    around, chosen = wanted.surroundings(), {}
    while found := wanted.clashes(around):
        for index, one in enumerate(wanted.slots):
            if one.number in found:
                chosen[one.number] = wanted.openings(index, around, now=now)[0].starts_at
        wanted = wanted.choosing(dict(chosen))
    return wanted.carry_out(by=house.planner, now=now, around=around), len(chosen)


def main() -> None:
    figures = Figures()
    with database.own_database():
        for times in (1, 10):
            measure(figures, times)
    figures.finish()


def measure(figures: Figures, times: int) -> None:
    """All figures of a practice so many times as large; only those of the first are held against a goal."""
    now = timezone.now()
    monday = monday_of(timezone.localdate(now))
    practice_wide = f"{GROUPS * times} groups, {GROUPS * times * SESSIONS} sessions"
    house = found_house(f"times-{times}", rooms=ROOMS * times)
    with practice_scope(house.practice):
        add_groups(house, GROUPS * times, monday=monday)
    database.analyze()
    client = Client(headers={"host": "localhost"})
    client.force_login(house.planner.user)
    address, bare = (reverse(name, args=[house.practice.slug]) for name in ("sessions:planner", "bare"))
    ratio = times_the_layout(client, address, bare, rounds=ROUNDS)
    beyond = queries(client, address) - queries(client, bare)
    with practice_scope(house.practice):
        add_groups(house, AMONG * times // SESSIONS - GROUPS * times, monday=monday + timedelta(weeks=2 * SESSIONS))
    database.analyze()
    taken, moved, conflicts = series(house, monday, now)
    among = f"{SERIES} series among {AMONG * times} sessions"
    if times > 1:
        print(f"the planner, {practice_wide}: {ratio:g} times the bare layout, {beyond} queries beyond it", flush=True)
        print(f"{among}: {taken:g} s, {conflicts} conflicts, {moved} dates first taken", flush=True)
        return
    figures.at_most(f"the planner, {practice_wide}, of the bare layout", ratio, TIMES, " times")
    figures.at_most(f"the planner, {practice_wide}, beyond the bare layout", beyond, QUERIES, " queries")
    figures.at_most(f"{among}, {moved} of their dates first taken", taken, SECONDS, " s")
    figures.at_most(f"{among}, hard conflicts left", conflicts, 0)


def series(house: House, monday: date, now: datetime) -> tuple[float, int, int]:
    """Plan sixty and undo them: the seconds, how many dates something was in the way of, and what still collides."""
    with practice_scope(house.practice), transaction.atomic():
        started = perf_counter()
        planned = [plan(house, number, monday, now) for number in range(SERIES)]
        taken = round(perf_counter() - started, 2)
        conflicts = collisions([group for group, _moved in planned])
        transaction.set_rollback(True)
    return taken, sum(moved for _group, moved in planned), conflicts


def collisions(groups: list[CareGroup]) -> int:
    """Sessions of these groups whose room or people are taken at their time, asked of the rows one by one."""
    sessions = GroupSession.objects.standing().filter(group__in=groups).select_related("room", "practice")
    return sum(
        bool(
            find_clashes(
                session.practice,
                [slot(session.number, session.starts_at, session.ends_at, session.room)],
                room=session.room,
                people=[lead.membership for lead in session.leads.standing().select_related("membership__user")],
                except_for=[session],
            )
        )
        for session in sessions
    )


if __name__ == "__main__":
    main()
