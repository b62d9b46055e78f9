"""Has nothing to say of itself."""

from aiohttp import web


def get_metadata():
    raise web.HTTPBadRequest(reason=OSError("no such file"))


def predict():
    return "something"
