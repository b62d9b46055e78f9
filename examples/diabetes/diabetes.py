"""Predicts how diabetes goes on, for a table of patients: an example model for DEEPaaS.

A Bayesian ridge regression on the 442 patients whose data ship inside scikit-learn. Of each it
knows ten measurements, and how far the illness had got a year later. No medical device.
"""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import pandas as pd
from aiohttp import web
from annotated_types import Interval

import deepaas
from deepaas.types import Example, Media

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

MEASURED = ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")
JSON, CSV, PNG = "application/json", "text/csv", "image/png"
# A table to try it with.
PATIENTS = Path(__file__).with_name("patients.csv")
# Every fifth patient is held out, to see how good the predictions are.
HELD_OUT = 5


@deepaas.predict
def predict(
    patients: Annotated[pd.DataFrame, Example(str(PATIENTS))],
    coverage: Annotated[float, Interval(gt=0, lt=1)] = 0.8,
    *,
    accept: Literal["application/json", "text/csv", "image/png"] = JSON,
) -> Annotated[pd.DataFrame | bytes, Media(JSON, CSV, PNG)]:
    """Predict how far the illness of each patient will have got in a year, from 25 to 346.

    Args:
        patients: A table, such as a CSV file, with the columns age, sex, bmi, bp and s1 to s6.
        coverage: Share of the patients for whom the truth is to lie between low and high.
        accept: The predictions as JSON or CSV, or a plot of them.
    """
    from scipy.stats import norm

    mean, deviation = regression().predict(measurements(patients), return_std=True)
    margin = norm.ppf((1 + coverage) / 2) * deviation
    predicted = pd.DataFrame(
        {"predicted": mean, "low": mean - margin, "high": mean + margin}
    ).round(1)
    return plot(predicted, coverage) if accept == PNG else predicted


@deepaas.warm
@cache
def regression() -> Pipeline:
    """Return the regression, fitted once in each worker."""
    from sklearn.linear_model import BayesianRidge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    table, progress = known_patients()
    seen = table.index % HELD_OUT != 0
    return make_pipeline(StandardScaler(), BayesianRidge()).fit(table[seen], progress[seen])


@deepaas.metadata
def describe() -> dict[str, str]:
    """Return what the model is."""
    return {
        "name": "diabetes",
        "summary": "Predicts how diabetes goes on, with what it does not know.",
        "author": "The DEEPaaS developers",
        "license": "Apache-2.0",
        "version": "1.0.0",
    }


def known_patients() -> tuple[pd.DataFrame, pd.Series]:
    """Return the measurements of scikit-learn's patients, and their illness a year later."""
    from sklearn.datasets import load_diabetes

    return load_diabetes(return_X_y=True, as_frame=True, scaled=False)


def measurements(patients: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that the regression knows.

    Raises:
        aiohttp.web.HTTPBadRequest: one is not there, or has gaps or words in it.
    """
    if absent := [one for one in MEASURED if one not in patients.columns]:
        raise web.HTTPBadRequest(reason=f"the table has no column {', '.join(absent)}")
    if patients.empty:
        raise web.HTTPBadRequest(reason="the table has no rows")
    numbers = patients[list(MEASURED)].apply(pd.to_numeric, errors="coerce")
    if wrong := [name for name in MEASURED if numbers[name].isna().any()]:
        raise web.HTTPBadRequest(reason=f"not a number in each row of {', '.join(wrong)}")
    return numbers


def plot(predicted: pd.DataFrame, coverage: float) -> bytes:
    """Return a PNG picture of predictions, with a bar from low to high for each."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    below, above = predicted.predicted - predicted.low, predicted.high - predicted.predicted
    axes.errorbar(predicted.index, predicted.predicted, [below, above], fmt="o", capsize=4)
    axes.set(xlabel="patient", ylabel="illness in a year", ylim=(0, 400))
    axes.set_title(f"bars hold {coverage:.0%} of patients")
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    return picture.getvalue()
