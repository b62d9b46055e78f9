"""What DEEPaaS asks of a model, here as the functions of a module.

The server imports this module to describe the model; the heavy libraries are imported only in
the workers, when `warm`, `predict` or `train` is called.
"""

from __future__ import annotations

import logging
from dataclasses import asdict
from importlib.metadata import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web
from marshmallow import fields, validate

from deepaas import current_training
from digits.parameters import Parameters

if TYPE_CHECKING:
    from digits.model import Classifier

LOG = logging.getLogger(__name__)
# What predicts in this process.
_served: Classifier | None = None
# In the package where it is installed; among the other pictures in a checkout.
SEVENS = (Path(__file__).with_name("seven.png"), Path(__file__).parents[1] / "pictures/seven.png")
EXAMPLE = next((str(path) for path in SEVENS if path.exists()), None)

schema = {
    "label": fields.Int(required=True, metadata={"description": "The most probable digit."}),
    "probability": fields.Float(required=True, metadata={"description": "Its probability."}),
    "probabilities": fields.Dict(
        keys=fields.Str(),
        values=fields.Float(),
        required=True,
        metadata={"description": "The probability of each digit, `0` to `9`."},
    ),
}


def get_metadata() -> dict[str, Any]:
    """Return what the model is, from the package's own metadata."""
    package = metadata("deepaas-digits")
    return {
        "name": "digits",
        "summary": package["Summary"],
        "description": (
            "A small neural network reads one handwritten digit. A picture may be of any size, "
            "with dark ink on light ground or the reverse, and the digit anywhere in it. "
            "The network learns from the handwritten digits that ship inside scikit-learn."
        ),
        "author": package["Author"],
        "license": package["License-Expression"],
        "version": package["Version"],
    }


def warm(directory: Path | None = None) -> None:
    """Load the model that predicts from now on.

    Args:
        directory: what a promoted training has left; None for the first model, which is trained
            and kept where there is none.
    """
    global _served
    from digits import model

    _served = model.load(directory / model.NAME) if directory else _first_model()


def get_predict_args() -> dict[str, fields.Field]:
    """Return the arguments of `predict`: a picture or its pixels, and the kind of answer."""
    return {
        "data": fields.Raw(
            required=False,
            metadata={
                "type": "file",
                "location": "form",
                "description": "A picture of one digit, such as a PNG or JPEG file, of any size.",
                "example": EXAMPLE,
            },
        ),
        "pixels": fields.List(
            fields.Float(validate=validate.Range(0, 16)),
            required=False,
            validate=validate.Length(equal=64),
            metadata={
                "description": (
                    "Instead of a picture: the 64 values of an 8x8 grid, row by row, "
                    "from 0 for paper to 16 for ink."
                )
            },
        ),
        "accept": fields.Str(
            load_default="application/json",
            validate=validate.OneOf(["application/json", "image/png"]),
            metadata={
                "location": "headers",
                "description": "The answer as JSON, or as a plot of the probabilities.",
            },
        ),
    }


def predict(*, accept: str, data: Any = None, pixels: list[float] | None = None) -> Any:
    """Return the digit's label and probabilities, or a PNG plot of them.

    Args:
        accept: `application/json` or `image/png`.
        data: an uploaded picture, whose `filename` is a path.
        pixels: 64 values of 0 to 16, in row order, instead of a picture.

    Raises:
        aiohttp.web.HTTPBadRequest: not exactly one of the two was given, or the picture
            cannot be read.
    """
    if (data is None) == (pixels is None):
        raise web.HTTPBadRequest(
            reason="Give either a picture as `data` or 64 values as `pixels`"
            + (", not both." if data is not None else ".")
        )
    import numpy as np

    from digits.pictures import PictureError, read_picture
    from digits.plot import plot

    try:
        values = np.array(pixels) if pixels is not None else read_picture(data.filename)
    except PictureError as error:
        raise web.HTTPBadRequest(reason=str(error)) from error
    probabilities = _classifier().probabilities(values)
    if accept == "image/png":
        return plot(values, probabilities)
    label = int(probabilities.argmax())
    rounded = [round(float(probability), 4) for probability in probabilities]
    return {
        "label": label,
        "probability": rounded[label],
        "probabilities": {str(digit): value for digit, value in enumerate(rounded)},
    }


def get_train_args() -> dict[str, fields.Field]:
    """Return the arguments of `train`, which are its hyper-parameters."""
    return {
        "epochs": fields.Int(
            load_default=Parameters.epochs,
            validate=validate.Range(1, 1000),
            metadata={"description": "How often the network sees all training digits."},
        ),
        "hidden_units": fields.Int(
            load_default=Parameters.hidden_units,
            validate=validate.Range(8, 1024),
            metadata={"description": "Width of the network's hidden layer."},
        ),
        "learning_rate": fields.Float(
            load_default=Parameters.learning_rate,
            validate=validate.Range(1e-5, 0.1),
            metadata={"description": "First step size of the Adam optimiser."},
        ),
        "batch_size": fields.Int(
            load_default=Parameters.batch_size,
            validate=validate.Range(8, 512),
            metadata={"description": "How many digits make one step."},
        ),
        "test_fraction": fields.Float(
            load_default=Parameters.test_fraction,
            validate=validate.Range(0.05, 0.5),
            metadata={"description": "Share of the digits held out to measure the accuracy."},
        ),
        "seed": fields.Int(
            load_default=Parameters.seed,
            validate=validate.Range(0, 2**32 - 1),
            metadata={"description": "The same seed and arguments give the same model."},
        ),
    }


def train(**parameters: Any) -> dict[str, Any]:
    """Train a new model, keep it beside the training's checkpoints, and tell how good it is.

    Reports loss and accuracy after each epoch, and prints them. A training that was interrupted
    goes on after its last checkpoint; one that is to end keeps what it has learnt so far. What
    predicts stays the same until the training is promoted.

    Called outside of a training, it leaves the model, and no checkpoint, in the current directory.

    Args:
        parameters: fields of `digits.parameters.Parameters`.
    """
    from digits import model, training

    chosen = Parameters(**parameters)
    current = current_training()
    for epoch in training.fit(chosen, current.directory if current.identifier else None):
        print(epoch, flush=True)
        current.progress(epoch.number, epoch.total)
        current.metrics({"loss": epoch.loss, "accuracy": epoch.accuracy}, step=epoch.number)
        if current.cancelling:
            break
    model.save(epoch.classifier, current.directory / model.NAME)
    return {
        "accuracy": epoch.accuracy,
        "loss": epoch.loss,
        "epochs": epoch.number,
        "model": model.NAME,
        "parameters": asdict(chosen),
    }


def _classifier() -> Classifier:
    """Return what predicts; a server may have been told not to warm."""
    if _served is None:
        warm()
    return _served


def _first_model() -> Classifier:
    """Return the first model; train and save it where there is none."""
    from digits import model

    path = model.first_path()
    try:
        return model.load(path)
    except FileNotFoundError:
        LOG.info("There is no digits model yet: the first one is trained.")
    except model.CorruptModelError as error:
        LOG.warning("%s. A new one is trained.", error)
    from digits import training

    *_, last = training.fit(Parameters())
    model.save(last.classifier, path)
    return last.classifier
