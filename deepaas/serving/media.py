"""Pictures and tables become what callers have asked for."""

from __future__ import annotations

import io
import json
from typing import Any

# How Pillow calls the formats of content types.
FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/bmp": "BMP",
    "image/tiff": "TIFF",
}


def encoded(result: Any, content_type: str) -> Any:
    """Return a picture of Pillow or a table of pandas in a content type; else what is given.

    Args:
        result: what a model returned.
        content_type: what the caller gets; empty for JSON.

    Raises:
        ValueError: a picture cannot be had in that type.
    """
    library = (type(result).__module__ or "").partition(".")[0]
    if library == "PIL" and hasattr(result, "save"):
        return _picture(result, content_type)
    if library == "pandas" and hasattr(result, "to_csv"):
        return _table(result, content_type)
    return result


def _picture(picture: Any, content_type: str) -> bytes:
    wanted = FORMATS.get(content_type, "PNG" if content_type in ("image/*", "*/*") else "")
    if not wanted:
        raise ValueError(
            f"a picture cannot be sent as {content_type or 'JSON'}; offer one of "
            f"{', '.join(FORMATS)} by the return hint or an 'accept' argument"
        )
    for mode in ("", "RGB"):
        file = io.BytesIO()
        try:
            (picture.convert(mode) if mode else picture).save(file, wanted)
            return file.getvalue()
        except (OSError, ValueError) as error:
            # Not each format has transparency, say, or numbers with fractions.
            refused = error
    raise ValueError(
        f"a picture of mode {picture.mode} cannot be sent as {content_type}: {refused}"
    )


def _table(table: Any, content_type: str) -> Any:
    if content_type == "text/csv":
        return table.to_csv(index=False)
    # By pandas itself, which knows how its own numbers and dates are written.
    if hasattr(table, "columns"):
        return json.loads(table.to_json(orient="records", date_format="iso"))
    return json.loads(table.to_json(date_format="iso"))
