"""Is told a secret when it is trained."""

from webargs import fields


def get_predict_args():
    return {}


def predict():
    return "nothing"


def get_train_args():
    return {
        "key": fields.Str(load_default="", metadata={"format": "password"}),
        "fail": fields.Bool(load_default=False),
    }


def train(key, fail):
    if fail:
        raise ValueError("it fails as it was told to")
    return {"length": len(key)}
