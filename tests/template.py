"""A migrated database that test databases are copied from: migrating takes half a minute, copying a moment."""

import hashlib
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from centering import embedded

PROJECT = Path(__file__).resolve().parent.parent
PREFIX = "template_"


def provide():
    """Make the template for these migrations unless it is there; its name."""
    name = PREFIX + fingerprint()
    with closing(psycopg.connect(embedded.database_url(), autocommit=True)) as connection:
        # Two runs at once: the second waits here and then finds what the first has made.
        connection.execute("SELECT pg_advisory_lock(%s)", [6_101_944])
        found = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
        if name not in found:
            unfinished = f"new_{name}"
            for old in [unfinished, *(each for each in found if each.startswith(PREFIX))]:
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(old)))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unfinished)))
            migrate(unfinished)
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            connection.execute(rename.format(sql.Identifier(unfinished), sql.Identifier(name)))
    return name


def fingerprint():
    """Of everything that decides what the migrations make."""
    files = [PROJECT / "requirements.txt", PROJECT / "practices/row_security.py", *PROJECT.glob("*/migrations/*.py")]
    content = b"".join(str(path).encode() + path.read_bytes() for path in sorted(files))
    return hashlib.sha256(content).hexdigest()[:16]


def migrate(database):
    environment = {
        **os.environ,
        "DATABASE_URL": urlunsplit(urlsplit(embedded.database_url())._replace(path=f"/{database}")),
        "SECRET_KEY": embedded.secret_key(),
    }
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity=0"], cwd=PROJECT, env=environment, check=True)
