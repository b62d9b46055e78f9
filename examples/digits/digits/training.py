"""Training with scikit-learn, on the data set that ships inside it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from threadpoolctl import ThreadpoolController

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


def fit(parameters: Parameters) -> Iterator[Epoch]:
    """Train on the digits data set, epoch by epoch.

    Args:
        parameters: the hyper-parameters; the same ones give the same classifier.

    Yields:
        Each epoch; the last one's classifier is the result.
    """
    digits = load_digits()
    train, test, train_labels, test_labels = train_test_split(
        digits.data / FULL,
        digits.target,
        test_size=parameters.test_fraction,
        stratify=digits.target,
        random_state=parameters.seed,
    )
    network = MLPClassifier(
        hidden_layer_sizes=(parameters.hidden_units,),
        learning_rate_init=parameters.learning_rate,
        batch_size=parameters.batch_size,
        # An instance, as a number would give every epoch the same order.
        random_state=np.random.RandomState(parameters.seed),
    )
    distortions = np.random.default_rng(parameters.seed)
    labels = np.concatenate([train_labels, train_labels])
    threads = ThreadpoolController()
    for number in range(1, parameters.epochs + 1):
        pixels = np.concatenate([train, distort(train, distortions)])
        with threads.limit(limits=1):  # the matrices are too small to share out
            network.partial_fit(pixels, labels, classes=np.arange(LABELS))
        accuracy = float(network.score(test, test_labels))
        yield Epoch(number, parameters.epochs, network.loss_, accuracy, _classifier(network))


def _classifier(network: MLPClassifier) -> Classifier:
    # Copies, as the next epoch changes the network's arrays in place.
    return Classifier(
        hidden_weights=network.coefs_[0].copy(),
        hidden_biases=network.intercepts_[0].copy(),
        output_weights=network.coefs_[1].copy(),
        output_biases=network.intercepts_[1].copy(),
    )
