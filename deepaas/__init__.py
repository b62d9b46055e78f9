"""DEEPaaS: a machine-learning model behind a REST API."""

from deepaas.authoring import metadata, predict, served, train, warm
from deepaas.current import CurrentTraining, current_training

__all__ = [
    "CurrentTraining",
    "current_training",
    "extract_version",
    "metadata",
    "predict",
    "served",
    "train",
    "warm",
]
__version__ = "2.7.0"


def extract_version() -> str:
    """Return the version of this package, such as ``"2.7.0"``."""
    return __version__
