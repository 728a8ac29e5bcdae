"""`python -m benchmarks.pages`: what a page costs, as a multiple of the bare layout in the same run."""

from benchmarks import database

database.set_up(urlconf="benchmarks.urls")

from statistics import median
from time import perf_counter

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from benchmarks.data import add_group, make_benchmark_practice, make_pair
from benchmarks.figures import Figures
from practices.tenancy import practice_scope

ROUNDS = 41
TIMES = 4
QUERIES = 12
GROUPS = (1, 15)


def addresses(slug: str, session: int, group: int) -> dict[str, str]:
    return {
        "Vandaag": reverse("insight:today", args=[slug]),
        "the group": reverse("groups:group", args=[slug, group]),
        "the board": reverse("checks:measure", args=[slug, session]),
        "the planner": reverse("sessions:planner", args=[slug]),
    }


def seconds(client: Client, url: str) -> float:
    started = perf_counter()
    response = client.get(url)
    taken = perf_counter() - started
    assert response.status_code == 200, (url, response.status_code)
    return taken


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        client.get(url)
    return len(captured)


def main() -> None:
    figures = Figures()
    with database.own_database():
        practice = make_benchmark_practice("meting")
        today = timezone.localdate()
        client = Client(headers={"host": "localhost"})
        with practice_scope(practice):
            first, co = make_pair(practice)
            session = add_group(practice, first=first, co=co, third_on=today)
        client.force_login(first.user)
        bare = reverse("bare", args=[practice.slug])
        pages = addresses(practice.slug, session.pk, session.group_id)
        for count in GROUPS:
            with practice_scope(practice):
                for _ in range(count - 1):
                    add_group(practice, first=make_pair(practice)[0], co=make_pair(practice)[1], third_on=today)
            database.analyze()
            for name, url in pages.items():
                seconds(client, url), seconds(client, bare)
                # Side by side, so that whatever else the machine does falls on both.
                pairs = [(seconds(client, bare), seconds(client, url)) for _ in range(ROUNDS)]
                ratio = median(page for _, page in pairs) / median(layout for layout, _ in pairs)
                beyond = queries(client, url) - queries(client, bare)
                figures.at_most(f"{name}, {count} groups, of the bare layout", round(ratio, 2), TIMES, " times")
                figures.at_most(f"{name}, {count} groups, beyond the bare layout", beyond, QUERIES, " queries")
    figures.finish()


if __name__ == "__main__":
    main()
