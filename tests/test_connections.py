from datetime import UTC, datetime

import pghistory
import pgtrigger
import pytest
from django.db import connection
from pghistory.models import Context

from practices.connections import MomentLoader
from practices.models import Room
from tests.factories import make_room


@pytest.mark.parametrize("moment", [datetime(2026, 3, 29, 1, 0, 0, 1, UTC), datetime(1, 1, 1, tzinfo=UTC), None])
def test_a_moment_comes_back_as_it_went_and_in_utc(db, moment):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [moment])

        [found] = cursor.fetchone()

    assert found == moment
    assert moment is None or found.tzinfo is UTC


def test_a_connection_reads_moments_in_c(db):
    connection.ensure_connection()

    assert connection.connection.adapters.get_loader(1184, 0) is MomentLoader


def test_triggers_are_answered_without_catching_an_exception_at_each_row(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT prosrc FROM pg_proc WHERE proname IN ('_pgtrigger_should_ignore', '_pgh_attach_context')"
        )
        bodies = [body for (body,) in cursor.fetchall()]

    assert len(bodies) == 2
    assert not any("EXCEPTION" in body for body in bodies)


def test_a_trigger_is_left_out_where_it_is_named_and_nowhere_else(db, practice):
    name = "practices.Room:insert_insert"
    with pgtrigger.ignore(name):
        make_room(practice, "Unseen")
    with pgtrigger.ignore("practices.Membership:insert_insert"):
        seen = make_room(practice, "Seen")

    assert list(Room.pgh_event_model.objects.values_list("name", flat=True)) == [seen.name]


def test_what_is_done_together_shares_one_context_with_what_is_known_of_it_last(db, practice):
    make_room(practice, "By nobody")
    with pghistory.context(url="/a/"):
        make_room(practice, "First")
        with pghistory.context(membership=7):
            make_room(practice, "Second")

    contexts = Room.pgh_event_model.objects.order_by("pgh_id").values_list("name", "pgh_context__metadata")
    both = {"url": "/a/", "membership": 7}
    assert list(contexts) == [("By nobody", None), ("First", both), ("Second", both)]
    assert Context.objects.count() == 1
