"""An uploaded file in, its SHA-256 out."""

from webargs import fields

from bench_models import work


def get_predict_args():
    return {"data": fields.Field(required=True, type="file", location="form")}


def predict(data):
    with open(data.filename, "rb") as stream:
        return work.digest(stream)
