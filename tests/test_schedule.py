"""The date engine: pure, so it is asked for thousands of series."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sessions.schedule import (
    Anchor,
    ClosedDay,
    Code,
    NoOpenDay,
    OutOfOrder,
    Remark,
    Step,
    WorkingDays,
    moment,
    plan_series,
    suggested_first_day,
)

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
# The clock of a busy machine says nothing about the engine.
patiently = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
NINE_AND_ONE = [
    *(Step(number=n, anchor=Anchor.PREGNANCY, days=7 * week) for n, week in enumerate((16, 20, 24, 28, 30, 32), 1)),
    *(Step(number=n, anchor=Anchor.PREGNANCY, days=7 * week) for n, week in enumerate((34, 36, 38), 7)),
    Step(number=10, anchor=Anchor.LAST_BIRTH, days=42),
]
BY_AGE = [
    Step(number=n, anchor=Anchor.AGE, days=days) for n, days in enumerate((49, 91, 122, 152, 198, 274, 365, 426), 1)
]
EVERY_FOUR_DAYS = [Step(number=n, anchor=Anchor.SERIES, days=4 * (n - 1), margin_days=2) for n in range(1, 7)]
# Thursday; 16 weeks of a pregnancy that is due on 20 May.
FIRST = date(2026, 12, 3)
DUE = date(2027, 5, 20)
LAST_DUE = date(2027, 6, 2)


def plan(steps=NINE_AND_ONE, *, closed=(), **given):
    given = {"first_on": FIRST, "at": time(19, 30), "reference": DUE, "last_due_on": LAST_DUE, **given}
    given.setdefault("days", WorkingDays(closed={day: ClosedDay("Koningsdag", is_public=True) for day in closed}))
    return plan_series(steps, zone=AMSTERDAM, **given)


def codes(session):
    return [remark.code for remark in session.remarks]


def test_a_pregnancy_series_keeps_the_weeks_of_its_template_on_the_weekday_of_the_first_date():
    series = plan()

    weeks = [(280 - (DUE - session.day).days) / 7 for session in series[:9]]
    assert weeks == [16, 20, 24, 28, 30, 32, 34, 36, 38]
    assert {session.day.weekday() for session in series} == {FIRST.weekday()}
    assert not any(session.remarks for session in series)


def test_the_reunion_comes_six_weeks_after_the_latest_due_date_or_on_the_next_such_weekday():
    assert plan()[9].day == date(2027, 7, 15)
    assert plan(last_due_on=date(2027, 6, 3))[9].day == date(2027, 7, 15)
    assert plan(last_due_on=date(2027, 6, 4))[9].day == date(2027, 7, 22)


def test_a_chosen_first_date_replaces_session_one_only():
    usual = plan()

    later = plan(first_on=FIRST + timedelta(7))

    assert later[0].day == FIRST + timedelta(7)
    assert [session.day for session in later[1:]] == [session.day for session in usual[1:]]
    assert codes(later[0]) == []


def test_another_weekday_moves_the_others_to_their_nearest_day_of_it():
    series = plan(first_on=date(2026, 11, 30))

    assert {session.day.weekday() for session in series} == {0}
    assert all(abs((mon.day - thu.day).days) <= 3 for mon, thu in zip(series[:9], plan()[:9], strict=True))


def test_a_first_date_outside_the_margin_of_its_template_is_planned_with_a_warning():
    session = plan(first_on=FIRST + timedelta(14))[0]

    assert session.remarks == (Remark(Code.OUTSIDE_MARGIN, FIRST),)
    assert session.remarks[0].is_warning


def test_a_parenting_series_follows_the_age_of_the_babies():
    born = date(2026, 9, 15)

    series = plan(BY_AGE, first_on=born + timedelta(49), reference=born, last_due_on=None)

    assert [(session.day - born).days for session in series] == [49, 91, 119, 154, 196, 273, 364, 427]


def test_a_theme_group_counts_from_its_first_session():
    steps = [Step(number=n, anchor=Anchor.SERIES, days=14 * (n - 1)) for n in range(1, 4)]

    series = plan(steps, reference=None, last_due_on=None)

    assert [session.day - FIRST for session in series] == [timedelta(0), timedelta(14), timedelta(28)]


def test_without_a_window_there_is_nothing_to_count_weeks_of_pregnancy_from():
    with pytest.raises(ValueError, match="no window"):
        plan(reference=None, last_due_on=None)


def test_a_holiday_moves_the_session_a_whole_week_towards_the_day_asked_for():
    fifth = date(2027, 3, 11)
    earlier = plan(first_on=FIRST, closed=[fifth], reference=DUE - timedelta(2))[4]
    later = plan(first_on=FIRST, closed=[fifth], reference=DUE + timedelta(2))[4]

    assert earlier.day == fifth - timedelta(7)
    assert later.day == fifth + timedelta(7)
    assert later.remarks == (Remark(Code.PUBLIC_HOLIDAY, fifth, "Koningsdag"),)
    assert not later.remarks[0].is_warning


def test_when_both_weeks_are_closed_too_the_nearest_working_day_is_taken():
    fifth = date(2027, 3, 11)

    session = plan(closed=[fifth - timedelta(7), fifth, fifth + timedelta(7)])[4]

    assert session.day == fifth - timedelta(1)
    assert codes(session) == [Code.PUBLIC_HOLIDAY]


def test_a_narrow_margin_moves_by_days_and_never_into_the_weekend():
    steps = [Step(number=n, anchor=Anchor.SERIES, days=28 * (n - 1), margin_days=3) for n in (1, 2)]
    friday = date(2027, 1, 1)

    session = plan(steps, first_on=friday - timedelta(28), closed=[friday, friday - timedelta(1)])[1]

    assert session.day == friday - timedelta(2)


def test_a_session_that_finds_no_day_in_its_margin_stands_outside_it_with_a_warning():
    fifth = date(2027, 3, 11)

    session = plan(closed=[fifth + timedelta(offset) for offset in range(-8, 9)])[4]

    assert session.day in (fifth - timedelta(14), fifth + timedelta(14))
    assert codes(session) == [Code.PUBLIC_HOLIDAY, Code.OUTSIDE_MARGIN]


def test_own_closed_days_give_their_own_reason():
    fifth = date(2027, 3, 11)
    days = WorkingDays(closed={fifth: ClosedDay("Studiedag", is_public=False)})

    assert plan(days=days)[4].remarks == (Remark(Code.CLOSED, fifth, "Studiedag"),)


def test_a_practice_that_stays_closed_has_no_day():
    closed = [date(2027, 1, 1) + timedelta(offset) for offset in range(1200)]

    with pytest.raises(NoOpenDay) as refused:
        plan(closed=closed)

    assert refused.value.number == 3


def test_a_late_first_date_pushes_what_would_come_before_it():
    series = plan(first_on=FIRST + timedelta(35))

    assert series[1].day == FIRST + timedelta(42)
    assert codes(series[1]) == [Code.AFTER_PREVIOUS, Code.OUTSIDE_MARGIN]
    assert series[2].day == plan()[2].day


@pytest.mark.parametrize(
    ("free", "weeks", "moved"),
    [(1, 0, 0), (1, 1, 7), (2, 1, 0), (2, 2, 0)],
    ids=["that do not matter", "of a week", "beyond what they weigh", "beyond the margin"],
)
def test_school_holidays_are_avoided_as_far_as_they_weigh_inside_the_margin_and_else_a_remark(free, weeks, moved):
    second = date(2026, 12, 31)
    school = {second + timedelta(offset): "Kerstvakantie" for offset in range(-14, 7 * free)}

    session = plan(days=WorkingDays(school=school), school_weeks=weeks)[1]

    assert session.day == second + timedelta(moved)
    code = Code.SCHOOL_AVOIDED if moved else Code.SCHOOL_HOLIDAY
    assert session.remarks == (Remark(code, second, "Kerstvakantie"),)


def test_years_without_known_school_holidays_say_so():
    series = plan(days=WorkingDays(school_known_until=date(2027, 4, 1)))

    assert [session.step.number for session in series if Code.SCHOOL_UNKNOWN in codes(session)] == [7, 8, 9, 10]


def test_a_session_can_be_put_at_a_moment_of_its_own_even_on_a_closed_day():
    king_s_day = date(2027, 4, 27)
    at_ten = datetime.combine(king_s_day, time(10), tzinfo=AMSTERDAM)

    series = plan(closed=[king_s_day], chosen={8: at_ten})

    assert (series[7].starts_at, series[7].day) == (at_ten, king_s_day)
    assert codes(series[7]) == [Code.ON_CLOSED_DAY]
    assert series[8].day > king_s_day


def test_a_moment_before_the_session_before_it_is_refused():
    with pytest.raises(OutOfOrder) as refused:
        plan(chosen={3: datetime(2026, 12, 31, 10, tzinfo=UTC)})

    assert refused.value.number == 3


def test_a_first_day_is_suggested_from_the_template_and_is_a_working_day():
    days = WorkingDays(closed={FIRST: ClosedDay("Sinterklaas", is_public=False)})
    given = {"reference": DUE, "last_due_on": LAST_DUE, "days": days}

    assert suggested_first_day(NINE_AND_ONE[0], earliest=date(2026, 11, 1), **given) == FIRST + timedelta(1)
    assert suggested_first_day(NINE_AND_ONE[0], earliest=date(2026, 12, 5), **given) == date(2026, 12, 7)


@pytest.mark.parametrize("step", [NINE_AND_ONE[3], BY_AGE[2]])
def test_a_step_survives_being_stored(step):
    assert Step.from_json(step.as_json()) == step


@patiently
@given(st.sampled_from(Code), st.dates(), st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=80))
def test_a_remark_survives_being_stored(code, day, name):
    remark = Remark(code, day, name)

    assert Remark.from_text(remark.as_text()) == remark
    assert len(remark.as_text()) <= 120


@st.composite
def plans(draw):
    """Any window, template, first evening and calendar that leaves some days open."""
    steps = draw(st.sampled_from([NINE_AND_ONE, BY_AGE, EVERY_FOUR_DAYS]))
    reference = draw(st.dates(date(2020, 1, 1), date(2035, 1, 1)))
    last_due = reference + timedelta(draw(st.integers(0, 20)))
    asked = {Anchor.PREGNANCY: reference - timedelta(168), Anchor.AGE: reference + timedelta(49)}
    first_on = asked.get(steps[0].anchor, reference) + timedelta(draw(st.integers(-60, 60)))
    offsets = draw(st.sets(st.integers(-80, 600), max_size=60))
    weeks_off = draw(st.sets(st.integers(0, 80), max_size=12))
    shut = {first_on + timedelta(offset) for offset in offsets}
    shut |= {first_on + timedelta(7 * week + offset) for week in weeks_off for offset in range(7)}
    closed = {day: ClosedDay("dicht", is_public=False) for day in shut - {first_on}}
    at = time(draw(st.integers(6, 22)), draw(st.sampled_from([0, 15, 30, 45])))
    return steps, {
        "reference": reference,
        "last_due_on": last_due,
        "first_on": first_on,
        "at": at,
        "days": WorkingDays(closed=closed),
    }


@settings(patiently, max_examples=300)
@given(plans())
def test_every_series_rises_stays_off_closed_days_and_keeps_its_hour(case):
    steps, given = case

    series = plan(steps, **given)

    days = [session.day for session in series]
    assert days == sorted(set(days))
    assert not set(days) & set(given["days"].closed)
    for session, step in zip(series, steps, strict=True):
        local = session.starts_at.astimezone(AMSTERDAM)
        assert (local.date(), local.time()) == (session.day, given["at"])
        assert session.ends_at - session.starts_at == timedelta(minutes=step.minutes)
        if step.anchor is Anchor.LAST_BIRTH:
            assert session.day > given["last_due_on"]


@settings(patiently, max_examples=200)
@given(plans())
def test_whoever_leaves_the_margin_says_so_and_nobody_else(case):
    steps, given = case

    series = plan(steps, **given)
    without = plan(steps, **{**given, "days": WorkingDays()})

    for session, undisturbed in list(zip(series, without, strict=True))[1:]:
        if Code.AFTER_PREVIOUS not in codes(session) + codes(undisturbed):
            moved = abs((session.day - undisturbed.day).days)
            assert (Code.OUTSIDE_MARGIN in codes(session)) == (moved > session.step.margin_days)
            assert (moved > 0) == (Code.CLOSED in codes(session))


@patiently
@given(st.dates(date(2015, 1, 1), date(2040, 1, 1)), st.integers(6, 22))
def test_a_session_at_half_past_stays_there_when_the_clocks_change(day, hour):
    moments = [moment(day + timedelta(weeks=week), time(hour, 30), AMSTERDAM) for week in range(60)]

    assert {m.astimezone(AMSTERDAM).time() for m in moments} == {time(hour, 30)}
    assert {m.hour for m in moments} == {hour - 1, hour - 2}
