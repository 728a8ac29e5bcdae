"""What the facilitators of the demo wrote down after an evening, without names."""

from elements.models import ElementAnswer

YES, PARTLY, NO = ElementAnswer.Answer.YES, ElementAnswer.Answer.PARTLY, ElementAnswer.Answer.NO

# (went well, was difficult, next time); each evening takes the next one.
DEBRIEFS = [
    (
        "Iedereen vond snel een plek. De kennismaking met de foto's werkte goed.",
        "De eerste meting duurde lang.",
        "Twee meethoeken maken.",
    ),
    ("Veel gelachen, en toch een goed gesprek over werk en verlof.", "", "De stellingen weer gebruiken."),
    ("De groep gaf elkaar antwoord; wij hoefden weinig te zeggen.", "Twee mensen kwamen laat binnen.", ""),
    (
        "De partners deden mee aan de oefening met houdingen.",
        "De zaal was klein met zoveel mensen.",
        "Stoelen van de gang halen.",
    ),
    (
        "Er kwam veel op tafel over slapen.",
        "Te weinig tijd voor de afsluiting.",
        "Om vijf voor half beginnen met afronden.",
    ),
    ("Zelf meten gaat nu vanzelf.", "", "Iemand uit de groep laten uitleggen."),
    ("Mooie verhalen, ook van wie meestal stil is.", "Het gesprek bleef lang bij één onderwerp.", "Kaartjes trekken."),
    ("De gast uit de wijk sloot goed aan.", "", "Vooraf bellen over de tijd."),
]

# Answers of the first facilitator and the co-facilitator to what is asked, each evening the next.
ANSWERS_FIRST = [YES, YES, PARTLY, YES, YES, YES, PARTLY]
ANSWERS_CO = [YES, PARTLY, YES, YES, NO, YES, YES, PARTLY, YES]
ANSWERS_OBSERVER = [YES, NO, PARTLY, YES]

# What is noted of a turn one to one.
TURN_NOTES = (
    "Gedaan, geen bijzonderheden.",
    "Gedaan. Wil volgende keer iets vragen.",
    "Gedaan, met haar partner erbij.",
)
