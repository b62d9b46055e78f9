"""A quick prediction, and a training that keeps one core busy for as long as it is told."""

from webargs import fields

from bench_models import work
from bench_models.deepaas_models import tiny

get_predict_args = tiny.get_predict_args
predict = tiny.predict


def get_train_args():
    return {"seconds": fields.Float(missing=10.0)}


def train(seconds):
    return work.burn(seconds)
