"""Which language a message is in."""

from __future__ import annotations

import subprocess
import sys

import pytest

from partnersignal.cleaning import language, latin_script
from tests.timing import computing_takes_under

SENTENCES = {
    "en": "We added capacity before it hurt you and called the plant twice.",
    "de": "Wir haben die Kapazität erhöht, bevor es Sie getroffen hat, und zweimal angerufen.",
    "fr": "Nous avons ajouté de la capacité avant que cela ne vous touche et appelé deux fois.",
    "es": "Hemos añadido capacidad antes de que les afectara y llamamos dos veces a la planta.",
    "it": "Abbiamo aggiunto capacità prima che vi colpisse e abbiamo chiamato due volte lo stabilimento.",
    "pt": "Aumentamos a capacidade antes que isso afetasse vocês e ligamos duas vezes para a fábrica.",
    "nl": "We hebben de capaciteit verhoogd voordat het u raakte en twee keer gebeld.",
    "da": "Vi har øget kapaciteten, før det ramte jer, og ringet to gange til fabrikken.",
    "sv": "Vi har ökat kapaciteten innan det drabbade er och ringt två gånger till fabriken.",
    "fi": "Lisäsimme kapasiteettia ennen kuin se haittasi teitä ja soitimme tehtaalle kahdesti.",
    "pl": "Dodaliśmy moc, zanim to państwa dotknęło, i dwa razy zadzwoniliśmy do zakładu.",
    "cs": "Přidali jsme kapacitu dříve, než vás to zasáhlo, a dvakrát jsme volali do závodu.",
    "ru": "Мы добавили мощности до того, как это коснулось вас, и дважды позвонили на завод.",
    "zh": "我们在影响到您之前增加了容量,并两次致电工厂。",
    "ja": "ご迷惑をおかけする前に容量を増やし、工場に二度電話しました。",
}


@pytest.mark.parametrize("code", SENTENCES)
def test_languages(code: str) -> None:
    assert language(SENTENCES[code]) == code


LOANS = [
    ("de", "Die neue Software läuft out of the box, unser Team braucht dafür kein Training und keine Any-to-any-Lizenz."),
    ("de", "Im Who-is-who der Branche, in What-if-Szenarien und How-to-Guides steht unser Angebot für Sie bereit."),
    (
        "de",
        "Das IT-Team hat das Update und den Rollout für morgen und den Know-how-Transfer vor dem Go-live geplant, siehe Memo.",
    ),
    (
        "nl",
        "De have-a-look sessie is verzet; kunnen jullie de backup en het update-plan voor the cloud nog mailen voor vrijdag?",
    ),
    ("da", "Vi har for at nå deadline for levering for længst bestilt transport for jer, og the order er bekræftet for i dag."),
    ("sv", "Vi behöver feedback om who is who i teamet innan mötet, annars blir det svårt att boka rätt folk for jobbet."),
]


@pytest.mark.parametrize(("code", "text"), LOANS)
def test_loan_words_do_not_make_it_english(code: str, text: str) -> None:
    assert language(text) == code


@pytest.mark.parametrize(
    "text",
    ["", "OK", "Danke!", "Merci, à demain", "4711 / 0815", "Müller GmbH & Co. KG", "Re: Angebot 17", "RFQ NO 4711 DN 50 PN 16"],
)
def test_too_short_to_say(text: str) -> None:
    assert language(text) in (None, "en")


@pytest.mark.parametrize(
    "text",
    [
        "fyi - mtg moved to 3 pm thurs, bring the Q3 numbers pls",
        "Herr Schmidt of Siemens AG in München called about the Kühlschrank order today.",
        "pls call me asap, need PO 4711 for the pump, rgds",
        "Please find the quote for 20 units of DN50 PN16 EN 1092-1 flanges ex works Bilbao.",
        "thx will do",
    ],
)
def test_clipped_english_is_not_taken_for_another_language(text: str) -> None:
    assert language(text) in (None, "en")


@pytest.mark.parametrize(
    ("text", "latin"), [("Wir", True), ("", True), ("4711", True), ("Мы", False), ("容量 ok", True), ("容量を増やし ok", False)]
)
def test_script(text: str, latin: bool) -> None:
    assert latin_script(text) is latin


def test_import_does_not_load_the_model() -> None:
    code = "import sys, partnersignal.cleaning; sys.exit('py3langid' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("unit", ["x", "a ", "容", "1", "\n", "é"])
def test_a_megabyte_takes_under_a_second(unit: str) -> None:
    language("warm up the model with these words")
    assert computing_takes_under(1, lambda: language(unit * (1_000_000 // len(unit))))
