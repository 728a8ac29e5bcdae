from datetime import UTC, datetime

import pytest
from django.db import connection

from practices.connections import MomentLoader


@pytest.mark.parametrize("moment", [datetime(2026, 3, 29, 1, 0, 0, 1, UTC), datetime(1, 1, 1, tzinfo=UTC), None])
def test_a_moment_comes_back_as_it_went_and_in_utc(db, moment):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [moment])

        [found] = cursor.fetchone()

    assert found == moment
    assert moment is None or found.tzinfo is UTC


def test_a_connection_reads_moments_in_c_and_spares_triggers_an_exception(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('pgtrigger.ignore'), _pgh_attach_context()")

        assert cursor.fetchone() == ("{}", None)
    assert connection.connection.adapters.get_loader(1184, 0) is MomentLoader
