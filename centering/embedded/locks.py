"""Two locks that the kernel lets go of however a process dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Users:
    """Who uses the engines of a folder: many at a time, one of whom may be starting or stopping them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._in_use: int | None = None

    @contextmanager
    def door(self) -> Iterator[None]:
        """Alone while starting or stopping; apart from the other lock, or starters would wait for every user."""
        descriptor = self._open("door.lock")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def enter(self) -> None:
        """Count this process among the users until it leaves or dies."""
        self._in_use = self._open("users.lock")
        fcntl.flock(self._in_use, fcntl.LOCK_SH)

    def leave(self) -> bool:
        """Count this process no longer; true when nobody else is left."""
        descriptor = self._open("users.lock") if self._in_use is None else self._in_use
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        else:
            return True
        finally:
            os.close(descriptor)
            self._in_use = None

    def _open(self, name: str) -> int:
        # Reading is enough for a lock, so that root and the owner of the folder can share it.
        return os.open(self.folder / name, os.O_RDONLY | os.O_CREAT, 0o644)
