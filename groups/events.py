"""What other apps may hear about the people of a group."""

from django.dispatch import Signal

# After somebody got or left a place, with `group` (CareGroup), `enrolments` (list of Enrolment) and `now` (datetime).
people_changed = Signal()
