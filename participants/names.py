"""Names as they are searched and sorted: without accents and case, and without the particles of a Dutch last name."""

import unicodedata

PARTICLES = frozenset(
    "van de der den het 't ter ten te in op aan bij onder over uit voor la le l' du des d' el al von zu zum zur".split()
)


def fold(text: str) -> str:
    """The text in one case and without marks on its letters: `Zoë` and `ZOE` become `zoe`."""
    folded = _fold_once(text)
    # Some letters fold into ones that fold again.
    while (again := _fold_once(folded)) != folded:
        folded = again
    return folded


def _fold_once(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(mark for mark in decomposed if not unicodedata.combining(mark)).split())


def sort_key(given_name: str, family_name: str) -> str:
    """What a list sorts by, as in Dutch: `Anna van der Berg` stands under `berg anna`."""
    words = fold(family_name).split()
    while len(words) > 1 and words[0] in PARTICLES:
        words = words[1:]
    return " ".join([*words, fold(given_name)])


def split_name(name: str) -> tuple[str, str]:
    """First and last name: of `de Vries, Sanne`, `Anna Maria van der Berg`, `Sanne Vries`, `Sanne`."""
    if "," in name:
        family_name, given_name = name.split(",", 1)
        return given_name.strip(), family_name.strip()
    words = name.split()
    start = next((place for place, word in enumerate(words[1:], 1) if word.lower() in PARTICLES), 1)
    return " ".join(words[:start]), " ".join(words[start:])
