"""`python -m benchmarks.pages`: what a page costs, as a multiple of the bare layout in the same run."""

from benchmarks import database

database.set_up(urlconf="benchmarks.urls")

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from benchmarks.asking import queries, times_the_layout
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
                ratio = times_the_layout(client, url, bare, rounds=ROUNDS)
                beyond = queries(client, url) - queries(client, bare)
                figures.at_most(f"{name}, {count} groups, of the bare layout", ratio, TIMES, " times")
                figures.at_most(f"{name}, {count} groups, beyond the bare layout", beyond, QUERIES, " queries")
    figures.finish()


if __name__ == "__main__":
    main()
