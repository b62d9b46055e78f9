"""What DEEPaaS asks of the model, asked directly."""

import io
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from itertools import islice
from multiprocessing import get_context
from types import SimpleNamespace

import numpy as np
import pytest
from aiohttp import web
from marshmallow import Schema, ValidationError
from PIL import Image, ImageOps
from sklearn.datasets import load_digits

from digits import api, training
from digits.parameters import Parameters

NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def validated(fields, **values):
    return Schema.from_dict(fields)().load(values)


def predict(path=None, **values):
    if path is not None:
        values["data"] = SimpleNamespace(filename=str(path))
    return api.predict(accept=values.pop("accept", "application/json"), **values)


def train(**values):
    return api.train(**validated(api.get_train_args(), **values))


def misread(folder):
    answers = {path.stem: NAMES[predict(path)["label"]] for path in folder.iterdir()}
    assert sorted(answers) == sorted(NAMES)
    return {name: label for name, label in answers.items() if name != label}


@pytest.mark.usefixtures("model_dir")
class TestPredicting:
    def test_the_first_model_reads_every_picture(self, pictures):
        assert misread(pictures) == {}

    def test_the_example_that_the_server_prints_is_a_seven(self):
        assert predict(api.EXAMPLE)["label"] == 7

    @pytest.mark.parametrize("size", [(60, 60), (90, 120), (1500, 1500)])
    def test_pictures_of_other_sizes_are_read(self, pictures, tmp_path, size):
        copies = tmp_path / "copies"
        copies.mkdir()
        for path in pictures.iterdir():
            with Image.open(path) as picture:
                ImageOps.contain(picture, size).save(copies / path.name)
        assert misread(copies) == {}

    def test_inverted_pictures_are_read(self, pictures, tmp_path):
        copies = tmp_path / "copies"
        copies.mkdir()
        for path in pictures.iterdir():
            with Image.open(path) as picture:
                paper = Image.new("RGBA", picture.size, "white")
                flat = Image.alpha_composite(paper, picture.convert("RGBA"))
            ImageOps.invert(flat.convert("L")).save(copies / path.name)
        assert misread(copies) == {}

    def test_the_pixels_of_the_data_set_are_read(self):
        digits = load_digits()
        answers = [predict(pixels=pixels.tolist())["label"] for pixels in digits.data]
        assert np.mean(answers == digits.target) > 0.97

    def test_an_answer_follows_the_schema(self, pictures):
        answer = predict(pictures / "seven.png")
        assert Schema.from_dict(api.schema)().load(answer) == answer
        assert answer["label"] == 7
        assert answer["probability"] == answer["probabilities"]["7"]
        assert list(answer["probabilities"]) == [str(digit) for digit in range(10)]
        assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=0.001)

    def test_a_plot_is_a_png_picture(self, pictures):
        plot = predict(pictures / "seven.png", accept="image/png")
        assert isinstance(plot, io.BytesIO)
        with Image.open(plot, formats=["PNG"]) as picture:
            assert picture.size == (640, 320)

    def test_a_file_that_is_no_picture_is_a_bad_request(self, tmp_path):
        path = tmp_path / "notes.txt"
        path.write_text("seven")
        with pytest.raises(web.HTTPBadRequest) as refusal:
            predict(path)
        assert "cannot be read as a picture" in refusal.value.reason

    @pytest.mark.parametrize(("both", "reason"), [(False, "`pixels`."), (True, "not both.")])
    def test_a_picture_or_pixels_must_be_given_but_not_both(self, pictures, both, reason):
        values = {"path": pictures / "one.jpg", "pixels": [0.0] * 64} if both else {}
        with pytest.raises(web.HTTPBadRequest) as refusal:
            predict(**values)
        assert refusal.value.reason.endswith(reason)


class TestArguments:
    def test_absent_arguments_are_left_out_but_accept(self):
        assert validated(api.get_predict_args()) == {"accept": "application/json"}

    @pytest.mark.parametrize("pixels", [[0] * 63, [0] * 65, [17] + [0] * 63, ["ink"] + [0] * 63])
    def test_other_than_64_values_of_0_to_16_are_refused(self, pixels):
        with pytest.raises(ValidationError):
            validated(api.get_predict_args(), pixels=pixels)

    @pytest.mark.parametrize("name", list(api.get_train_args()))
    def test_a_hyper_parameter_without_sense_is_refused(self, name):
        with pytest.raises(ValidationError) as refusal:
            validated(api.get_train_args(), **{name: -1})
        assert list(refusal.value.messages) == [name]


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """The current directory: where a training outside of a server leaves its model."""
    folder = tmp_path / "workplace"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


class TestTraining:
    def test_a_training_prints_each_epoch_and_reaches_95_percent(self, workplace, capsys):
        result = train(seed=3)
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == result["epochs"] == 30
        assert lines[-1] == (
            f"epoch 30/30: loss {result['loss']:.4f}, accuracy {result['accuracy']:.4f}"
        )
        assert result["accuracy"] > 0.95
        assert [path.name for path in workplace.iterdir()] == [result["model"]]

    @pytest.mark.parametrize(
        "parameters",
        [{"seed": 5}, {"epochs": 60}, {"hidden_units": 48}, {"batch_size": 200}],
        ids=str,
    )
    @pytest.mark.usefixtures("empty_dir")
    def test_a_retrained_model_reads_every_picture(self, workplace, pictures, parameters):
        train(**parameters)
        api.warm(workplace)
        assert misread(pictures) == {}

    @pytest.mark.usefixtures("workplace")
    def test_what_predicts_stays_the_same(self, model_dir, pictures):
        before = predict(pictures / "two.png")
        train(epochs=1)
        assert predict(pictures / "two.png") == before
        api.warm()
        assert predict(pictures / "two.png") == before
        assert [path.name for path in model_dir.iterdir()] == ["digits.npz"]

    @pytest.mark.usefixtures("workplace")
    def test_the_same_seed_gives_the_same_model(self):
        assert train(epochs=2, seed=1) == train(epochs=2, seed=1)
        assert train(epochs=2, seed=1)["loss"] != train(epochs=2, seed=2)["loss"]


class TestCheckpoints:
    @pytest.mark.parametrize("done", [1, 3, 4])
    def test_a_resumed_training_ends_as_one_that_was_not_interrupted(self, tmp_path, done):
        parameters = Parameters(epochs=4, seed=7)
        whole = list(training.fit(parameters))
        begun = list(islice(training.fit(parameters, tmp_path), done))
        resumed = list(training.fit(parameters, tmp_path))
        assert [epoch.number for epoch in begun + resumed[1:]] == [1, 2, 3, 4]
        for epoch, other in zip(whole, begun + resumed[1:], strict=True):
            assert (epoch.loss, epoch.accuracy) == (other.loss, other.accuracy)
            np.testing.assert_equal(asdict(epoch.classifier), asdict(other.classifier))
        assert str(resumed[0]) == str(begun[-1])

    def test_a_checkpoint_that_was_half_written_is_no_checkpoint(self, tmp_path):
        parameters = Parameters(epochs=3, seed=7)
        *_, whole = training.fit(parameters)
        next(training.fit(parameters, tmp_path))
        (tmp_path / "checkpoint.pickle.part").write_bytes(b"half")
        *_, resumed = training.fit(parameters, tmp_path)
        assert str(resumed) == str(whole)
        assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pickle"]


class TestWarming:
    def test_the_first_model_is_trained_and_saved(self, first_model):
        assert [path.name for path in first_model.iterdir()] == ["digits.npz"]

    def test_a_saved_model_is_left_as_it_is(self, model_dir):
        before = (model_dir / "digits.npz").stat()
        api.warm()
        after = (model_dir / "digits.npz").stat()
        assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)

    @pytest.mark.parametrize("damage", ["empty", "half", "text", "other arrays"])
    def test_a_damaged_model_is_replaced_with_a_warning(
        self, model_dir, pictures, caplog, monkeypatch, damage
    ):
        # How well a whole training reads is seen above.
        monkeypatch.setattr(api, "Parameters", lambda: Parameters(epochs=1))
        file = model_dir / "digits.npz"
        if damage == "other arrays":
            np.savez(file, weights=np.zeros(3))
        else:
            whole = file.read_bytes()
            file.write_bytes(
                {"empty": b"", "half": whole[: len(whole) // 2], "text": b"no model"}[damage]
            )
        api.warm()
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        assert "holds no digits model" in caplog.text
        answer = predict(pictures / "two.png")
        monkeypatch.setattr(api, "_served", None)
        api.warm()
        assert predict(pictures / "two.png") == answer
        assert len(caplog.records) == 1

    @pytest.mark.usefixtures("model_dir")
    def test_a_training_that_has_left_no_model_cannot_be_served(self, tmp_path, pictures):
        before = predict(pictures / "two.png")
        with pytest.raises(FileNotFoundError):
            api.warm(tmp_path)
        assert predict(pictures / "two.png") == before

    def test_workers_that_warm_at_once_do_not_disturb_each_other(self, empty_dir, pictures):
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as workers:
            for warmed in [workers.submit(api.warm) for _ in range(2)]:
                warmed.result()
        assert [path.name for path in empty_dir.iterdir()] == ["digits.npz"]
        assert misread(pictures) == {}


def test_the_description_tells_name_version_and_licence():
    assert (
        api.get_metadata().items()
        >= {
            "name": "digits",
            "version": "1.0.0",
            "license": "Apache-2.0",
            "author": "The DEEPaaS developers",
        }.items()
    )


def test_describing_the_model_does_not_import_what_only_workers_need():
    code = (
        "import sys; from digits import api; api.get_metadata(); api.get_predict_args();"
        "print([name for name in ('numpy', 'PIL', 'sklearn') if name in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"
