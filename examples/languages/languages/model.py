"""The model, as a typed class: arguments and answers follow from its hints and docstrings.

The server imports this module to describe the model; what is heavy is imported in the workers.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from annotated_types import Interval, Len

import deepaas

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

Language = Literal["da", "de", "el", "en", "es", "fr", "it", "nl", "pl", "pt", "ru", "sv"]
LANGUAGES = get_args(Language)
NAME = "languages.joblib"
EPOCHS, LONGEST = 5, 3


@dataclass
class Guess:
    """What a text may be written in."""

    language: Language
    probability: float


@dataclass
class Trained:
    """What came of a training."""

    epochs: int
    loss: float
    accuracy: float


class Languages:
    """Tells which of twelve European languages a text is in."""

    def __init__(self) -> None:
        self._classifier: Pipeline | None = None

    @deepaas.warm
    def warm(self, directory: Path | None = None) -> None:
        """Load what a promoted training has left; without one, train the first classifier."""
        import joblib

        from languages.classifier import fit

        if directory is not None:
            self._classifier = joblib.load(directory / NAME)
        else:
            *_, last = fit(LANGUAGES, EPOCHS, LONGEST, test_fraction=0)
            self._classifier = last.classifier

    @deepaas.predict
    def predict(
        self,
        text: Annotated[str, Len(1, 10_000)],
        guesses: Annotated[int, Interval(ge=1, le=len(LANGUAGES))] = 3,
    ) -> list[Guess]:
        """Tell the most probable languages of a text, the best first.

        Args:
            text: A sentence or more; single words are often the same in several languages.
            guesses: How many languages to tell.
        """
        from languages.messages import without_code

        if self._classifier is None:  # The server was told not to warm.
            self.warm()
        (probabilities,) = self._classifier.predict_proba([without_code(text)])
        told = zip(self._classifier.classes_.tolist(), probabilities.tolist(), strict=True)
        best = sorted(told, key=lambda one: -one[1])[:guesses]
        return [Guess(language, round(probability, 4)) for language, probability in best]

    @deepaas.train
    def train(
        self,
        epochs: Annotated[int, Interval(ge=1, le=100)] = EPOCHS,
        longest: Annotated[int, Interval(ge=1, le=5)] = LONGEST,
        test_fraction: Annotated[float, Interval(ge=0.05, le=0.5)] = 0.2,
        seed: Annotated[int, Interval(ge=0, lt=2**32)] = 0,
    ) -> Trained:
        """Train anew, and measure on sentences held out how good the classifier is.

        Args:
            epochs: How often all sentences are seen.
            longest: The longest run of letters that is looked at.
            test_fraction: Share of the sentences held out, each with all its translations.
            seed: The same seed and arguments give the same classifier.
        """
        import joblib

        from languages.classifier import fit

        training = deepaas.current_training()
        for epoch in fit(LANGUAGES, epochs, longest, test_fraction, seed):
            training.progress(epoch.number, epochs)
            training.metrics({"loss": epoch.loss, "accuracy": epoch.accuracy}, step=epoch.number)
            if training.cancelling:
                break
        joblib.dump(epoch.classifier, training.directory / NAME)
        return Trained(epoch.number, epoch.loss, epoch.accuracy)

    @deepaas.metadata
    def metadata(self) -> dict[str, str]:
        """Return what the model is, from the package's own metadata."""
        package = metadata("deepaas-languages")
        return {
            "name": "languages",
            "summary": package["Summary"],
            "author": package["Author"],
            "license": package["License-Expression"],
            "version": package["Version"],
        }
