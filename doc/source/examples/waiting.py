"""Waits for something else, as for the answer of another server."""

import asyncio

from webargs import fields

import deepaas


def get_predict_args():
    return {"text": fields.Str(missing="hello")}


@deepaas.predict(concurrency=100)
async def predict(text):
    await asyncio.sleep(0.5)
    return text.upper()
