"""The participants of the demo, taken from the lists of names in a fixed order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from groups.models import CareGroup
from insight.demo.content import Organisation
from insight.demo.people import BOYS, BY_LANGUAGE, GIRLS, PARTNERS, words
from participants.models import Child, Participant, Pregnancy
from participants.names import fold, sort_key
from practices.models import Practice

STREETS_OF_A_TOWN = ("AB", "CK", "DM", "EH", "GV", "HX", "KL", "NP", "RS", "TW")


class Crowd:
    """Makes people of one practice, each name once."""

    def __init__(self, practice: Practice, organisation: Organisation) -> None:
        self.practice = practice
        self.organisation = organisation
        self.used: Counter[str] = Counter({"nl": organisation.names_from})
        self.made = 0

    def come(self, number: int, *, language: str, at: datetime) -> list[Participant]:
        """So many people, registered at that moment."""
        people = [self._person(language, at) for _ in range(number)]
        return Participant.objects.bulk_create(people)

    def expect(self, people: Sequence[Participant], kind: str, *, window: tuple[date, date]) -> None:
        """Give each a due date, or a baby, spread evenly over the window."""
        days = [window[0] + (window[1] - window[0]) * place // len(people) for place in range(len(people))]
        if kind == CareGroup.Kind.PREGNANCY:
            Pregnancy.objects.bulk_create(
                Pregnancy(practice=self.practice, participant=person, due_on=day)
                for person, day in zip(people, days, strict=True)
            )
        else:
            Child.objects.bulk_create(
                self.child(person, day, place) for place, (person, day) in enumerate(zip(people, days, strict=True))
            )

    def child(self, person: Participant, born_on: date, place: int, pregnancy: Pregnancy | None = None) -> Child:
        is_girl = (place + self.made) % 2 == 0
        called = words(GIRLS if is_girl else BOYS)
        term = (pregnancy.due_on - born_on).days if pregnancy else (place * 5) % 21 - 7
        return Child(
            practice=self.practice,
            participant=person,
            pregnancy=pregnancy,
            given_name=called[(place + self.made) % len(called)],
            born_on=born_on,
            sex=Child.Sex.FEMALE if is_girl else Child.Sex.MALE,
            gestational_days_at_birth=280 - term,
        )

    def _person(self, language: str, at: datetime) -> Participant:
        known = BY_LANGUAGE[language]
        given, family = known[self.used[language] % len(known)]
        self.used[language] += 1
        self.made += 1
        number = self.made
        partners = words(PARTNERS)
        address = fold(f"{given}.{family}").replace(" ", "").replace("ı", "i")
        return Participant(
            practice=self.practice,
            client_number=f"{self.organisation.letters}-{1000 + number}",
            given_name=given,
            family_name=family,
            search_key=fold(f"{given} {family}"),
            sort_key=sort_key(given, family),
            # One in twenty has no e-mail: her messages are told by telephone.
            email="" if number % 20 == 7 else f"{address}@example.org",
            phone=f"+316{number:08}",
            language=language,
            postcode=f"{self.organisation.postcode}{number % 9 + 1} {STREETS_OF_A_TOWN[number % 10]}",
            partner_name=partners[number % len(partners)] if number % 5 else "",
            created_at=at - timedelta(days=3),
        )
