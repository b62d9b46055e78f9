"""DEEPaaS: a machine-learning model behind a REST API."""

# Type checkers take it for theirs; importing it would take as long as what is put off here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from deepaas.authoring import metadata, predict, served, train, warm
    from deepaas.current import CurrentTraining, current_training, request_id

__all__ = [
    "CurrentTraining",
    "current_training",
    "extract_version",
    "metadata",
    "predict",
    "request_id",
    "served",
    "train",
    "warm",
]
__version__ = "2.7.0"
OF_CURRENT = ("CurrentTraining", "current_training", "request_id")


def extract_version() -> str:
    """Return the version of this package, such as ``"2.7.0"``."""
    return __version__


def __getattr__(name: str) -> object:
    # Imported when it is asked for: commands are to take CTRL+C well before all that.
    from importlib import import_module

    if name in __all__:
        home = "current" if name in OF_CURRENT else "authoring"
        return getattr(import_module(f"deepaas.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
