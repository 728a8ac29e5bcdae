"""Reading the Maildir that the demo's mail server writes to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

PARSER = BytesParser(policy=default)


@dataclass(frozen=True, kw_only=True)
class Letter:
    key: str
    sender: str
    to: str
    subject: str
    received_at: datetime
    # Only of a letter that was opened.
    text: str = ""


def newest(folder: Path, limit: int) -> list[Letter]:
    """The heads of the last letters, the newest first; none where nothing was ever sent."""
    files = sorted(_files(folder).values(), key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)
    return [_letter(path) for path in files[:limit]]


def read(folder: Path, key: str) -> Letter | None:
    """One letter with its text, or None when there is none with this key."""
    # Looked up among the names that are there, never used as a path: a key cannot lead out of the folder.
    path = _files(folder).get(key)
    return _letter(path, with_text=True) if path else None


def _files(folder: Path) -> dict[str, Path]:
    return {path.name: path for part in ("new", "cur") for path in (folder / part).glob("*")}


def _letter(path: Path, *, with_text: bool = False) -> Letter:
    with path.open("rb") as file:
        message = PARSER.parse(file, headersonly=not with_text)
    return Letter(
        key=path.name,
        sender=str(message["From"] or ""),
        to=str(message["To"] or ""),
        subject=str(message["Subject"] or ""),
        received_at=datetime.fromtimestamp(path.stat().st_mtime, tz=UTC),
        text=_text(message) if with_text else "",
    )


def _text(message: EmailMessage) -> str:
    body = message.get_body(preferencelist=("plain", "html"))
    return str(body.get_content()) if body else ""
