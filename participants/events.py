"""What the apps above may want to follow when somebody's data change."""

from django.dispatch import Signal

# Sent inside the transaction with `participant` and `now`: how or whether a person may be reached is different now.
contact_wishes_changed = Signal()
