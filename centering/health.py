"""Whether what the project leans on answers: the database, the broker and a worker."""

import redis
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

WORKER_KEY = "centering:worker-alive"
SECONDS_BETWEEN_BEATS = 3
# A worker that misses three beats is away.
SECONDS_ALIVE = 10


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (InterfaceError, OperationalError):
        return False
    return True


def broker_answers() -> bool:
    with _client() as client:
        try:
            return bool(client.ping())
        except redis.exceptions.RedisError:
            return False


def worker_answers() -> bool:
    """Whether some worker was connected to the broker a moment ago; asking it directly would wait for its answer."""
    with _client() as client:
        try:
            return bool(client.exists(WORKER_KEY))
        except redis.exceptions.RedisError:
            return False


def worker_beats() -> None:
    """Called by each worker for as long as it takes tasks; a beat that is lost is followed by another."""
    with _client() as client:
        try:
            client.set(WORKER_KEY, 1, ex=SECONDS_ALIVE)
        except redis.exceptions.RedisError:
            return


def _client() -> redis.Redis:
    return redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
