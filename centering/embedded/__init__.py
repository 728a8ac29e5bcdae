"""The project's own PostgreSQL and Valkey, for whoever has not set DATABASE_URL and REDIS_URL.

The functions that give an address or a key start nothing; only `start` does.
"""

import atexit
import os
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from centering.embedded import addresses
from centering.embedded.locks import Users
from centering.embedded.place import EngineError, Place, place_for
from centering.embedded.postgres import Postgres
from centering.embedded.valkey import Valkey

__all__ = [
    "EngineError",
    "Engines",
    "Place",
    "broker_url",
    "cache_url",
    "database_url",
    "is_external",
    "place",
    "redis_url",
    "secret_key",
    "start",
]

PROJECT = Path(__file__).resolve().parent.parent.parent


class Engines:
    """The engines of one place, shared by every process that has started them; the last one out stops them."""

    def __init__(self, place: Place, *, postgres: bool = True, valkey: bool = True) -> None:
        self.place = place
        self.users = Users(place.folder)
        self.engines: list[Postgres | Valkey] = []
        if postgres:
            self.engines.append(Postgres(place))
        if valkey:
            self.engines.append(Valkey(place))

    def start(self) -> None:
        """Have the engines answer, and keep them for as long as this process lives."""
        try:
            self.place.folder.mkdir(parents=True, exist_ok=True)
            self._start()
        except PermissionError as error:
            raise EngineError(f"{error.filename} cannot be written by this user.") from error

    def release(self) -> None:
        """Have done with the engines; they stop unless somebody else uses them."""
        with self.users.door():
            self._leave()

    def _start(self) -> None:
        with self.users.door():
            self.place.make(self.place.sockets)
            self.users.enter()
            try:
                for engine in self.engines:
                    engine.start()
            except BaseException:
                self._leave()
                raise

    def _leave(self) -> None:
        if self.users.leave():
            # Also the one that this process did not need: whoever started it has gone before us.
            Postgres(self.place).stop()
            Valkey(self.place).stop()


def place() -> Place:
    """Where this project's own engines keep their data."""
    return place_for(PROJECT)


def is_external() -> bool:
    """Whether the database is somebody else's to run."""
    return bool(os.environ.get("DATABASE_URL"))


def database_url() -> str:
    """The database: DATABASE_URL, or the address of our own."""
    return os.environ.get("DATABASE_URL") or Postgres(place()).url


def redis_url() -> str:
    """Broker and cache: REDIS_URL (redis://, rediss:// or unix://), or the address of our own."""
    return os.environ.get("REDIS_URL") or Valkey(place()).url


def broker_url() -> str:
    """The Redis server as Celery spells it."""
    return addresses.for_broker(redis_url())


def cache_url() -> str:
    """The Redis server as Django's cache spells it."""
    return addresses.for_cache(redis_url())


def secret_key() -> str:
    """The key of this clone, made once and readable for its owner only."""
    path = PROJECT / "var" / "secret-key"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        with NamedTemporaryFile("w", dir=path.parent) as new:
            new.write(secrets.token_urlsafe(50))
            new.flush()
            # Two first starts at once: whoever comes second reads the other's key.
            with suppress(FileExistsError):
                os.link(new.name, path)
    return path.read_text()


def start() -> None:
    """Start the engines that no setting names, until this process ends. A second call does nothing."""
    global _started
    if _started or (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
        return
    engines = Engines(place(), postgres=not os.environ.get("DATABASE_URL"), valkey=not os.environ.get("REDIS_URL"))
    engines.start()
    _started = engines
    process = os.getpid()
    # A fork inherits this, but the engines are its parent's to release.
    atexit.register(lambda: engines.release() if os.getpid() == process else None)


_started: Engines | None = None
