"""What an address calls a kind of group: no word about health stands in it."""

from groups.models import CareGroup

BY_CODE = {"cz": CareGroup.Kind.PREGNANCY, "co": CareGroup.Kind.PARENTING, "theme": CareGroup.Kind.THEME}
CODES = {kind: code for code, kind in BY_CODE.items()}
# (code, label), as a list of choices wants them.
CHOICES = [(code, kind.label) for code, kind in BY_CODE.items()]
