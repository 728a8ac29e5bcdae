"""Take out each scope, lock and constraint, one at a time, and show that a test notices: `python -m tests.mutations`.

Nothing in the source changes. A constraint is dropped inside the test's own transaction, a lock or a scope is left out
at one line of the source while one test runs, and the reading of views is given a source without the scope. Tests that
may notice run until one does, so the suite must pass first; a mutation that no test notices is printed, and the exit
code is 1.
`--changed` keeps those of the files that changed last, as many as a gate has time for.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import re
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from tests import chromium
from tests.walls import APPS, ROOT, name_of, unscoped, view_files

RULES = ("visible_to", "editable_by", "plannable_by", "observable_by")
SCOPES = ("practice_scope", "all_practices")
OF_HISTORY = {
    "insert_insert": "test_what_is_made",
    "update_update": "test_what_is_changed",
    "delete_delete": "test_what_is_taken_away",
}
OF_RULES = ("test_rows_are_seen_and_changed_by_whom_the_table_says", "test_sessions_are_planned_by_planners")
MOST_CHANGED = 40
NOT_APPLIED = "the mutation could not be applied"


@dataclass(frozen=True)
class Mutation:
    """One thing taken out: `kind` says how, `where` is the source file that put it there."""

    kind: str
    name: str
    where: str
    sql: str = ""
    # The lines of the call that is left out.
    lines: range = range(0)
    # Tests whose source holds one of these words are asked whether they notice.
    words: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


# What can be taken out -------------------------------------------------------------------------------------------


def of_the_database():
    """Constraints, composite references, row security and triggers, as statements that take them out."""
    from django.apps import apps
    from django.db.models import ForeignKey, UniqueConstraint

    from tests.house import tenant_models

    owned = tenant_models()
    for model in apps.get_models():
        app, table = model._meta.app_config.name, model._meta.db_table
        if app not in APPS:
            continue
        where = f"{app}/models.py"
        for constraint in model._meta.constraints:
            index_only = isinstance(constraint, UniqueConstraint) and (constraint.condition or constraint.expressions)
            sql = f'DROP INDEX "{constraint.name}"' if index_only else drop(table, constraint.name)
            yield Mutation("constraint", constraint.name, where, sql, words=(constraint.name,))
        for trigger in getattr(model._meta, "triggers", []):
            name = trigger.get_pgid(model)
            sql = f'ALTER TABLE "{table}" DISABLE TRIGGER "{name}"'
            words = (OF_HISTORY.get(trigger.name, trigger.name),)
            yield Mutation("trigger", f"{table}.{trigger.name}", where, sql, words=words)
        if model not in owned:
            continue
        unwalled = f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY'
        seen = "test_the_rows_of_a_table_are_seen_by_their_practice_alone"
        yield Mutation("row security", table, where, unwalled, words=(seen,))
        for column in model._meta.local_fields:
            if isinstance(column, ForeignKey) and column.db_constraint and column.related_model in owned:
                name = f"{table}_{column.column}_same_practice"
                named = "test_a_reference_cannot_name_a_row_of_another_practice"
                yield Mutation("reference", name, where, drop(table, name), words=(named,))


def drop(table, constraint):
    return f'ALTER TABLE "{table}" DROP CONSTRAINT "{constraint}"'


def sources():
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(ROOT)), path.read_text()


def of_the_source():
    """Locks and scopes by the line that asks for them, and the rules of querysets by their class."""
    for where, text in sources():
        tree = ast.parse(text)
        app = where.split("/")[0]
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                for rule in node.body:
                    if isinstance(rule, ast.FunctionDef) and rule.name in RULES:
                        name = f"{node.name}.{rule.name}"
                        yield Mutation("rule", name, where, words=OF_RULES)
            elif isinstance(node, ast.Call) and name_of(node.func) == "select_for_update":
                name = f"{where}:{node.lineno}"
                yield Mutation("lock", name, where, lines=lines_of(node), words=("transaction=True",))
            elif isinstance(node, ast.withitem) and isinstance(node.context_expr, ast.Call):
                call = node.context_expr
                if name_of(call.func) in SCOPES and "management" not in where and "demo" not in where:
                    name = f"{name_of(call.func)} at {where}:{call.lineno}"
                    yield Mutation("scope", name, where, lines=lines_of(call), words=words_of(app))


def lines_of(call):
    return range(call.lineno, call.end_lineno + 1)


def words_of(app):
    return (f"from {app}", f'"{app}:')


@cache
def all_mutations():
    found = [*of_the_database(), *of_the_source()]
    return sorted(found, key=str)


# How it is taken out ---------------------------------------------------------------------------------------------


def apply(mutation, request, monkeypatch):
    """Take the thing out for the time of one test."""
    if mutation.sql:
        from django.db import connection

        request.getfixturevalue("db")
        with connection.cursor() as cursor:
            cursor.execute(mutation.sql)
    elif mutation.kind == "rule":
        module = importlib.import_module(mutation.where.removesuffix(".py").replace("/", "."))
        owner, rule = mutation.name.split(".")
        monkeypatch.setattr(getattr(module, owner), rule, lambda rows, membership: rows.all())
    elif mutation.kind == "lock":
        leave_out_lock(mutation, monkeypatch)
    elif mutation.kind == "scope":
        leave_out_scope(mutation, monkeypatch)


def leave_out_lock(mutation, monkeypatch):
    from django.db.models import QuerySet

    locking = QuerySet.select_for_update

    def select_for_update(rows, *args, **kwargs):
        return rows.all() if called_from(mutation, sys._getframe(1)) else locking(rows, *args, **kwargs)

    monkeypatch.setattr(QuerySet, "select_for_update", select_for_update)
    # Managers copy the method when their class is made.
    from django.db.models.manager import BaseManager

    for manager in [BaseManager, *BaseManager.__subclasses__()]:
        if "select_for_update" in vars(manager):
            monkeypatch.setattr(
                manager, "select_for_update", lambda self, *a, **k: select_for_update_of(self, mutation, *a, **k)
            )


def select_for_update_of(manager, mutation, *args, **kwargs):
    rows = manager.get_queryset()
    return rows if called_from(mutation, sys._getframe(2)) else type(rows).select_for_update(rows, *args, **kwargs)


def leave_out_scope(mutation, monkeypatch):
    module = importlib.import_module(mutation.where.removesuffix(".py").replace("/", ".").removesuffix(".__init__"))
    name = mutation.name.split(" ")[0]
    scope = getattr(module, name)

    def scope_or_none(*args):
        return nullcontext() if called_from(mutation, sys._getframe(1)) else scope(*args)

    monkeypatch.setattr(module, name, scope_or_none)


def called_from(mutation, frame):
    # A call over several lines is reported at one of them, which differs between versions of Python.
    return frame.f_code.co_filename.endswith(mutation.where) and frame.f_lineno in mutation.lines


# As a plugin of pytest -------------------------------------------------------------------------------------------


def pytest_addoption(parser):
    parser.addoption("--mutate", default="", help="the mutations to try, a line each, in this file")


def chosen(config):
    path = config.getoption("--mutate")
    wanted = set(Path(path).read_text().splitlines()) if path else set()
    return [mutation for mutation in all_mutations() if str(mutation) in wanted]


def pytest_generate_tests(metafunc):
    mutations = chosen(metafunc.config)
    if not mutations or "mutation" not in metafunc.fixturenames:
        return
    if not chromium.FIXTURES.isdisjoint(metafunc.fixturenames):
        # A wall that only a browser notices is not guarded well, and each of them takes a hundred times as long.
        return
    commits = any(mark.kwargs.get("transaction") for mark in metafunc.definition.iter_markers("django_db"))
    pairs = [mutation for mutation in mutations if may_notice(metafunc.function, commits, mutation)]
    if not pairs:
        return
    # In one process, where what one test has noticed spares the others.
    grouped = [pytest.param(mutation, marks=pytest.mark.xdist_group(str(mutation))) for mutation in pairs]
    metafunc.parametrize("mutation", grouped, ids=[str(mutation) for mutation in pairs], indirect=True)


def may_notice(function, commits, mutation):
    """Whether a test is asked: by the words in it, or in its module where no function there has them."""
    if mutation.sql and commits:
        # A dropped constraint would stay dropped.
        return False
    if mutation.kind == "lock" and not commits:
        return False
    own, module = source_of(function), source_of(inspect.getmodule(function))
    if mutation.kind in {"lock", "scope"}:
        return any(word in module for word in mutation.words)
    if any(word in own for word in mutation.words):
        return True
    return any(word in module and word not in functions_of(inspect.getmodule(function)) for word in mutation.words)


# What tests of a wall speak of. They are asked first: what one of them notices, the others need not be asked about.
OF_WALLS = re.compile("stranger|elsewhere|404|403|_to\\(|_by\\(|race|at_once|two_", re.IGNORECASE)


def pytest_collection_modifyitems(config, items):
    if not chosen(config):
        return
    asked = [item for item in items if "mutation" in getattr(getattr(item, "callspec", None), "params", {})]
    items[:] = sorted(filter(concerns, asked), key=nearness)


def concerns(item):
    """Whether the table that a test is about is read by the rule that is taken out; others would only take time."""
    mutation, model = item.callspec.params["mutation"], item.callspec.params.get("model")
    if mutation.kind != "rule" or model is None:
        return True
    return mutation.name.split(".")[0] in {each.__name__ for each in type(model.objects.all()).__mro__}


def nearness(item):
    """First those whose module imports what is mutated, and of these what speaks of walls."""
    imported = item.callspec.params["mutation"].where.removesuffix(".py").replace("/", ".")
    return imported not in source_of(inspect.getmodule(item.function)), not OF_WALLS.search(source_of(item.function))


@cache
def source_of(thing):
    return inspect.getsource(thing)


@cache
def functions_of(module):
    """The source of a module's tests, without what stands around them."""
    tests = (value for name, value in vars(module).items() if name.startswith("test_") and inspect.isfunction(value))
    return "\n".join(source_of(test) for test in tests)


@pytest.fixture(autouse=True)
def mutation(request, monkeypatch):
    mutation = getattr(request, "param", None)
    if mutation is None:
        return
    # So that the controller learns of it too.
    request.node.user_properties.append(("mutation", str(mutation)))
    if str(mutation) in KILLED:
        pytest.skip("noticed already")
    try:
        apply(mutation, request, monkeypatch)
    except Exception as error:
        raise RuntimeError(f"{NOT_APPLIED}: {mutation}") from error


KILLED: set[str] = set()
TRIED: set[str] = set()
BROKEN: set[str] = set()


def pytest_runtest_makereport(item, call):
    """In a worker: remember what was noticed, so that its other tests need not run."""
    mutation = item.callspec.params.get("mutation") if hasattr(item, "callspec") else None
    if mutation is None or not call.excinfo or call.when == "teardown":
        return
    if not call.excinfo.errisinstance(pytest.skip.Exception) and NOT_APPLIED not in str(call.excinfo.value):
        KILLED.add(str(mutation))


def pytest_runtest_logreport(report):
    """In the controller: gather what the workers saw."""
    mutation = dict(report.user_properties).get("mutation", "")
    TRIED.add(mutation)
    if report.failed and report.when != "teardown":
        (BROKEN if NOT_APPLIED in str(report.longrepr) else KILLED).add(mutation)


def pytest_terminal_summary(terminalreporter, config):
    mutations = {str(mutation) for mutation in chosen(config)}
    if not mutations:
        return
    survivors = sorted(mutations - KILLED)
    for name in survivors:
        why = "could not be applied" if name in BROKEN else "no test noticed" if name in TRIED else "no test to ask"
        terminalreporter.write_line(f"SURVIVED {name}: {why}")
    terminalreporter.write_line(f"{len(mutations) - len(survivors)} of {len(mutations)} mutations noticed")


def pytest_sessionfinish(session):
    mutations = {str(mutation) for mutation in chosen(session.config)}
    if mutations and not hasattr(session.config, "workerinput"):
        session.exitstatus = 1 if mutations - KILLED else 0


# As a command ----------------------------------------------------------------------------------------------------


def unscoped_views():
    """(what, noticed) for every scope in a view or form, taken out of the text that the reading of views is given."""
    for path in view_files():
        text = path.read_text()
        for rule in RULES:
            for count in range(text.count(f".{rule}(")):
                head, tail = split_at(text, f".{rule}(", count)
                yield f"{path.relative_to(ROOT)}: {rule} {count + 1}", bool(unscoped(f"{head}.all(){closed(tail)}"))


def split_at(text, part, count):
    pieces = text.split(part)
    return part.join(pieces[: count + 1]), part.join(pieces[count + 1 :])


def closed(tail):
    """What follows a call, from behind its closing bracket on."""
    depth = 1
    for position, letter in enumerate(tail):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth == 0:
            return tail[position + 1 :]
    return tail


def unguarded_views():
    """(what, noticed) for every view whose access rule is taken away while the system check looks."""
    from django.urls import get_resolver

    from practices.access import every_view_states_who_may_come_in, views_of

    for route, view in views_of(get_resolver().url_patterns):
        if not hasattr(view, "access"):
            continue
        rule = view.access
        del view.access
        noticed = any(repr(route) in error.msg for error in every_view_states_who_may_come_in())
        view.access = rule
        yield f"the rule of {route}", noticed


def of_files_changed_last(mutations):
    """The mutations of the files that changed last, file by file, as many as a gate has time for."""
    log = ["git", "log", "--format=", "--name-only", "--", "*.py"]
    names = subprocess.run(log, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    changed = [mutation for name in dict.fromkeys(names) for mutation in mutations if mutation.where == name]
    return changed[:MOST_CHANGED]


def main(arguments):
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    mutations = all_mutations()
    if "--changed" in arguments:
        mutations = of_files_changed_last(mutations)
    unnoticed = [what for what, noticed in [*unscoped_views(), *unguarded_views()] if not noticed]
    for what in unnoticed:
        print(f"SURVIVED {what}")
    status = 0
    if mutations:
        listed = ROOT / "var" / "mutations"
        listed.parent.mkdir(exist_ok=True)
        listed.write_text("\n".join(str(mutation) for mutation in mutations))
        quiet = ["-q", "--no-header", "--tb=no", "-rN", "-p", "no:cacheprovider", "-n", "2", "--dist", "loadgroup"]
        status = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "tests.mutations", f"--mutate={listed}", *quiet], cwd=ROOT
        ).returncode
    return 1 if unnoticed or status else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
