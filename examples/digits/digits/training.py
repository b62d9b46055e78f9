"""Training with scikit-learn, on the data set that ships inside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from threadpoolctl import ThreadpoolController

from digits import checkpoint
from digits.distortions import distort
from digits.model import LABELS, Classifier
from digits.parameters import Parameters
from digits.pictures import FULL


@dataclass(frozen=True)
class Epoch:
    """Where a training stands after an epoch.

    Attributes:
        number: epochs done, of `total`.
        total: epochs in all.
        loss: mean cross-entropy over the digits it learns from, distorted ones included, in nats.
        accuracy: share of the held-out digits that get the right label.
        classifier: what has been learnt so far.
    """

    number: int
    total: int
    loss: float
    accuracy: float
    classifier: Classifier

    def __str__(self) -> str:
        return (
            f"epoch {self.number}/{self.total}: loss {self.loss:.4f}, accuracy {self.accuracy:.4f}"
        )


@dataclass
class State:
    """All that an epoch changes: what goes on from a copy of it ends the same.

    Attributes:
        network: with its weights, the state of its optimiser, and where its order comes from.
        distortions: where distorted digits come from.
        epochs: how many are done.
    """

    network: MLPClassifier
    distortions: np.random.Generator
    epochs: int = 0


def fit(parameters: Parameters, folder: Path | None = None) -> Iterator[Epoch]:
    """Train on the digits data set, epoch by epoch.

    Args:
        parameters: the hyper-parameters; the same ones give the same classifier.
        folder: where a checkpoint is written after each epoch, and is gone on from if there is
            one; None for neither.

    Yields:
        Each epoch; the last one's classifier is the result. Whoever goes on from a checkpoint gets
        the epoch that it was written after first: there may be no other, and how fast the next
        ones are done is seen from there.
    """
    digits = load_digits()
    train, test, train_labels, test_labels = train_test_split(
        digits.data / FULL,
        digits.target,
        test_size=parameters.test_fraction,
        stratify=digits.target,
        random_state=parameters.seed,
    )
    labels = np.concatenate([train_labels, train_labels])
    threads = ThreadpoolController()
    state = (checkpoint.load(folder) if folder else None) or _beginning(parameters)
    network = state.network

    def epoch() -> Epoch:
        accuracy = float(network.score(test, test_labels))
        classifier = _classifier(network)
        return Epoch(state.epochs, parameters.epochs, network.loss_, accuracy, classifier)

    if state.epochs:
        yield epoch()
    while state.epochs < parameters.epochs:
        pixels = np.concatenate([train, distort(train, state.distortions)])
        with threads.limit(limits=1):  # the matrices are too small to share out
            network.partial_fit(pixels, labels, classes=np.arange(LABELS))
        state.epochs += 1
        if folder:
            checkpoint.save(state, folder)
        yield epoch()


def _beginning(parameters: Parameters) -> State:
    network = MLPClassifier(
        hidden_layer_sizes=(parameters.hidden_units,),
        learning_rate_init=parameters.learning_rate,
        batch_size=parameters.batch_size,
        # An instance, as a number would give every epoch the same order.
        random_state=np.random.RandomState(parameters.seed),
    )
    return State(network, np.random.default_rng(parameters.seed))


def _classifier(network: MLPClassifier) -> Classifier:
    # Copies, as the next epoch changes the network's arrays in place.
    return Classifier(
        hidden_weights=network.coefs_[0].copy(),
        hidden_biases=network.intercepts_[0].copy(),
        output_weights=network.coefs_[1].copy(),
        output_biases=network.intercepts_[1].copy(),
    )
