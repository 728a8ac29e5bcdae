"""Two connections whose overlap is arranged, not hoped for."""

import threading
from contextlib import contextmanager

from django.db import connection


@contextmanager
def overtaken(act):
    """What stands in the block has happened, and is not yet committed, when `act` runs on another connection.

    To stand inside the transaction: `with practice_scope(practice), overtaken(act) as outcome:`. On leaving, `act`
    has come to wait for a lock of this transaction. `outcome()`, asked after the commit, is what `act` returned.
    """
    results = []

    def run():
        try:
            results.append(act())
        finally:
            connection.close()

    other = threading.Thread(target=run)

    def outcome():
        other.join(timeout=20)
        (result,) = results
        return result

    yield outcome
    other.start()
    wait_until_it_waits(other)


def wait_until_it_waits(other):
    """Until the connection of that thread stands before a lock that this one holds."""
    with connection.cursor() as cursor:
        for _ in range(1_000):
            ended = not other.is_alive()
            cursor.execute("SELECT count(*) FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))")
            if cursor.fetchone()[0]:
                return
            assert not ended, "it came to its end without waiting"
            cursor.execute("SELECT pg_sleep(0.01)")
    raise AssertionError("it never came to wait")
