"""What a plan would come to, before anything is planned: dates, what is in their way, and who fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from groups.leading import is_doctor, worries
from groups.placement import Candidate
from participants.ages import weeks_and_days
from sessions.clashes import Clash, Taken
from sessions.openings import Opening
from sessions.planning import Frame, Surroundings, last_day_of, middle_of
from sessions.planning_forms import PlanForm
from sessions.schedule import Anchor, NoOpenDay, OutOfOrder, PlannedSession, asked_day
from sessions.wording import age_in_words, day_in_words

# Participants are seen one by one in the first half hour, three minutes each.
MOST_CHECKS = 10
FACILITATORS = 2


@dataclass(frozen=True)
class Date:
    """One date as the page shows it."""

    planned: PlannedSession
    age: str
    clashes: Sequence[Clash]
    # Where nothing is in the way, when something is here.
    openings: Sequence[Opening] = ()
    # What was chosen by hand, as the page carries it.
    chosen: str = ""
    # A doctor is expected and nobody is chosen.
    lacks_doctor: bool = False


@dataclass(frozen=True, kw_only=True)
class Preview:
    """`problem` says why there are no dates, or what keeps them from being planned."""

    dates: Sequence[Date] = ()
    people: Sequence[Candidate] = ()
    ticked: Set[int] = frozenset()
    notes: Sequence[str] = ()
    worries: Sequence[str] = ()
    problem: str = ""
    clashing: int = 0
    places: int = 0
    # Dates chosen by hand that no list of dates carries, as there is none.
    taken: Mapping[int, str] = field(default_factory=dict)

    @property
    def needs_substitutes(self) -> bool:
        """Somebody is away at a date."""
        return any(clash.taken is Taken.AWAY for one in self.dates for clash in one.clashes)

    @property
    def summary(self) -> str:
        """The dates in one sentence."""
        if not self.clashing:
            return ngettext("%d date, nothing in the way.", "%d dates, nothing in the way.", len(self.dates)) % len(
                self.dates
            )
        told = {"dates": len(self.dates), "clashing": self.clashing}
        return (
            ngettext(
                "%(dates)d dates; at %(clashing)d of them something is in the way.",
                "%(dates)d dates; at %(clashing)d of them something is in the way.",
                self.clashing,
            )
            % told
        )


def preview_of(form: PlanForm) -> Preview:
    """What the form would plan, as far as it is filled in."""
    ticked, people = set(form.given.get("people") or ()), form.candidates()
    nothing = Preview(people=people, ticked=ticked, places=form.given.get("target") or len(people))
    frame = form.frame
    if frame is None:
        return replace(nothing, problem=_missing(form))
    try:
        planned, around = frame.dates, frame.surroundings()
    except NoOpenDay as error:
        told = {"number": error.number, "day": day_in_words(error.day)}
        words = _("Session %(number)s finds no open day around %(day)s. Look at the closed days.")
        return replace(nothing, problem=words % told)
    except OutOfOrder as error:
        words = _("Session %(number)s is not after the one before it.") + " " + _("Choose its date again.")
        return replace(nothing, problem=words % {"number": error.number}, taken=_taken(form))
    in_the_way = frame.clashes(around)
    dates = [_date(form, frame, index, in_the_way, around) for index in range(len(planned))]
    return replace(
        nothing, dates=dates, notes=_notes(form, frame), worries=_worries(form, frame), clashing=len(in_the_way)
    )


def _date(
    form: PlanForm, frame: Frame, index: int, in_the_way: Mapping[int, Sequence[Clash]], around: Surroundings
) -> Date:
    one, wanted = frame.dates[index], frame.slots[index]
    clashes = in_the_way.get(wanted.number, ())
    age = age_in_words(one.step.anchor, middle_of(frame.window), one.day)
    free = frame.openings(index, around, now=form.now) if clashes else ()
    return Date(
        one,
        age,
        clashes,
        openings=free,
        chosen=_taken(form).get(wanted.number, ""),
        lacks_doctor=one.step.with_doctor and not any(is_doctor(role, who.profession) for role, who in frame.leads),
    )


def _taken(form: PlanForm) -> dict[int, str]:
    """What was chosen by hand, by session, as the page carries it."""
    return {number: start.isoformat() for number, start in form.chosen.items()}


def _missing(form: PlanForm) -> str:
    """What has to be filled in or mended before there are dates."""
    for name in ("window_from", "window_last", "first_on", "starts_at"):
        for error in form.errors.as_data().get(name, []):
            if error.code != "required":
                return " ".join(str(message) for message in error.messages)
    return _("Fill in the window, the first date and the time: the dates appear here.")


def _worries(form: PlanForm, frame: Frame) -> list[str]:
    """What is missing in those who are to lead."""
    language = form.given.get("language") or frame.practice.language
    return worries(language, usual=frame.practice.language, leads=frame.leads)


def _notes(form: PlanForm, frame: Frame) -> list[str]:
    """What is worth knowing about the series as a whole."""
    notes = []
    step, reference = frame.steps[0], middle_of(frame.window)
    if reference and step.anchor is Anchor.PREGNANCY:
        asked = asked_day(step, first_on=frame.first_on, reference=reference, last_due_on=last_day_of(frame.window))
        told = {"age": weeks_and_days(step.days), "day": day_in_words(asked)}
        notes.append(_("The schedule begins at %(age)s; for the middle of this window that is %(day)s.") % told)
    maximum = form.given.get("maximum")
    if maximum and maximum > MOST_CHECKS:
        notes.append(_("With more than ten people the checks take longer than the first half hour."))
    if maximum and frame.room and frame.room.seats < maximum + FACILITATORS:
        told_room = {"room": frame.room.name, "seats": frame.room.seats, "needed": maximum + FACILITATORS}
        notes.append(
            _("%(room)s has %(seats)s seats; a full group with its facilitators needs %(needed)s.") % told_room
        )
    return notes
