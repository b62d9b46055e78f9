"""Says more of itself than usual; neither predicts nor trains yet."""

import datetime


def get_metadata():
    return {"id": "other", "tags": ["a", "b"], "date": datetime.date(2024, 2, 29), "links": []}


def get_predict_args():
    raise NotImplementedError


def predict(**kwargs):
    raise NotImplementedError("ask again next year")


def train(**kwargs):
    raise NotImplementedError
