"""The built-in model as a module."""

from deepaas.model.v2.test import TestModel

_model = TestModel()
get_metadata = _model.get_metadata
get_predict_args = _model.get_predict_args
predict = _model.predict
get_train_args = _model.get_train_args
train = _model.train
