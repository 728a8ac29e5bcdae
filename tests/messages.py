"""The catalogue of translations against the source: `python -m tests.messages`, with `--update` to write it anew.

Source strings are English; locale/nl holds the Dutch. The check fails on a string without Dutch, on one that is no
longer in the source, on fields that differ between the two, and on words in a template outside a translation.
"""

import os
import re
import sys
from datetime import UTC, datetime

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.pofile import read_po, write_po

from tests.walls import APPS, ROOT

CATALOGUE = ROOT / "locale" / "nl" / "LC_MESSAGES" / "django.po"
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "_": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
FIELD = re.compile(r"%\((\w+)\)s|%[sd]|\{(\w*)\}")
IN_A_TAG = re.compile(r"""_\(("[^"]*"|'[^']*')\)""")
# Markup, template tags and comments; what is left of a template is what a person reads.
NOT_WORDS = re.compile(
    r"{%\s*block body_class.*?endblock.*?%}"
    r"|{#.*?#}|{%\s*comment.*?endcomment\s*%}|{%\s*blocktranslate.*?endblocktranslate\s*%}|{%.*?%}|{{.*?}}"
    # The last are the gaps of a stencil, see checks/templatetags/board.py.
    r"|<!--.*?-->|<svg.*?>|<[^>]*>|&\w+;|{\w+}",
    re.DOTALL,
)
READ_OUT = re.compile(r"\s(?:aria-label|title|alt|placeholder|label)=\"([^\"{]*[A-Za-z]{2}[^\"{]*)\"")


def templates():
    for folder in (ROOT / "templates", *(ROOT / app / "templates" for app in APPS)):
        yield from sorted(folder.rglob("*.html"))
        yield from sorted(folder.rglob("*.txt"))


def extract():
    """The messages of all Python files and templates, as a Babel catalogue."""
    catalog = Catalog(locale="nl", project="centering", charset="utf-8", fuzzy=False)
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" in path.parts:
                continue
            for line, message, comments, context in extract_from_file("python", str(path), KEYWORDS, ["Translators:"]):
                add(catalog, path, line, message, context, comments)
    for path in templates():
        for line, message, context in of_template(path):
            add(catalog, path, line, message, context, [])
    return catalog


def add(catalog, path, line, message, context, comments):
    if message and message != ("",):
        where = [(str(path.relative_to(ROOT)), line)]
        catalog.add(message, None, where, auto_comments=comments, context=context)


def of_template(path):
    """(line, message or (singular, plural), context) of each translation in a template, as Django itself reads it."""
    from django.template import Engine, Template
    from django.template.base import FilterExpression
    from django.templatetags.i18n import BlockTranslateNode, TranslateNode

    source = path.read_text()
    yield from inside_tags(source)
    template = Template(source, engine=Engine.get_default())
    for node in walk(template.nodelist):
        line = node.token.lineno
        context = getattr(node, "message_context", None)
        context = str(context.var) if isinstance(context, FilterExpression) else None
        if isinstance(node, TranslateNode):
            yield (
                line,
                node.filter_expression.var
                if isinstance(node.filter_expression.var, str)
                else (node.filter_expression.var.literal),
                context,
            )
        elif isinstance(node, BlockTranslateNode):
            singular, _variables = node.render_token_list(node.singular)
            plural = node.render_token_list(node.plural)[0] if node.plural else None
            tidy = " ".join if node.trimmed else None
            words = [trimmed(part) if tidy else part for part in (singular, plural) if part is not None]
            yield line, tuple(words) if plural is not None else words[0], context


def inside_tags(source):
    """(line, message, no context) of each _("…") among the words of a tag or in a variable."""
    from django.template.base import Lexer, TokenType

    for token in Lexer(source).tokenize():
        if token.token_type in {TokenType.BLOCK, TokenType.VAR}:
            for found in IN_A_TAG.findall(token.contents):
                yield token.lineno, found[1:-1], None


def trimmed(text):
    from django.utils.translation import trim_whitespace

    return trim_whitespace(text)


def walk(nodelist):
    from django.template.base import Node, NodeList

    for node in nodelist:
        if not isinstance(node, Node):
            continue
        yield node
        for value in vars(node).values():
            if isinstance(value, NodeList):
                yield from walk(value)
            elif isinstance(value, list | tuple):
                for part in value:
                    parts = part if isinstance(part, list | tuple) else [part]
                    for inner in parts:
                        if isinstance(inner, NodeList):
                            yield from walk(inner)


def bare_words(source):
    """Words that a template shows or reads out without translating them."""
    shown = NOT_WORDS.sub(" ", source)
    words = [word.strip() for word in shown.split("\n") if re.search(r"[^\W\d_]{2}", word)]
    return words + READ_OUT.findall(re.sub(r"{%.*?%}|{{.*?}}", "{", source, flags=re.DOTALL))


def complaints():
    with CATALOGUE.open("rb") as file:
        dutch = read_po(file, locale="nl")
    source = extract()
    key = lambda message: (message.context, message.id)  # noqa: E731
    translated = {key(message): message for message in dutch if message.id}
    wanted = {key(message): message for message in source if message.id}
    for missing in sorted(set(wanted) - set(translated), key=str):
        yield f"no Dutch: {missing[1]!r} ({wanted[missing].locations[0]})"
    for stale in sorted(set(translated) - set(wanted), key=str):
        yield f"no longer in the source: {stale[1]!r}"
    for known in sorted(set(wanted) & set(translated), key=str):
        message = translated[known]
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.fuzzy or len(strings) < len(ids) or not all(strings):
            yield f"no Dutch: {message.id!r}"
        # A singular may leave the number out; the plural names every field.
        elif set(FIELD.findall(ids[-1])) != set(FIELD.findall(strings[-1])) or any(
            set(FIELD.findall(text)) - set(FIELD.findall(ids[-1])) for text in strings
        ):
            yield f"fields differ: {message.id!r}"
    for path in templates():
        for words in bare_words(path.read_text()):
            yield f"words outside a translation in {path.relative_to(ROOT)}: {words!r}"


def update():
    """Write the catalogue with every message of the source: known Dutch is kept, the rest is left empty."""
    catalog = Catalog(locale="nl", charset="utf-8", fuzzy=False)
    if CATALOGUE.exists():
        with CATALOGUE.open("rb") as file:
            catalog = read_po(file, locale="nl")
    catalog.update(extract(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    catalog.revision_date = catalog.creation_date = datetime(2026, 1, 1, tzinfo=UTC)
    catalog.header_comment = "# Dutch, for the English in the source. Written by python -m tests.messages --update."
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    with CATALOGUE.open("wb") as file:
        write_po(file, catalog, width=120, sort_output=True, include_lineno=False, ignore_obsolete=True)


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    if "--update" in sys.argv:
        update()
        return 0
    found = list(complaints())
    for line in found:
        print(line)
    print(f"{len(found)} complaints about translations")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
