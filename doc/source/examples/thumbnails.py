"""A model that takes files and answers files."""

import io

from aiohttp import web
from PIL import Image, UnidentifiedImageError
from webargs import fields, validate


def get_predict_args():
    return {
        "picture": fields.Field(
            required=True,
            metadata={"type": "file", "location": "form", "description": "Any picture"},
        ),
        "side": fields.Int(load_default=64, validate=validate.Range(8, 1024)),
        "accept": fields.Str(
            load_default="application/json",
            validate=validate.OneOf(["application/json", "image/png"]),
            metadata={"location": "headers"},
        ),
    }


def predict(picture, side, accept):
    try:
        with Image.open(picture.filename) as opened:
            opened.thumbnail((side, side))
            small = opened.convert("RGB")
    except UnidentifiedImageError as error:
        raise web.HTTPBadRequest(reason=f"{picture.original_filename} is not a picture") from error
    if accept == "application/json":
        return {"name": picture.original_filename, "size": small.size}
    answer = io.BytesIO()
    small.save(answer, "PNG")
    return answer
