"""The network for BentoML, with its adaptive batching."""

import os

import bentoml
import numpy as np

from bench_models.mlp import LARGEST_BATCH, Mlp


@bentoml.service(workers=int(os.environ.get("BENCH_WORKERS", "1")))
class Bench:
    def __init__(self) -> None:
        self.network = Mlp()

    @bentoml.api(batchable=True, max_batch_size=LARGEST_BATCH)
    def mlp(self, values: np.ndarray) -> np.ndarray:
        return self.network(values)
