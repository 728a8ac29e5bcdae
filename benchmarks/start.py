"""`python -m benchmarks.start`: a fresh clone with `bin/run`, from nothing to sign-in, and what it then weighs.

Works in a clone of its own in a temporary folder, with engines and a database of its own, and leaves nothing behind.
The packages are installed anew, from a package cache that should be warm.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import perf_counter

from playwright.sync_api import Page, Response, sync_playwright

from benchmarks.figures import Figures
from tests.chromium import find

PROJECT = Path(__file__).resolve().parent.parent
PATIENCE = 300
SOON = Event()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def signs_in(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://localhost:{port}/accounts/login/", timeout=5) as response:
            return response.status == 200 and healthy(port)
    except (urllib.error.URLError, OSError):
        return False


def healthy(port: int) -> bool:
    with urllib.request.urlopen(f"http://localhost:{port}/healthz", timeout=5) as response:
        return bool(response.status == 200)


@contextmanager
def running(clone: Path, port: int) -> Iterator[float]:
    """`bin/run` in this clone, until the block ends; gives the seconds until somebody could sign in."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "REDIS_"))}
    log = clone.with_suffix(".log")
    with log.open("w") as said:
        started = perf_counter()
        process = subprocess.Popen(
            ["bin/run"],
            cwd=clone,
            env={**inherited, "PORT": str(port)},
            start_new_session=True,
            stdout=said,
            stderr=said,
        )
        try:
            while not signs_in(port):
                if process.poll() is not None or perf_counter() - started > PATIENCE:
                    raise SystemExit(f"bin/run did not come up:\n{log.read_text()}")
                SOON.wait(0.1)
            yield perf_counter() - started
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def weight(clone: Path) -> float:
    """Proportional memory in MB of every process that works in this clone, engines included."""
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if process.joinpath("cwd").resolve().is_relative_to(clone):
                lines = process.joinpath("smaps_rollup").read_text().splitlines()
                total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        except (OSError, StopIteration):
            continue
    return total / 1024


def first_page(port: int) -> tuple[float, set[str]]:
    """kB over the wire of the first page after signing in, with nothing cached, and the hosts that were asked."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=find(), args=[*arguments, "--disable-gpu"])
        signed_in = browser.new_context()
        page = signed_in.new_page()
        page.goto(f"http://localhost:{port}/accounts/login/")
        page.locator("input[name=login]").fill("midwife@de-kring.example")
        page.locator("input[name=password]").fill("centering")
        page.locator("input[name=password]").press("Enter")
        page.wait_for_url("**/de-kring/")
        # Another window with the same cookies, and an empty cache.
        fresh = browser.new_context(storage_state=signed_in.storage_state())
        result = loaded(fresh.new_page(), f"http://localhost:{port}/de-kring/")
        browser.close()
        return result


def loaded(page: Page, url: str) -> tuple[float, set[str]]:
    sizes, hosts = [], set()

    def note(response: Response) -> None:
        hosts.add(response.url.split("/")[2].split(":")[0])

    page.on("response", note)
    page.on("requestfinished", lambda request: sizes.append(request))
    page.goto(url, wait_until="networkidle")
    weights = [request.sizes() for request in sizes]
    return sum(size["responseBodySize"] + size["responseHeadersSize"] for size in weights) / 1000, hosts


def main() -> None:
    figures = Figures()
    with tempfile.TemporaryDirectory(prefix="centering-") as folder:
        Path(folder).chmod(0o755)
        clone, port = Path(folder) / "centering", free_port()
        subprocess.run(["git", "clone", "--quiet", PROJECT, clone], check=True)
        with running(clone, port) as seconds:
            figures.at_most("from a clone to sign-in", round(seconds), 180, " s")
        with running(clone, port) as seconds:
            figures.at_most("second start", round(seconds, 1), 10, " s")
            size, hosts = first_page(port)
            figures.at_most("first page after sign-in over the wire", round(size, 1), 100, " kB")
            figures.at_most("hosts asked beside our own", len(hosts - {"localhost"}), 0)
            figures.at_most("memory of all processes of bin/run", round(weight(clone)), 600, " MB PSS")
    figures.finish()


if __name__ == "__main__":
    main()
