"""What holds the walls between practices in the source: the syntax of views and forms, read as a tree."""

import ast
from pathlib import Path

APPS = "practices participants groups sessions checks elements reminders neighbourhood insight centering".split()
ROOT = Path(__file__).resolve().parent.parent
# What a view may ask of a manager first; everything else would reach past wall 2.
WALL_2 = {"visible_to", "editable_by", "plannable_by", "observable_by"}
# Tables that belong to no practice, or that are asked before one is known.
NOT_OWNED = {"Practice", "User", "Element"}
OTHER_WAYS = {"_default_manager", "_base_manager", "raw", "extra", "cursor", "get_models", "get_model"}


def view_files():
    """Every file of views and forms of the apps; the wiring has no rows of a practice."""
    for app in APPS[:-1]:
        for pattern in ("views.py", "views/*.py", "forms.py", "forms/*.py", "*_views.py", "*_forms.py"):
            yield from (ROOT / app).glob(pattern)


def unscoped(source):
    """Lines of views or forms that reach rows without saying for whom: [(line, what)]."""
    tree = ast.parse(source)
    parents = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in OTHER_WAYS:
            found.append((node.lineno, node.attr))
        elif isinstance(node, ast.Attribute) and node.attr == "objects" and not is_not_owned(node.value):
            parent = parents[node]
            called = isinstance(parents.get(parent), ast.Call) and parents[parent].func is parent
            if not (isinstance(parent, ast.Attribute) and parent.attr in WALL_2 and called):
                found.append((node.lineno, "objects"))
        elif isinstance(node, ast.Call) and name_of(node.func) in {"get_object_or_404", "get_list_or_404"}:
            asked = name_of(node.args[0]) if node.args else ""
            # A model by its name; a queryset in a variable was found where it was made.
            if asked[:1].isupper() and asked not in NOT_OWNED:
                found.append((node.lineno, "get_object_or_404"))
        elif isinstance(node, ast.Call) and name_of(node.func) in {"getattr", "__import__", "import_string"}:
            found.append((node.lineno, name_of(node.func)))
        elif isinstance(node, ast.Name) and node.id == "all_practices":
            found.append((node.lineno, "all_practices"))
    return found


def name_of(node):
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


def is_not_owned(node):
    return isinstance(node, ast.Name) and node.id in NOT_OWNED


def uses_of_all_practices():
    """`file:function` of every place that steps over the walls between practices."""
    found = set()
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.FunctionDef):
                    continue
                calls = (call for call in ast.walk(node) if isinstance(call, ast.Call))
                if any(name_of(call.func) == "all_practices" for call in calls):
                    found.add(f"{path.relative_to(ROOT)}:{node.name}")
    return found
