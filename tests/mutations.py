"""Take out each scope, lock and constraint, one at a time, and show that a test notices: `python -m tests.mutations`.

Nothing in the source changes. A constraint is dropped inside the test's own transaction, a lock or a scope is left out
at one line of the source while one test runs, and the reading of views is given a source without the scope. Tests that
may notice run until one does, so the suite must pass first; a mutation that no test notices is printed, and the exit
code is 1.
tests/noticed.tsv names the test that noticed each of them last: that one is asked first, and mostly it is enough. With
`--remember` the list is written anew.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import re
import subprocess
import sys
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from tests import chromium
from tests.walls import APPS, ROOT, name_of, unscoped, view_files

RULES = ("visible_to", "editable_by", "plannable_by", "observable_by")
SCOPES = ("practice_scope", "all_practices")
# What holds rows in SQL of our own, and what says there who runs an evening.
HOLDS, RUN_BY = "FOR NO KEY UPDATE", "{run_by}"
OF_HISTORY = {
    "insert_insert": "test_what_is_made",
    "update_update": "test_what_is_changed",
    "delete_delete": "test_what_is_taken_away",
}
OF_RULES = ("test_rows_are_seen_and_changed_by_whom_the_table_says", "test_sessions_are_planned_by_planners")
# A mutation and the test that noticed it, a line each; a test is named without the mutation in its brackets.
REMEMBERED = ROOT / "tests" / "noticed.tsv"
NOT_APPLIED = "the mutation could not be applied"
# Asked with nothing taken out: where it fails, so does everything, and nothing is shown.
CONTROLLED = "tests/test_rules.py::test_sessions_are_planned_by_planners[]"


@dataclass(frozen=True)
class Mutation:
    """One thing taken out: `kind` says how, `where` is the source file that put it there."""

    kind: str
    name: str
    where: str
    sql: str = ""
    # The lines of the call that is left out.
    lines: range = range(0)
    # The statement of our own out of which it is left.
    statement: str = ""
    # Tests whose source holds one of these words are asked whether they notice.
    words: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


CONTROL = Mutation("nothing", "taken out", "")


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
    """Locks and scopes by the function that asks for them, and the rules of querysets by their class."""
    for where, text in sources():
        app, met = where.split("/")[0], Counter()
        for node, around in within(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.name in RULES and around:
                yield Mutation("rule", f"{around}.{node.name}", where, words=OF_RULES)
            elif isinstance(node, ast.Call) and name_of(node.func) == "select_for_update":
                name = numbered(met, f"{where}:{around}")
                yield Mutation("lock", name, where, lines=lines_of(node), words=("transaction=True",))
            elif isinstance(node, ast.withitem) and isinstance(node.context_expr, ast.Call):
                call = node.context_expr
                if name_of(call.func) in SCOPES and "management" not in where and "demo" not in where:
                    name = numbered(met, f"{name_of(call.func)} at {where}:{around}")
                    yield Mutation("scope", name, where, lines=lines_of(call), words=words_of(app))


def of_the_sql():
    """Locks and scopes in statements of our own."""
    for where, text in sources():
        for node in ast.parse(text).body:
            if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)):
                continue
            (statement,), written = node.targets, ast.unparse(node.value)
            if name_of(node.value.func) == "statement" and HOLDS in written:
                yield Mutation(
                    "lock", f"{where}:{statement.id}", where, statement=statement.id, words=("transaction=True",)
                )
            if name_of(node.value.func) == "statement" and RUN_BY in written:
                words = words_of(where.split("/")[0])
                yield Mutation("scope", f"{where}:{statement.id}", where, statement=statement.id, words=words)


def within(node, names=()):
    """Everything below a node, each with the names of the classes and functions around it."""
    for child in ast.iter_child_nodes(node):
        yield child, ".".join(names)
        is_named = isinstance(child, ast.ClassDef | ast.FunctionDef)
        yield from within(child, (*names, child.name) if is_named else names)


def numbered(met, name):
    """The name, and from the second time on with a number."""
    met[name] += 1
    return name if met[name] == 1 else f"{name} {met[name]}"


def lines_of(call):
    return range(call.lineno, call.end_lineno + 1)


def words_of(app):
    return (f"from {app}", f'"{app}:')


@cache
def all_mutations():
    found = [*of_the_database(), *of_the_source(), *of_the_sql()]
    return sorted(found, key=str)


# How it is taken out ---------------------------------------------------------------------------------------------


def apply(mutation, request, monkeypatch):
    """Take the thing out for the time of one test."""
    if mutation.sql:
        from django.db import connection

        request.getfixturevalue("db")
        with connection.cursor() as cursor:
            cursor.execute(mutation.sql)
    elif mutation.statement:
        leave_out_of_sql(mutation, monkeypatch)
    elif mutation.kind == "rule":
        module = importlib.import_module(mutation.where.removesuffix(".py").replace("/", "."))
        owner, rule = mutation.name.split(".")
        monkeypatch.setattr(getattr(module, owner), rule, lambda rows, membership: rows.all())
    elif mutation.kind == "lock":
        leave_out_lock(mutation, monkeypatch)
    elif mutation.kind == "scope":
        leave_out_scope(mutation, monkeypatch)


def leave_out_of_sql(mutation, monkeypatch):
    from sessions.leads import RunBy

    module = importlib.import_module(mutation.where.removesuffix(".py").replace("/", "."))
    sql = getattr(module, mutation.statement)
    run_by = RunBy.template % {"session": "session.id", "group": "session.group_id"}
    # What is asked stays as it is.
    without = (
        sql.partition(HOLDS)[0] if mutation.kind == "lock" else sql.replace(run_by, "num_nonnulls(%s, %s, %s) > 0")
    )
    assert without != sql, NOT_APPLIED
    monkeypatch.setattr(module, mutation.statement, without)


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


def asked_for(config):
    """The test to ask by mutation; empty where all that may notice are asked."""
    path = config.getoption("--mutate")
    return read(Path(path)) if path else {}


def chosen(config):
    wanted = asked_for(config)
    return [mutation for mutation in [*all_mutations(), CONTROL] if str(mutation) in wanted]


def pytest_generate_tests(metafunc):
    mutations = chosen(metafunc.config)
    if not mutations or "mutation" not in metafunc.fixturenames:
        return
    if not chromium.FIXTURES.isdisjoint(metafunc.fixturenames):
        # A wall that only a browser notices is not guarded well, and each of them takes a hundred times as long.
        return
    own = f"{metafunc.definition.nodeid}["
    tests = asked_for(metafunc.config)
    commits = any(mark.kwargs.get("transaction") for mark in metafunc.definition.iter_markers("django_db"))
    pairs = [
        mutation
        for mutation in mutations
        if tests[str(mutation)].startswith(own)
        or (not tests[str(mutation)] and may_notice(metafunc.function, commits, mutation))
    ]
    if not pairs:
        return
    # In one process, where what one test has noticed spares the others.
    grouped = [pytest.param(mutation, marks=pytest.mark.xdist_group(str(mutation))) for mutation in pairs]
    metafunc.parametrize("mutation", grouped, ids=[str(mutation) for mutation in pairs], indirect=True)


def named(nodeid, mutation):
    """The test as it is remembered: pytest and xdist each put the mutation into its name."""
    return nodeid.removesuffix(f"@{mutation}").replace(str(mutation), "", 1)


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
    tests = asked_for(config)
    asked = [item for item in items if "mutation" in getattr(getattr(item, "callspec", None), "params", {})]
    items[:] = sorted((item for item in asked if is_wanted(item, tests)), key=nearness)


def is_wanted(item, tests):
    mutation = item.callspec.params["mutation"]
    return tests[str(mutation)] in {"", named(item.nodeid, mutation)}


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


# The test that noticed, by mutation.
KILLED: dict[str, str] = {}
TRIED: set[str] = set()
BROKEN: set[str] = set()


def pytest_runtest_makereport(item, call):
    """In a worker: remember what was noticed, so that its other tests need not run."""
    mutation = item.callspec.params.get("mutation") if hasattr(item, "callspec") else None
    if mutation is None or not call.excinfo or call.when == "teardown":
        return
    if not call.excinfo.errisinstance(pytest.skip.Exception) and NOT_APPLIED not in str(call.excinfo.value):
        KILLED.setdefault(str(mutation), named(item.nodeid, mutation))


def pytest_runtest_logreport(report):
    """In the controller: gather what the workers saw."""
    mutation = dict(report.user_properties).get("mutation", "")
    TRIED.add(mutation)
    if report.failed and report.when != "teardown":
        if NOT_APPLIED in str(report.longrepr):
            BROKEN.add(mutation)
        else:
            KILLED.setdefault(mutation, named(report.nodeid, mutation))


def pytest_terminal_summary(terminalreporter, config):
    for name, test in asked_for(config).items():
        if name not in KILLED and not test:
            why = "could not be applied" if name in BROKEN else "no test noticed" if name in TRIED else "no test to ask"
            terminalreporter.write_line(f"SURVIVED {name}: {why}")


def pytest_sessionfinish(session):
    if str(CONTROL) in TRIED and not hasattr(session.config, "workerinput"):
        write(Path(session.config.getoption("--mutate")).with_suffix(".noticed"), KILLED)


def read(path):
    return dict(line.split("\t") for line in path.read_text().splitlines())


def write(path, tests):
    path.write_text("".join(f"{name}\t{test}\n" for name, test in sorted(tests.items())))


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


def ask(tests):
    """Which of these mutations are noticed, and by which test: the one beside each, or any that may notice."""
    if not tests:
        return {}
    listed = ROOT / "var" / "mutations.tsv"
    listed.parent.mkdir(exist_ok=True)
    noticed = listed.with_suffix(".noticed")
    noticed.unlink(missing_ok=True)
    write(listed, {**tests, str(CONTROL): CONTROLLED})
    quiet = ["-q", "--no-header", "--tb=no", "-rN", "-p", "no:cacheprovider", "-n", "3", "--dist", "loadgroup"]
    subprocess.run([sys.executable, "-m", "pytest", "-p", "tests.mutations", f"--mutate={listed}", *quiet], cwd=ROOT)
    found = read(noticed) if noticed.exists() else {}
    if str(CONTROL) in found:
        raise SystemExit("A test fails with nothing taken out: what these runs notice shows nothing.")
    return found


def main(arguments):
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    names = [str(mutation) for mutation in all_mutations()]
    remembered = read(REMEMBERED)
    noticed = ask({name: remembered[name] for name in names if name in remembered})
    noticed |= ask({name: "" for name in names if name not in noticed})
    unnoticed = [what for what, is_noticed in [*unscoped_views(), *unguarded_views()] if not is_noticed]
    for what in unnoticed:
        print(f"SURVIVED {what}")
    print(f"{len(noticed)} of {len(names)} mutations noticed")
    if "--remember" in arguments:
        write(REMEMBERED, noticed)
    return 1 if unnoticed or len(noticed) < len(names) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
