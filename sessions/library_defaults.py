"""The library that a new practice begins with, as its own copy to change. The program's own proposal, in Dutch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from groups.models import CareGroup
from practices.models import Practice
from sessions.library import ActivityFormat, LibraryTopic, Moment
from sessions.schedule import Part
from sessions.schedule_templates import PartnerPolicy

# (name, minutes, materials, how it goes)
Format = tuple[str, int, str, str]
OPENINGS: list[Format] = [
    (
        "Namen met een gebaar",
        10,
        "",
        "Ieder zegt haar naam met een gebaar erbij. De kring doet naam en gebaar na.",
    ),
    (
        "Weerbericht",
        10,
        "",
        "Ieder vertelt in één zin welk weer het vandaag bij haar is. Niemand hoeft uit te leggen.",
    ),
    (
        "Kaart kiezen",
        10,
        "fotokaarten",
        "Leg de kaarten in de kring. Ieder kiest er een die nu bij haar past en zegt waarom.",
    ),
    (
        "Sinds de vorige keer",
        10,
        "",
        "Wat is er gebeurd sinds de vorige bijeenkomst? Wie wil begint; ieder kort aan het woord.",
    ),
    (
        "Bol wol",
        10,
        "bol wol",
        "Wie vertelt houdt de draad vast en gooit de bol door. Aan het eind ligt er een web tussen iedereen.",
    ),
    (
        "Even landen",
        10,
        "",
        "Zit stil, voel je voeten op de grond en luister. Daarna noemt ieder één ding dat ze hoorde.",
    ),
    (
        "Trots op",
        10,
        "",
        "Ieder noemt iets waar ze trots op is sinds de vorige keer, hoe klein ook.",
    ),
]
FORMATS: list[Format] = [
    (
        "Kringgesprek",
        15,
        "",
        "Stel een open vraag en wacht. Geef vragen terug aan de kring: wie herkent dit?",
    ),
    (
        "Tweetallen",
        15,
        "",
        "In tweetallen over een vraag; na vijf minuten wisselen. Daarna noemt ieder tweetal één ding in de kring.",
    ),
    (
        "Stellingen",
        15,
        "stellingen op papier",
        "Lees een stelling voor. Eens gaat links staan, oneens rechts; laat twee kanten vertellen.",
    ),
    (
        "Waar of niet waar",
        15,
        "groene en rode kaartjes",
        "Lees zinnen voor; ieder steekt groen of rood op. Praat door over waar de kring verdeeld is.",
    ),
    (
        "Kaarten sorteren",
        20,
        "sorteerkaarten",
        "De groep legt de kaarten samen op volgorde of in stapels en praat over wat lastig is.",
    ),
    (
        "Flap vullen",
        15,
        "flap-over, stiften",
        "Ieder schrijft of roept; alles komt op de flap. De kring kiest waar ze over doorpraat.",
    ),
    (
        "Briefjes in de doos",
        15,
        "doos, briefjes, pennen",
        "Ieder schrijft een vraag zonder naam. Trek er om de beurt een; de kring antwoordt eerst.",
    ),
    (
        "Boodschappentas",
        20,
        "verpakkingen en boodschappen",
        "Haal om de beurt iets uit de tas. Wat weet de kring ervan, wat staat er op het etiket?",
    ),
    (
        "Steunkring tekenen",
        15,
        "papier, stiften",
        "Ieder tekent zichzelf in het midden en daaromheen wie er voor haar is. Delen mag.",
    ),
    (
        "Tijdlijn",
        20,
        "touw, kaarten met momenten",
        "Leg het touw in de kring. De groep hangt de momenten op volgorde en vult aan.",
    ),
    (
        "Bekken en pop",
        20,
        "bekkenmodel, pop",
        "Laat zien en laat zelf doen. De kring vertelt wat ze ziet en wil weten.",
    ),
    (
        "Houdingen oefenen",
        20,
        "matten, skippybal",
        "Doe houdingen voor en oefen samen, ook met de partner. Wat voelt goed?",
    ),
    (
        "Ontspannen oefenen",
        15,
        "matten, kussens",
        "Lees de oefening rustig voor. Na afloop: wat merkte je?",
    ),
    (
        "Wenskaarten",
        20,
        "kaarten met wensen",
        "Ieder kiest drie kaarten die voor haar tellen en legt ze op volgorde. Vertel aan elkaar waarom.",
    ),
    (
        "Oefenen met de pop",
        20,
        "poppen, luiers, draagdoek",
        "In tweetallen oefenen met de pop. Rond gaan, laten zien, van elkaar afkijken.",
    ),
    (
        "Rollenspel",
        15,
        "",
        "Twee mensen spelen een situatie; de kring zegt wanneer het anders kan en neemt de rol over.",
    ),
    (
        "Ervaring delen",
        20,
        "",
        "Een ouder uit een eerdere groep of de kring zelf vertelt. De anderen vragen door.",
    ),
    (
        "Gast aan het woord",
        20,
        "",
        "De gast vertelt kort wie zij is; de meeste tijd is voor vragen uit de kring.",
    ),
    (
        "Buurtkaart",
        20,
        "kaart van de buurt, stickers",
        "Plak waar je komt en wat je fijn vindt. Wat mist, wie kent een plek?",
    ),
    (
        "Centering slang",
        20,
        "spelbord met kaarten, dobbelsteen",
        "Speel het bordspel in de kring; bij een kaart praat de groep mee.",
    ),
    (
        "Speelkleed",
        20,
        "speelkleed, speelgoed",
        "De baby's liggen in het midden. Kijk samen wat ze doen en probeer iets uit.",
    ),
    (
        "Proeven",
        20,
        "hapjes, lepels, slabben",
        "Zet de hapjes in het midden. Laat de baby's proeven en vertel wat je ziet.",
    ),
    (
        "Voorlezen",
        15,
        "babyboekjes",
        "Kies een boekje en lees het je baby voor. Hoe reageert zij?",
    ),
]
CLOSINGS: list[Format] = [
    (
        "Eén woord",
        5,
        "",
        "Ieder zegt één woord over vandaag. Noem daarna de volgende datum.",
    ),
    (
        "Wat neem je mee?",
        5,
        "",
        "Ieder noemt één ding dat ze meeneemt naar huis.",
    ),
    (
        "Wens voor elkaar",
        5,
        "kaartjes, pennen",
        "Ieder schrijft een wens voor haar buurvrouw in de kring en geeft die.",
    ),
    (
        "Afscheid met foto",
        10,
        "camera",
        "Maak een foto van wie dat wil, kijk terug en zeg gedag.",
    ),
]
FORMATS_OF = {Moment.OPENING: OPENINGS, Moment.TOPIC: FORMATS, Moment.CLOSING: CLOSINGS}


@dataclass(frozen=True)
class Theme:
    """What one session is about: its theme, what its plan begins with, and its topics by title with their format."""

    title: str
    opening: str
    topics: Mapping[str, str]
    closing: str = "Wat neem je mee?"
    partners: PartnerPolicy = PartnerPolicy.WELCOME

    def parts(self, formats: Mapping[str, int]) -> list[Part]:
        """Its plan, with `formats` the keys of the activity formats by name; what the library lacks is left out."""
        around = [(self.opening, Moment.OPENING), (self.closing, Moment.CLOSING)]
        opening, closing = (
            [Part(title=name, moment=moment.value, format_id=formats[name])] if name in formats else []
            for name, moment in around
        )
        topics = [Part(title=title, format_id=formats.get(name)) for title, name in self.topics.items()]
        return [*opening, *topics, *closing]


PREGNANCY_THEMES = [
    Theme(
        "Kennismaken, voeding en leefstijl",
        "Namen met een gebaar",
        {
            "Kennismaken": "Tweetallen",
            "Afspraken in de groep": "Flap vullen",
            "Voeding": "Boodschappentas",
            "Leefstijl": "Stellingen",
        },
    ),
    Theme(
        "Je lichaam verandert",
        "Weerbericht",
        {
            "Veranderingen van je lichaam": "Kaarten sorteren",
            "Klachten en wat helpt": "Briefjes in de doos",
            "Bewegen": "Houdingen oefenen",
        },
    ),
    Theme(
        "Ontspanning, stress en werk",
        "Even landen",
        {"Ontspannen": "Ontspannen oefenen", "Omgaan met stress": "Tweetallen", "Werk en verlof": "Kringgesprek"},
        "Eén woord",
    ),
    Theme(
        "Relatie, veiligheid en steun",
        "Kaart kiezen",
        {
            "Je relatie": "Tweetallen",
            "Veilig thuis": "Kringgesprek",
            "Wie steunt jou?": "Steunkring tekenen",
            "Signalen waarbij je belt": "Waar of niet waar",
        },
    ),
    Theme(
        "De bevalling: plaats, wensen en begin",
        "Sinds de vorige keer",
        {
            "Waar bevallen?": "Stellingen",
            "Je wensen": "Wenskaarten",
            "Hoe een bevalling begint": "Waar of niet waar",
        },
    ),
    Theme(
        "De bevalling: pijn en verloop",
        "Kaart kiezen",
        {
            "Omgaan met pijn": "Houdingen oefenen",
            "Het verloop van de bevalling": "Bekken en pop",
            "De rol van de partner": "Tweetallen",
        },
        "Eén woord",
        PartnerPolicy.EXPECTED,
    ),
    Theme(
        "Je baby voeden",
        "Sinds de vorige keer",
        {
            "Borstvoeding": "Oefenen met de pop",
            "Kunstvoeding": "Waar of niet waar",
            "De eerste dagen": "Ervaring delen",
        },
    ),
    Theme(
        "De kraamweek",
        "Weerbericht",
        {
            "De kraamtijd": "Tijdlijn",
            "Herstel na de bevalling": "Kringgesprek",
            "Huilen en troosten": "Oefenen met de pop",
            "Samen ouders": "Tweetallen",
        },
        "Wens voor elkaar",
        PartnerPolicy.EXPECTED,
    ),
    Theme(
        "Ouder worden en je stemming",
        "Kaart kiezen",
        {
            "Ouder zijn": "Centering slang",
            "Je stemming": "Kringgesprek",
            "Kennismaken met de jeugdverpleegkundige": "Gast aan het woord",
        },
    ),
    Theme(
        "Terugkombijeenkomst met de baby's",
        "Trots op",
        {
            "Bevalverhalen": "Ervaring delen",
            "Hoe gaat het nu?": "Kringgesprek",
            "Verder met CenteringOuderschap": "Gast aan het woord",
        },
        "Afscheid met foto",
    ),
]
PARENTING_THEMES = [
    Theme(
        "Kennismaken, voeding en slaap",
        "Namen met een gebaar",
        {"Kennismaken": "Tweetallen", "De voeding van je baby": "Kringgesprek", "Veilig slapen": "Waar of niet waar"},
    ),
    Theme(
        "Huilen en troosten",
        "Weerbericht",
        {"Huilen": "Kringgesprek", "Troosten en ritme": "Flap vullen", "Hoe gaat het met jou?": "Tweetallen"},
        "Eén woord",
    ),
    Theme(
        "Spelen en taal",
        "Trots op",
        {"Spelen op de buik": "Speelkleed", "Praten en voorlezen": "Voorlezen", "Werk en opvang": "Kringgesprek"},
    ),
    Theme(
        "Eerste hapjes",
        "Sinds de vorige keer",
        {"Eerste hapjes": "Proeven", "Groei": "Briefjes in de doos", "Slapen": "Stellingen"},
    ),
    Theme(
        "In beweging",
        "Bol wol",
        {"Rollen en kruipen": "Speelkleed", "Een veilig huis": "Kaarten sorteren", "Opvang": "Kringgesprek"},
    ),
    Theme(
        "Eten met de pot mee",
        "Kaart kiezen",
        {"Eten met de pot mee": "Boodschappentas", "Tanden poetsen": "Oefenen met de pop", "Slapen": "Kringgesprek"},
    ),
    Theme(
        "Een jaar oud",
        "Trots op",
        {"Taal": "Voorlezen", "Grenzen en aandacht": "Rollenspel", "Schermen": "Stellingen"},
    ),
    Theme(
        "Opvoeden en verder",
        "Sinds de vorige keer",
        {
            "Opvoeden": "Stellingen",
            "De peuter": "Kringgesprek",
            "De buurt: wat is er te doen?": "Buurtkaart",
            "Afscheid": "Kringgesprek",
        },
        "Afscheid met foto",
    ),
]
THEMES_OF = {CareGroup.Kind.PREGNANCY: PREGNANCY_THEMES, CareGroup.Kind.PARENTING: PARENTING_THEMES}


def give_library(practice: Practice) -> dict[str, int]:
    """Give the practice the formats and topics that it does not have; what it changed stays. The formats by name.

    Twice at once is once: the names of a library differ.
    """
    ActivityFormat.objects.bulk_create(
        (
            ActivityFormat(practice=practice, name=name, moment=moment, minutes=minutes, materials=materials, how=how)
            for moment, formats in FORMATS_OF.items()
            for name, minutes, materials, how in formats
        ),
        ignore_conflicts=True,
    )
    formats = dict(ActivityFormat.objects.filter(practice=practice).values_list("name", "pk"))
    _give_topics(practice, formats)
    return formats


def _give_topics(practice: Practice, formats: Mapping[str, int]) -> None:
    topics: dict[str, LibraryTopic] = {}
    for kind, title, theme, name in _topics():
        new = LibraryTopic(practice=practice, title=title, theme=theme, suggested_id=formats.get(name), kinds=[])
        topic = topics.setdefault(title, new)
        if kind not in topic.kinds:
            topic.kinds.append(kind)
    LibraryTopic.objects.bulk_create(topics.values(), ignore_conflicts=True)


def _topics() -> Iterable[tuple[CareGroup.Kind, str, str, str]]:
    """(kind, title, theme, format) of every topic; a title may come more than once."""
    for kind, themes in THEMES_OF.items():
        for theme in themes:
            for title, name in theme.topics.items():
                yield kind, title, theme.title, name
