"""The same, several calls at once."""

import deepaas
from bench_models.deepaas_models import mlp
from bench_models.mlp import LARGEST_BATCH, LONGEST_WAIT

get_predict_args = mlp.get_predict_args


@deepaas.predict(largest_batch=LARGEST_BATCH, longest_wait=LONGEST_WAIT)
def predict(values):
    return [{"scores": scores} for scores in mlp.network(values).tolist()]
