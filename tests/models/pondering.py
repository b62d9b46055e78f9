"""Takes its time over validating what it is sent."""

from webargs import fields

from tests.pipes import tell, wait


class Pondered(fields.Str):
    """Waits at the second of two named pipes, after it told the first."""

    def _deserialize(self, value, attr, data, **kwargs):
        reached, go_on, _ = value.split("|")
        tell(reached, "reached")
        wait(go_on)
        return go_on


def get_predict_args():
    return {"text": Pondered()}


def predict(text):
    return text


get_train_args = get_predict_args
train = predict
