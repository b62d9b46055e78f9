"""Three validated scalars in, a small JSON object out."""

from webargs import fields, validate

from bench_models import work


def get_predict_args():
    return {
        "number": fields.Int(required=True),
        "factor": fields.Float(missing=1.0),
        "mode": fields.Str(missing="plain", validate=validate.OneOf(work.MODES)),
    }


def predict(number, factor, mode):
    return work.tiny(number, factor, mode)
