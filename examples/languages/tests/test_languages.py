"""The model asked directly, and as users ask it: through a server."""

from pathlib import Path

import pytest

from deepaas.client import InvalidArguments
from deepaas.testing import serve
from languages.classifier import fit
from languages.messages import LOCALES, sentences, without_code
from languages.model import LANGUAGES, NAME, Languages

QUESTIONS = {
    "da": "Hvor er nærmeste station?",
    "de": "Wo ist der nächste Bahnhof?",
    "el": "Πού είναι ο πλησιέστερος σταθμός;",  # noqa: RUF001 - it is Greek
    "en": "Where is the station that is next to this place?",
    "es": "¿Dónde está la estación más cercana?",
    "fr": "Pouvez-vous me dire où se trouve la gare la plus proche ?",
    "it": "Dov'è la stazione più vicina?",
    "nl": "Waar is het dichtstbijzijnde station?",
    "pl": "Gdzie jest najbliższy dworzec?",
    "pt": "Onde fica a estação mais próxima?",
    "ru": "Где ближайший вокзал?",
    "sv": "Var är närmaste stationen?",
}


@pytest.fixture(scope="module")
def model():
    warmed = Languages()
    warmed.warm()
    return warmed


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_is_told_in_each_language(model, language):
    assert model.predict(QUESTIONS[language], 1)[0].language == language


def test_guesses_come_in_order_and_sum_to_one(model):
    probabilities = [guess.probability for guess in model.predict("Guten Morgen", len(LANGUAGES))]
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1, abs=0.001)


def test_nine_of_ten_sentences_that_were_held_out_are_told():
    *_, last = fit(LANGUAGES, epochs=5, longest=3, test_fraction=0.2)
    assert last.accuracy > 0.9


def test_each_language_has_a_hundred_sentences():
    found = [one.language for one in sentences(LANGUAGES)]
    assert min(map(found.count, LANGUAGES)) >= 100
    assert all("%" not in one.text and "`" not in one.text for one in sentences(("de",)))


def test_code_in_a_text_is_no_language():
    assert without_code("lese `conf.py` in %s, {count:d} Zeilen --help") == "lese in , Zeilen"
    assert (LOCALES / "de").is_dir()


def test_a_training_outside_of_a_server_leaves_a_classifier(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trained = Languages().train(epochs=1, longest=1)
    served = Languages()
    served.warm(Path.cwd())
    assert trained.epochs == 1
    assert (tmp_path / NAME).exists()
    assert served.predict(QUESTIONS["el"], 1)[0].language == "el"


@pytest.mark.timeout(300)
def test_a_training_is_watched_and_put_into_service():
    with serve("languages") as client:
        with pytest.raises(InvalidArguments) as refused:
            client.predict(text="", guesses=13)
        assert set(refused.value.messages) == {"text", "guesses"}
        answer = client.predict(text=QUESTIONS["de"], guesses=2)
        assert answer.value[0]["language"] == "de"
        assert len(answer.value) == 2
        assert answer.version == "1.0.0"
        training = client.train(epochs=2)
        training.wait()
        assert training.status == "done"
        assert training.result["output"]["accuracy"] > 0.9
        assert [one.step for one in training.metric_values()["accuracy"]] == [1, 2]
        training.promote()
        answer = client.predict(text=QUESTIONS["pl"], guesses=1)
        assert answer.value[0]["language"] == "pl"
        assert answer.version == training.uuid
