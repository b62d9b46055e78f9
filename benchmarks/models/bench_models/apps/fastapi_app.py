"""The network for FastAPI, each request by itself in the server's own process.

Usage: python -m bench_models.apps.fastapi_app PORT
"""

import sys

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from bench_models.mlp import Mlp

app = FastAPI()
network = Mlp()


class Sample(BaseModel):
    values: list[float]


class Scores(BaseModel):
    scores: list[float]


@app.post("/mlp")
async def mlp(sample: Sample) -> Scores:
    return Scores(scores=network([sample.values])[0].tolist())


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=False)
