"""Says of itself what would run in a page that believed it, and answers pages that run."""

import io

from aiohttp import web
from webargs import fields, validate

from deepaas.model.v2.wrapper import ReturnedFile

RUNS = (
    "<script>window.ran = 1</script>",
    '<img src="x" onerror="window.ran = 2">',
    "[a link](javascript:window.ran=3)",
    '<a class="trap" href="javascript:window.ran=4">another</a>',
    '<svg onload="window.ran = 5"></svg>',
    '<iframe srcdoc="<script>parent.ran = 6</script>"></iframe>',
    '"><script>window.ran = 7</script>',
    "**shown**",
)
TRAP = "\n\n".join(RUNS)
PAGE = "<!DOCTYPE html><title>quiet</title><script>document.title = 'ran'</script><p>shown</p>"
KINDS = ("application/json", "text/html", "image/svg+xml", "text/event-stream")
CALLS = []


def get_metadata():
    return {"name": TRAP, "author": TRAP, "description": TRAP, "license": TRAP, "url": TRAP}


def get_predict_args():
    return {
        "text": fields.Str(missing=TRAP, description=TRAP, metadata={"example": TRAP}),
        "name": fields.Str(missing="", metadata={"enum": ["", TRAP]}),
        "accept": fields.Str(
            location="headers",
            missing="application/json",
            validate=validate.OneOf([*KINDS]),
        ),
    }


def predict(text, name, accept):
    CALLS.append(text)
    if text == "elsewhere":
        raise web.HTTPFound(location="/", headers={"X-Said": name})
    if text == "refuse":
        raise web.HTTPBadRequest(reason=name, headers={"X-Said": name})
    if text == "stream":
        return (PAGE for _ in range(2))
    if accept == "application/json":
        return {"calls": len(CALLS), "text": text}
    page = io.BytesIO(PAGE.encode())
    return ReturnedFile("page", __file__, accept, name) if name else page
