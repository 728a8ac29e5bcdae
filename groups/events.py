"""What other apps may hear about a group and its people."""

from django.dispatch import Signal

# After somebody got or left a place, with `group` (CareGroup), `enrolments` (list of Enrolment) and `now` (datetime).
people_changed = Signal()

# After a group got another link to its online room, with `group` (CareGroup) and `now` (datetime).
link_changed = Signal()
