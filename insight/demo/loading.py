"""Loading the demo, renewing it, and leaving alone what is not its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import Enum
from hashlib import md5
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db import connection
from django.db.models import ForeignKey, Model
from pghistory.models import Context, Event

from insight.demo.build import build, hashed_password
from insight.demo.organisations import ORGANISATIONS
from insight.models import DemoLoad
from participants.models import AccessRecord
from practices.models import Practice, User
from practices.tenancy import all_practices
from reminders.models import Reminder

ZONE = ZoneInfo("Europe/Amsterdam")
# Rows that change while nobody does anything: the worker sends, and reading is written down.
CHANGES_BY_ITSELF = {Reminder, AccessRecord}
ONE_AT_A_TIME = 6_101_945


class Outcome(Enum):
    LOADED = "loaded"
    RENEWED = "renewed"
    KEPT = "kept"
    TOUCHED = "touched"
    NOT_EMPTY = "not empty"


class NotOurs(Exception):
    """A practice has the address of one of the demo's, and the demo did not make it."""

    def __init__(self, practice: Practice) -> None:
        super().__init__(practice.slug)
        self.practice = practice


def load(*, now: datetime, renew: bool = False, fresh: bool = False) -> Outcome:
    """Put the demo into the database, counted from `now`; all of it or nothing.

    A demo that is there stays, except that `renew` replaces one whose *tonight* was on an earlier day and that nobody
    touched, and `fresh` replaces any. With `renew` a first one only comes into an empty database. Raises NotOurs when
    a practice that the demo did not make has its address.
    """
    with all_practices():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        last = DemoLoad.objects.order_by("-pk").first()
        if last is None and renew and Practice.objects.exists():
            return Outcome.NOT_EMPTY
        _refuse_strangers(last)
        today = now.astimezone(ZONE).date()
        if last and not fresh:
            if not renew or last.day >= today:
                return Outcome.KEPT
            if is_touched(last):
                return Outcome.TOUCHED
        if last:
            clear(last.practices)
        password = hashed_password()
        practices = [build(each, password=password, now=now) for each in ORGANISATIONS]
        keys = [practice.pk for practice in practices]
        DemoLoad.objects.all().delete()
        DemoLoad.objects.create(loaded_at=now, day=today, practices=keys, fingerprint=fingerprint(keys))
    return Outcome.RENEWED if last else Outcome.LOADED


def is_touched(last: DemoLoad) -> bool:
    """Whether somebody changed anything since: a row of the demo's, or a message by hand."""
    return fingerprint(last.practices) != last.fingerprint or _was_changed_by_hand(Reminder, last.practices)


def fingerprint(practices: Sequence[int]) -> str:
    """One word for the present state of all rows of these practices and of who works there.

    PostgreSQL's own mark of the transaction that wrote a row (xmin) tells a changed row from an untouched one, in
    every table, whatever changed it. Users are told apart by what they are, as signing in writes to their row.
    """
    found = md5(usedforsecurity=False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, xmin FROM practices_practice WHERE id = ANY(%s) ORDER BY id", [list(practices)])
        found.update(repr(cursor.fetchall()).encode())
        for model in _tables():
            if model not in CHANGES_BY_ITSELF and not issubclass(model, Event):
                table = connection.ops.quote_name(model._meta.db_table)
                cursor.execute(
                    f"SELECT md5(string_agg(id || ':' || xmin, ',' ORDER BY id)) FROM {table} "  # noqa: S608
                    "WHERE practice_id = ANY(%s)",
                    [list(practices)],
                )
                found.update(repr(cursor.fetchall()).encode())
    users = User.objects.filter(memberships__practice__in=practices).distinct().order_by("pk")
    found.update(repr(list(users.values_list("pk", "email", "name", "password", "is_active"))).encode())
    return found.hexdigest()


def clear(practices: Sequence[int]) -> None:
    """Remove every row of these practices with its history. The practices themselves and their users stay.

    References are checked when the transaction ends, so the order is free; triggers that write history on a deletion
    only ask that the history goes last.
    """
    tables = sorted(_tables(), key=lambda model: issubclass(model, Event))
    contexts: set[Any] = set()
    with connection.cursor() as cursor:
        for model in tables:
            table = connection.ops.quote_name(model._meta.db_table)
            if issubclass(model, Event):
                cursor.execute(
                    f"DELETE FROM {table} WHERE practice_id = ANY(%s) RETURNING pgh_context_id",  # noqa: S608
                    [list(practices)],
                )
                contexts |= {context for (context,) in cursor.fetchall() if context}
            else:
                cursor.execute(f"DELETE FROM {table} WHERE practice_id = ANY(%s)", [list(practices)])  # noqa: S608
    Context.objects.filter(pk__in=contexts).delete()


def _refuse_strangers(last: DemoLoad | None) -> None:
    slugs = [organisation.slug for organisation in ORGANISATIONS]
    stranger = Practice.objects.filter(slug__in=slugs).exclude(pk__in=last.practices if last else []).first()
    if stranger:
        raise NotOurs(stranger)


def _was_changed_by_hand(model: type[Model], practices: Sequence[int]) -> bool:
    """Whether a member of staff changed rows of this table, going by its history."""
    history = apps.get_model(model._meta.app_label, f"{model.__name__}Event")
    rows = history._default_manager.filter(practice__in=practices, pgh_context__metadata__has_key="membership")
    return bool(rows.exists())


def _tables() -> Iterator[type[Model]]:
    """Every table with rows of a practice, the tables of the change history included."""
    for model in apps.get_models():
        if any(isinstance(field, ForeignKey) and field.name == "practice" for field in model._meta.local_fields):
            yield model
