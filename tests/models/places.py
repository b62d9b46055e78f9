"""Arguments that are looked for in one place only; answers what arrived."""

from webargs import fields


def get_predict_args():
    return {
        "anywhere": fields.Str(),
        "query": fields.Str(location="query"),
        "querystring": fields.Str(metadata={"location": "querystring"}),
        "form": fields.Str(metadata={"location": "form"}),
        "json": fields.Str(location="json"),
        "headers": fields.Str(location="headers", data_key="X-Token"),
        "cookies": fields.Str(location="cookies"),
        "values": fields.List(fields.Str()),
        "file": fields.Raw(type="file", location="form"),
    }


def predict(**kwargs):
    if "file" in kwargs:
        kwargs["file"] = kwargs["file"].original_filename
    return kwargs
