"""Where the engines keep their data, and under whose id they run."""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import IO

# The shortest limit for the address of a Unix socket is that of macOS; Linux has 107.
LONGEST_ADDRESS = 103
LONGEST_SOCKET = ".s.PGSQL.5432.lock"


class EngineError(RuntimeError):
    """An engine cannot start; the message is fit to be shown to a person."""


@dataclass(frozen=True)
class Place:
    """A folder for the data of both engines; `account` is whose processes they are when that is not ourselves."""

    folder: Path
    account: pwd.struct_passwd | None = None

    @property
    def sockets(self) -> Path:
        """The folder of the sockets, in the temporary folder where the path would be too long for an address."""
        folder = self.folder / "run"
        if len(os.fsencode(folder / LONGEST_SOCKET)) <= LONGEST_ADDRESS:
            return folder
        # Not TMPDIR: two processes that differ in it must still find the same server.
        return Path("/tmp") / f"centering-{_digest(folder)}"  # noqa: S108

    def make(self, folder: Path, *, mode: int = 0o700) -> Path:
        """Make this folder for the engines; refuse one that somebody else has put there."""
        try:
            folder.mkdir(mode=mode, parents=True, exist_ok=True)
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), self._owner()}:
                raise EngineError(f"{folder} belongs to another user; remove it, or run as that user.")
            if self.account:
                os.chown(folder, self.account.pw_uid, self.account.pw_gid)
            folder.chmod(mode)
        except PermissionError as error:
            raise EngineError(f"{error.filename} cannot be written by this user.") from error
        return folder

    def run(self, *command: str | Path, output: IO[str] | int) -> None:
        """Run a program of an engine to its end, under the engines' own id."""
        subprocess.run(
            [str(part) for part in command],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            # A Ctrl-C is for us, who then stop the engines in order.
            start_new_session=True,
            user=self.account.pw_uid if self.account else None,
            group=self.account.pw_gid if self.account else None,
            extra_groups=[] if self.account else None,
        )

    def programs(self, distribution: str, package: str, *parts: str) -> Path:
        """The folder that holds these parts of a wheel, where the engines' account can run them."""
        spec = find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise EngineError(f"The package {distribution} is not installed; bin/run installs it.")
        installed = Path(spec.submodule_search_locations[0]).parent
        if self.account is None or all(may_enter(installed / part, self.account) for part in parts):
            return installed
        copy = self.folder / "programs" / f"{distribution}-{version(distribution)}"
        if not copy.exists():
            unfinished = copy.with_name(f"{copy.name}.new")
            shutil.rmtree(unfinished, ignore_errors=True)
            for part in parts:
                shutil.copytree(installed / part, unfinished / part, symlinks=True)
            for path in [unfinished.parent, unfinished, *unfinished.rglob("*")]:
                if not path.is_symlink():
                    path.chmod(0o755)
            unfinished.rename(copy)
        return copy

    def _owner(self) -> int:
        return self.account.pw_uid if self.account else os.geteuid()


def place_for(project: Path) -> Place:
    """The project's own `var`, or a folder outside when root runs a project that no other user can enter."""
    if os.geteuid() != 0:
        return Place(project / "var")
    account = _account_for(project)
    if may_enter(project, account):
        return Place(project / "var", account)
    return Place(Path("/var/lib") / f"centering-{_digest(project)}", account)


def may_enter(folder: Path, account: pwd.struct_passwd) -> bool:
    """Whether this account can pass through every folder down to this one."""
    groups = set(os.getgrouplist(account.pw_name, account.pw_gid))
    return all(_may_pass(parent.stat(), account.pw_uid, groups) for parent in [folder, *folder.parents])


def _may_pass(found: os.stat_result, user: int, groups: set[int]) -> bool:
    if found.st_uid == user:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid in groups:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)


def _account_for(project: Path) -> pwd.struct_passwd:
    """PostgreSQL refuses to run as root: the owner of the project, else a user made for such work."""
    accounts = {account.pw_name: account for account in pwd.getpwall()}
    owners = {account.pw_uid: account for account in accounts.values() if account.pw_uid}
    candidates: Sequence[pwd.struct_passwd | None] = [
        owners.get(project.stat().st_uid),
        accounts.get("postgres"),
        accounts.get("nobody"),
    ]
    for account in candidates:
        if account:
            return account
    raise EngineError("PostgreSQL cannot run as root and this system has no user postgres or nobody.")


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
