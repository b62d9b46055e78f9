"""An optional file, answered by its size without being read: what is left is receiving it."""

import os

from webargs import fields


def get_predict_args():
    return {"data": fields.Field(missing=None, type="file", location="form")}


def predict(data=None):
    return {"size": os.path.getsize(data.filename) if data else 0}
