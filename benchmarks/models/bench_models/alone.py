"""Arguments in, an answer out, without a server: processor time of fields and of hints.

Run as a module, it prints a line for each round: seconds per call with fields, and with hints.
"""

import time

from multidict import MultiDict

from bench_models.deepaas_models import tiny, typed
from deepaas.model.describe import describe
from deepaas.schema.parsing import Received, parse
from deepaas.serving.runtime import ReadyModel, predict

ROUNDS, CALLS = 9, 20_000
SENT = Received(query=MultiDict(number="7", factor="1.5", mode="double"))


def seconds_per_call(ready: ReadyModel) -> float:
    begun = time.process_time()
    for _ in range(CALLS):
        predict(ready, parse(ready.description.predict, SENT), "", "")
    return (time.process_time() - begun) / CALLS


if __name__ == "__main__":
    models = [
        ReadyModel(name, model, describe(name, model))
        for name, model in {"tiny": tiny, "typed": typed}.items()
    ]
    for _ in range(ROUNDS):
        print(*map(seconds_per_call, models))
