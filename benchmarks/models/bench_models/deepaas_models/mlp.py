"""A sample in, ten scores out: each call by itself."""

from webargs import fields

from bench_models.mlp import Mlp

network = Mlp()


def get_predict_args():
    return {"values": fields.List(fields.Float(), required=True)}


def predict(values):
    return {"scores": network([values])[0].tolist()}
