"""The three organisations of the demo and their groups, as plain data. Days count from the day of loading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import time

from neighbourhood.models import Partner
from practices.models import Practice, Profession, Role

COORDINATOR, FACILITATOR, CO = Role.COORDINATOR, Role.FACILITATOR, Role.CO_FACILITATOR
NINE_AND_ONE, EIGHT_AND_ONE = "9 + 1, vanaf week 16", "8 + 1, tot week 37"
EIGHT_SESSIONS = "8 bijeenkomsten, tot 14 maanden"

# Hours that do not overlap: whoever leads several groups, in whatever weeks, is never in two rooms at once.
MORNING, NOON, AFTERNOON, DUSK, EVENING = time(9, 30), time(12), time(14, 30), time(17), time(19, 30)


@dataclass(frozen=True, kw_only=True)
class Staff:
    """Somebody who works there; `account` before the @ of the practice's own address, or a whole address of a guest."""

    account: str
    name: str
    role: Role
    profession: Profession
    trained: bool = True
    organisation: str = ""
    days_left: int | None = None


@dataclass(frozen=True, kw_only=True)
class Place:
    name: str
    street: str
    postcode: str
    town: str


@dataclass(frozen=True, kw_only=True)
class Group:
    """A group, placed in time by one of its sessions: `session` is `day` days from the day of loading.

    `joining` of the `enrolled` got their place at the moment of loading, so that their message leaves then.
    """

    name: str
    template: str
    session: int
    day: int
    at: time
    room: str
    first: str
    co: str | None
    enrolled: int
    joining: int = 0
    left: int = 0
    invited: int = 0
    declined: int = 0
    waiting: int = 0
    language: str = "nl"
    sizes: tuple[int, int, int] | None = None
    doctor: str | None = None
    # A guest of another organisation at one session: (account, number).
    guest: tuple[str, int] | None = None
    # Sessions before today that are still to be closed; the value of their story waits for review.
    open: bool = False
    # The mail server refused what one of them was sent a week before the session.
    refused: bool = False
    # Somebody gave birth four days ago, before the series was over.
    early_birth: bool = False
    # The course of one person's or baby's values: a name in values.STORIES.
    story: str = ""
    # (title of an activity, number of the session it is tied to, agreements)
    meets: Sequence[tuple[str, int, str]] = ()


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    name: str
    kind: Partner.Kind
    contact: str
    street: str
    postcode: str
    town: str
    # (title, what happens there, when and where)
    activities: Sequence[tuple[str, str, str]]


@dataclass(frozen=True, kw_only=True)
class Organisation:
    slug: str
    name: str
    kind: Practice.Kind
    sender: str
    phone: str
    postcode: str
    letters: str
    staff: Sequence[Staff]
    rooms: Sequence[Place]
    groups: Sequence[Group]
    neighbours: Sequence[Neighbour]
    # People with a due date or a baby who have no place yet.
    unplaced: int = 0
    # Where in the list of names this organisation begins.
    names_from: int = field(default=0)


DE_KRING = Organisation(
    slug="de-kring",
    name="Verloskundigen De Kring",
    kind=Practice.Kind.MIDWIFERY,
    sender="De Kring",
    phone="+31300000001",
    postcode="353",
    letters="DK",
    unplaced=9,
    staff=[
        Staff(account="coordinator", name="Carla van Dijk", role=COORDINATOR, profession=Profession.OTHER),
        Staff(account="midwife", name="Marloes Bakker", role=FACILITATOR, profession=Profession.MIDWIFE),
        Staff(account="assistant", name="Yasmina El Idrissi", role=CO, profession=Profession.ASSISTANT),
        Staff(account="femke", name="Femke de Boer", role=FACILITATOR, profession=Profession.MIDWIFE),
        Staff(account="interpreter", name="Rania Haddad", role=CO, profession=Profession.INTERPRETER),
        Staff(
            account="denise",
            name="Denise Pinas",
            role=CO,
            profession=Profession.MATERNITY_ASSISTANT,
            organisation="Kraamzorg De Wieg",
            days_left=400,
        ),
        Staff(
            account="lotte@jgz-vechtstreek.example",
            name="Lotte Verhoeven",
            role=CO,
            profession=Profession.YOUTH_NURSE,
            organisation="JGZ Vechtstreek",
            days_left=180,
        ),
    ],
    rooms=[
        Place(name="De Huiskamer", street="Kanaalstraat 112", postcode="3531 CK", town="Utrecht"),
        Place(name="Buurthuis Oase", street="Cartesiusweg 9", postcode="3534 BA", town="Utrecht"),
    ],
    groups=[
        Group(
            name="Kring Eik",
            template=NINE_AND_ONE,
            session=10,
            day=-10,
            at=EVENING,
            room="Buurthuis Oase",
            first="femke",
            co="denise",
            enrolled=10,
            left=1,
            declined=2,
            meets=[("BoekStart voor ouders en baby's", 10, "Mieke komt met de koffertjes.")],
        ),
        Group(
            name="Kring Linde",
            template=NINE_AND_ONE,
            session=5,
            day=0,
            at=EVENING,
            room="De Huiskamer",
            first="midwife",
            co="assistant",
            enrolled=10,
            left=1,
            declined=1,
            story="climbs",
            meets=[("Rondleiding in de bibliotheek", 5, "Mieke staat om kwart voor acht bij de deur.")],
        ),
        Group(
            name="Kring Berk",
            template=NINE_AND_ONE,
            session=8,
            day=-1,
            at=AFTERNOON,
            room="De Huiskamer",
            first="midwife",
            co="assistant",
            enrolled=9,
            declined=3,
            story="reviewed",
            early_birth=True,
            guest=("lotte@jgz-vechtstreek.example", 9),
            meets=[("Spreekuur zonder afspraak", 8, "Het buurtteam vertelt waar je terecht kunt.")],
        ),
        Group(
            name="Kring Wilg",
            template=NINE_AND_ONE,
            session=6,
            day=-5,
            at=NOON,
            room="De Huiskamer",
            first="midwife",
            co="assistant",
            enrolled=8,
            open=True,
            story="waits",
        ),
        Group(
            name="Arabische kring",
            template=EIGHT_AND_ONE,
            session=3,
            day=5,
            at=MORNING,
            room="Buurthuis Oase",
            first="femke",
            co="interpreter",
            enrolled=7,
            language="ar",
            sizes=(5, 8, 10),
            meets=[("Taalcafé", 4, "Rania gaat mee.")],
        ),
        Group(
            name="Kring Beuk",
            template=NINE_AND_ONE,
            session=1,
            day=6,
            at=DUSK,
            room="De Huiskamer",
            first="midwife",
            co="assistant",
            enrolled=9,
            joining=2,
            refused=True,
            invited=1,
            declined=2,
            meets=[("Wandeling door de wijk", 2, "Verzamelen bij de praktijk.")],
        ),
        Group(
            name="Kring Els",
            template=NINE_AND_ONE,
            session=1,
            day=16,
            at=MORNING,
            room="De Huiskamer",
            first="midwife",
            co="denise",
            enrolled=3,
            invited=4,
            declined=1,
        ),
        Group(
            name="Kring Esdoorn",
            template=NINE_AND_ONE,
            session=1,
            day=45,
            at=AFTERNOON,
            room="Buurthuis Oase",
            first="femke",
            co=None,
            enrolled=5,
            invited=3,
            waiting=1,
        ),
    ],
    neighbours=[
        Neighbour(
            name="Bibliotheek Lombok",
            kind=Partner.Kind.LIBRARY,
            contact="Mieke Roos",
            street="Kanaalstraat 199",
            postcode="3531 CG",
            town="Utrecht",
            activities=[
                (
                    "BoekStart voor ouders en baby's",
                    "Voorlezen aan de allerkleinsten, met een koffertje voor thuis.",
                    "Elke woensdag om 10.00 uur",
                ),
                ("Rondleiding in de bibliotheek", "Kennismaken, en een pasje voor wie wil.", "In overleg"),
            ],
        ),
        Neighbour(
            name="Buurtteam West",
            kind=Partner.Kind.NEIGHBOURHOOD_TEAM,
            contact="Hassan Bouzid",
            street="Vleutenseweg 386",
            postcode="3532 HW",
            town="Utrecht",
            activities=[
                (
                    "Spreekuur zonder afspraak",
                    "Vragen over geld, wonen, werk en opvoeden.",
                    "Dinsdag en donderdag van 9.00 tot 12.00 uur",
                )
            ],
        ),
        Neighbour(
            name="Buurtcentrum Rosa",
            kind=Partner.Kind.COMMUNITY_CENTRE,
            contact="Wilma Pieters",
            street="Malakkastraat 6",
            postcode="3531 HM",
            town="Utrecht",
            activities=[
                ("Babycafé", "Koffie, een speelkleed en andere ouders.", "Vrijdag van 10.00 tot 11.30 uur"),
                ("Taalcafé", "Nederlands oefenen, kinderen mogen mee.", "Maandag van 13.00 tot 15.00 uur"),
            ],
        ),
        Neighbour(
            name="Wijkwandelaars",
            kind=Partner.Kind.SPORT,
            contact="Thea Jongsma",
            street="",
            postcode="3532",
            town="Utrecht",
            activities=[("Wandeling door de wijk", "Een uur langs groen, speeltuinen en koffie.", "In overleg")],
        ),
    ],
)
