"""A linear classifier of short runs of letters, and how it is trained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import balanced_accuracy_score, log_loss
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils.class_weight import compute_sample_weight

from languages.messages import sentences


@dataclass
class Epoch:
    """A classifier, and how well it does on sentences that it has not seen.

    Args:
        number: of the epoch, from 1.
        classifier: as it is now.
        loss: the mean negative logarithm of what it gives the right language.
        accuracy: share of sentences of which it guesses the language, the mean of all languages.
    """

    number: int
    classifier: Pipeline
    loss: float
    accuracy: float


def fit(
    languages: Sequence[str], epochs: int, longest: int, test_fraction: float, seed: int = 0
) -> Iterator[Epoch]:
    """Train a classifier; give it after each epoch.

    Args:
        languages: their codes.
        epochs: how often all sentences are seen.
        longest: the longest run of letters that is looked at.
        test_fraction: share of the sentences held out; if 0, it is measured on what it has seen.
        seed: of all that is random.
    """
    found = list(sentences(languages))
    # All translations of a message are held out together: they share names and numbers.
    messages = sorted({one.source for one in found})
    shuffled = np.random.default_rng(seed).permutation(messages)
    held_out = set(shuffled[: round(test_fraction * len(messages))])
    seen = [one for one in found if one.source not in held_out]
    tested = [one for one in found if one.source in held_out] or seen
    runs = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(1, longest), min_df=2, sublinear_tf=True, dtype=np.float32
    )
    linear = SGDClassifier(loss="log_loss", alpha=1e-5, random_state=seed)
    known, wanted = runs.fit_transform([one.text for one in seen]), [one.language for one in seen]
    # There are 774 sentences in French, and 101 in German.
    weights = compute_sample_weight("balanced", wanted)
    shown, right = runs.transform([one.text for one in tested]), [one.language for one in tested]
    for number in range(1, epochs + 1):
        linear.partial_fit(known, wanted, languages, weights)
        probabilities = linear.predict_proba(shown)
        guessed = linear.classes_[probabilities.argmax(axis=1)]
        yield Epoch(
            number,
            make_pipeline(runs, linear),
            float(log_loss(right, probabilities, labels=linear.classes_)),
            float(balanced_accuracy_score(right, guessed)),
        )
