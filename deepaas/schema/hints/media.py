"""Files, pictures, arrays and tables."""

from __future__ import annotations

import datetime
import io
import mimetypes
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import marshmallow as ma

from deepaas.files import UploadedFile
from deepaas.schema.hints.forms import Form, Unmappable
from deepaas.schema.numbers import Array
from deepaas.types import Dtype, File, Shape

# Said of a file whose sender does not know what it is.
UNKNOWN = "application/octet-stream"
# Tables come as several families of MIME types, or are taken for plain text.
TABLE = "table"
PICTURES = ("image/png", "image/jpeg", "image/webp")
MOMENTS = "datetime.datetime or datetime.timedelta"
TABLES = ("application/json", "text/csv")
# Readers of tables, by what a file's content type or name ends in.
READERS = {
    "csv": "read_csv",
    "json": "read_json",
    "parquet": "read_parquet",
    "tsv": "read_table",
    "tab-separated-values": "read_table",
}


def of_file(hint: Any) -> Form | None:
    """Return the form of a type that stands for a file; None if it does not.

    Args:
        hint: ``bytes``, ``pathlib.Path``, ``UploadedFile``, or a kind of ``deepaas.types.File``.
    """
    if hint in (bytes, bytearray):
        return _file(lambda sent: hint(Path(sent.filename).read_bytes()))
    if hint is Path:
        return _file(lambda sent: Path(sent.filename))
    if hint is io.BytesIO:
        return _file(lambda sent: io.BytesIO(Path(sent.filename).read_bytes()))
    if hint is UploadedFile:
        return _file(None)
    if isinstance(hint, type) and issubclass(hint, File):
        return _file(lambda sent: hint(*sent), family_of(hint))
    return None


def family_of(kind: type[File]) -> str:
    """Return how the MIME types of a kind of files begin; empty for any."""
    return kind.family


def of_library(hint: Any, annotations: tuple[Any, ...]) -> Form | None:
    """Return the form of a class of Pillow, NumPy or pandas; None if it is of none of them.

    Args:
        hint: any hint. The library of a class is there, or there would be no hint of it.
        annotations: of the hint, with ``Dtype`` and ``Shape`` of an array.
    """
    if not isinstance(hint, type):
        return None
    library = (getattr(hint, "__module__", "") or "").partition(".")[0]
    name = getattr(hint, "__name__", "")
    match library, name:
        case "PIL", "Image":
            return _file(_read_picture, "image/")
        case "numpy", "ndarray":
            return of_array(annotations)
        case "pandas", "DataFrame":
            return _file(_read_table, TABLE)
        case ("PIL" | "pandas", _):
            moment = issubclass(hint, datetime.datetime | datetime.timedelta)
            raise Unmappable(
                hint, f"use {MOMENTS if moment else 'PIL.Image.Image or pandas.DataFrame'}"
            )
        case "numpy", _ if issubclass(hint, _numpy().generic):
            raise Unmappable(hint, "use int, float or bool, or numpy.ndarray")
    return None


def of_array(annotations: tuple[Any, ...]) -> Form:
    """Return the form of an array.

    Args:
        annotations: with its ``Dtype`` and ``Shape``, if its author says so.
    """
    dtype = next((one.name for one in annotations if isinstance(one, Dtype)), None)
    shape = next((one for one in annotations if isinstance(one, Shape)), None)
    numpy = _numpy()
    if dtype is not None:
        try:
            dtype = numpy.dtype(dtype)
        except TypeError:
            instead = "name a dtype that NumPy knows, such as Dtype('float32')"
            raise Unmappable(f"Dtype({dtype!r})", instead) from None

    def make(value: Any) -> Any:
        try:
            # What does not fit is found by comparing.
            with numpy.errstate(invalid="ignore", over="ignore"):
                array = numpy.asarray(value, dtype)
                exact = dtype is None or dtype.kind not in "biu" or (array == value).all()
        except OverflowError:
            exact = False
        except (ValueError, TypeError) as error:
            raise ValueError(f"Not a valid array: {_sentence(error)}.") from error
        if not exact:
            raise ValueError(f"Not a valid array of {dtype}: some numbers do not fit.")
        if array.dtype.kind not in "biuf":
            raise ValueError("Not a valid array of numbers.")
        if shape is not None and not shape.fits(array.shape):
            raise ValueError(f"Must have the shape {shape}, not {array.shape}.")
        # What came as bytes cannot be written to, nor need it be aligned.
        return array if array.flags.carray else array.copy()

    example = _filled(shape.lengths) if shape is not None else [1]
    words = [f"array of {dtype}" if dtype is not None else "array"]
    words += [f"of shape {shape}"] if shape is not None else []
    metadata = {"array": " ".join(words), "example": example}
    lengths = None if shape is None else shape.lengths
    field = partial(Array, "" if dtype is None else dtype.str, lengths)
    return Form(field, make, lambda default: default.tolist(), metadata=metadata)


def _filled(lengths: tuple[int | None, ...]) -> Any:
    """Return nested lists of such lengths."""
    return [_filled(lengths[1:])] * (lengths[0] or 1) if lengths else 0


def array_annotations(hint: Any) -> tuple[Any, ...]:
    """Return what ``numpy.typing.NDArray[...]`` says of the array."""
    numpy = _numpy()
    for part in getattr(hint, "__args__", ()):
        for kind in getattr(part, "__args__", ()):
            if isinstance(kind, type) and issubclass(kind, numpy.generic):
                return (Dtype(numpy.dtype(kind).name),) if kind not in _abstract(numpy) else ()
    return ()


def _abstract(numpy: Any) -> tuple[type, ...]:
    return (numpy.generic, numpy.number, numpy.integer, numpy.floating, numpy.inexact)


def _file(adapt: Callable[[Any], Any] | None, family: str = "") -> Form:
    metadata: Mapping[str, Any] = {"type": "file", **({"family": family} if family else {})}
    validators = [OfFamily(family)] if family.endswith("/") else ()
    return Form(ma.fields.Raw, adapt, validators=validators, metadata=metadata)


class OfFamily(ma.validate.Validator):
    """Takes files whose content type begins in a certain way, or is not known.

    Args:
        family: such as ``image/``.
    """

    def __init__(self, family: str) -> None:
        self.family = family

    def __call__(self, value: Any) -> Any:
        if isinstance(value, UploadedFile):
            said = value.content_type or UNKNOWN
            if said == UNKNOWN:
                said = mimetypes.guess_type(value.original_filename or "")[0] or UNKNOWN
            if said != UNKNOWN and not said.lower().startswith(self.family):
                raise ma.ValidationError(f"Must be a file of type {self.family}*, not {said}.")
        return value


def _read_picture(sent: UploadedFile) -> Any:
    from PIL import Image

    try:
        picture = Image.open(sent.filename or "")
        picture.load()
    except Exception as error:
        raise ValueError(f"Not a picture that can be read: {_briefly(error)}") from error
    return picture


def _read_table(sent: UploadedFile) -> Any:
    import pandas

    said = (sent.content_type or "").partition(";")[0].rpartition("/")[2].lower()
    ending = Path(sent.original_filename or "").suffix.lstrip(".").lower()
    reader = READERS.get(said) or READERS.get(ending) or "read_csv"
    try:
        return getattr(pandas, reader)(sent.filename)
    except Exception as error:
        raise ValueError(f"Not a table that can be read: {_briefly(error)}") from error


def _briefly(error: Exception) -> str:
    # What libraries say may name the file, which is the server's affair.
    return type(error).__name__


def _sentence(error: Exception) -> str:
    return str(error).partition(". ")[0].rstrip(".")


def _numpy() -> Any:
    import numpy

    return numpy
