"""A long list of numbers in, a small JSON object out."""

from webargs import fields

from bench_models import work


def get_predict_args():
    return {"values": fields.List(fields.Float(), required=True)}


def predict(values):
    return work.tensor(values)
