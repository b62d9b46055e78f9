"""The model asked directly, and as users ask it: through a server."""

import io
from pathlib import Path

import pandas as pd
import pytest
from aiohttp import web
from PIL import Image

import diabetes
from deepaas.client import ClientError, File, InvalidArguments
from deepaas.testing import serve

PATIENTS = Path(diabetes.__file__).with_name("patients.csv")


@pytest.fixture(scope="module")
def held_out():
    """Patients that the regression has not seen, and how their illness went on."""
    table, progress = diabetes.known_patients()
    chosen = table.index % diabetes.HELD_OUT == 0
    return table[chosen], progress[chosen].to_numpy()


def test_half_of_what_differs_between_patients_is_predicted(held_out):
    patients, truth = held_out
    predicted = diabetes.predict(patients).predicted
    explained = 1 - ((truth - predicted) ** 2).sum() / ((truth - truth.mean()) ** 2).sum()
    assert explained > 0.5


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.95])
def test_the_truth_is_between_low_and_high_as_often_as_is_said(held_out, coverage):
    patients, truth = held_out
    predicted = diabetes.predict(patients, coverage)
    within = (predicted.low <= truth) & (truth <= predicted.high)
    assert within.mean() == pytest.approx(coverage, abs=0.1)


def test_the_patients_beside_the_example_were_held_out(held_out):
    pd.testing.assert_frame_equal(pd.read_csv(PATIENTS), held_out[0].head(8).reset_index(drop=True))


def test_columns_may_come_in_any_order_with_others_between_them(held_out):
    patients = held_out[0].assign(name="somebody")
    shuffled = patients[sorted(patients.columns, reverse=True)]
    pd.testing.assert_frame_equal(diabetes.predict(shuffled), diabetes.predict(patients))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda table: table.drop(columns=["bmi", "s6"]), "the table has no column bmi, s6"),
        (lambda table: table.head(0), "the table has no rows"),
        (lambda table: table.assign(age="old"), "not a number in each row of age"),
        (lambda table: table.assign(bp=None), "not a number in each row of bp"),
    ],
)
def test_a_table_that_does_not_fit_is_a_bad_request(held_out, change, reason):
    with pytest.raises(web.HTTPBadRequest) as refused:
        diabetes.predict(change(held_out[0]))
    assert refused.value.reason == reason


def test_a_table_is_answered_as_json_csv_or_a_plot():
    with serve(diabetes.__file__) as client:
        rows = client.predict(patients=PATIENTS).value
        assert len(rows) == 8
        assert rows[0]["low"] < rows[0]["predicted"] < rows[0]["high"]

        table = client.predict(patients=PATIENTS, accept="text/csv")
        assert pd.read_csv(io.BytesIO(table.value)).to_dict("records") == rows

        plot = client.predict(patients=PATIENTS, accept="image/png", coverage=0.95)
        assert plot.content_type == "image/png"
        with Image.open(io.BytesIO(plot.value)) as picture:
            assert picture.size == (800, 400)

        with pytest.raises(ClientError, match="the table has no column age"):
            client.predict(patients=File(b"a,b\n1,2\n", "others.csv"))
        with pytest.raises(InvalidArguments) as refused:
            client.predict(patients=PATIENTS, coverage=1)
        assert set(refused.value.messages) == {"coverage"}
