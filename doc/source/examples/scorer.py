"""Scores samples, as many at once as there are."""

import numpy as np
from aiohttp import web
from webargs import fields, validate

import deepaas

WEIGHTS = np.array([-1.0, 0.5, 0.5, 1.0])


def get_predict_args():
    four = validate.Length(equal=4)
    return {"values": fields.List(fields.Float(), required=True, validate=four)}


@deepaas.predict(largest_batch=32, longest_wait=0.005)
def predict(values):
    samples = np.asarray(values)  # a row for each call
    scores = samples @ WEIGHTS
    return [
        score if sample.any() else web.HTTPBadRequest(reason="all values are 0")
        for sample, score in zip(samples, scores.tolist(), strict=True)
    ]
