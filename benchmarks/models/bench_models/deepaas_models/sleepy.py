"""Nothing in, five milliseconds of waiting, a small JSON object out."""

from bench_models import work


def get_predict_args():
    return {}


def predict():
    return work.sleepy()
