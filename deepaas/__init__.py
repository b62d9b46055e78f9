"""DEEPaaS: a machine-learning model behind a REST API."""

# Type checkers take it for theirs; importing it would take as long as what is put off here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from deepaas.current import CurrentTraining, current_training

__all__ = ["CurrentTraining", "current_training", "extract_version"]
__version__ = "2.7.0"


def extract_version() -> str:
    """Return the version of this package, such as ``"2.7.0"``."""
    return __version__


def __getattr__(name: str) -> object:
    # Imported when it is asked for: commands are to take CTRL+C well before all that.
    if name in ("CurrentTraining", "current_training"):
        from deepaas import current

        return getattr(current, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
