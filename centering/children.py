"""Processes that live and die with the one that started them."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
SECONDS_TO_STOP = 15
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


class Children:
    """Named processes; when one ends the others are of no use, and all of them are stopped together."""

    def __init__(self) -> None:
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *arguments: str, environment: Mapping[str, str]) -> None:
        """Run Python with these arguments under this name."""
        self.processes[name] = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=PROJECT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            # A Ctrl-C in the terminal is for us alone: we tell them to stop, once.
            start_new_session=True,
            preexec_fn=_die_with(os.getpid()),
        )

    def finish(self, name: str) -> int:
        """Wait until this one has done its work, and forget it; what it left with."""
        returncode = self.processes[name].wait()
        del self.processes[name]
        return returncode

    def ended(self) -> str | None:
        """The name of one that has ended, if any has."""
        return next((name for name, process in self.processes.items() if process.poll() is not None), None)

    def wait(self) -> str:
        """Wait until one ends, and name it."""
        while not (name := self.ended()):
            time.sleep(0.2)
        return name

    def stop(self) -> None:
        """Stop them all, kindly at first."""
        for process in self.processes.values():
            process.terminate()
        deadline = time.monotonic() + SECONDS_TO_STOP
        for process in self.processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=max(0.0, deadline - time.monotonic()))
            # Also what it has started itself: a killed web server leaves its workers behind.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _die_with(parent: int) -> Callable[[], None]:
    """What a child does before anything else, so that it does not outlive a parent that was killed."""
    if sys.platform != "linux":
        return lambda: None
    prctl = ctypes.CDLL(None).prctl

    def bind() -> None:
        prctl(DIE_WITH_PARENT, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return bind
