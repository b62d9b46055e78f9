"""What a training can be told."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Parameters:
    """Hyper-parameters of a training; the defaults make the first model.

    Attributes:
        epochs: passes over the training digits.
        hidden_units: width of the network's hidden layer.
        learning_rate: first step size of Adam.
        batch_size: digits a step.
        test_fraction: share of the data set that is held out to measure the accuracy.
        seed: of the split, the first weights, the order and the distortions.
    """

    epochs: int = 30
    hidden_units: int = 128
    learning_rate: float = 0.003
    batch_size: int = 64
    test_fraction: float = 0.2
    seed: int = 0
