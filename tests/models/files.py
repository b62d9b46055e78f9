"""Takes files; answers what it sees of them, or does to them what models do."""

import os

from webargs import fields

from tests.pipes import tell, wait


def get_predict_args():
    return {
        "one": fields.Field(type="file", location="form"),
        "several": fields.List(fields.Field(type="file", location="form")),
        "needed": fields.Field(required=True, type="file", location="form"),
        "words": fields.List(fields.Str()),
        "what": fields.Str(missing="see"),
    }


def predict(needed, what, words=(), one=None, several=()):
    if what == "delete":
        os.unlink(needed.filename)
    elif what == "beside":
        folder = os.path.dirname(needed.filename)
        os.mkdir(os.path.join(folder, "results"))
        for name in (*(f"{number}.bin" for number in range(20)), "results/map"):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(b"beside")
    elif what == "folder":
        os.unlink(needed.filename)
        os.mkdir(needed.filename)
        with open(os.path.join(needed.filename, "inside"), "w") as file:
            file.write("inside")
        return "a folder now"
    elif what == "fail":
        raise ValueError("no such picture")
    elif what == "exit":
        os._exit(3)
    elif what == "wait":
        reached, go_on = words
        tell(reached, "reached")
        wait(go_on)
        return b"x" * 3_000_000
    files = [needed, *([one] if one else []), *several]
    return {"words": words, "files": [seen(file) for file in files]}


def seen(file):
    """Return all that can be seen of an uploaded file."""
    content = None
    if os.path.exists(file.filename):
        with open(file.filename, "rb") as opened:
            content = opened.read(100).decode("latin-1")
    return {
        "type": type(file).__name__,
        **file._asdict(),
        "content": content,
    }


def get_train_args():
    return {
        "data": fields.Field(required=True, type="file", location="form"),
        "others": fields.List(fields.Field(type="file", location="form")),
        "words": fields.List(fields.Str(), missing=list),
        "fail": fields.Bool(missing=False),
    }


def train(data, words, fail, others=()):
    if words:
        reached, go_on = words
        tell(reached, "reached")
        wait(go_on)
    if fail:
        raise ValueError("no such data")
    return [seen(file)["content"] for file in (data, *others)]
