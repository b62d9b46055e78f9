"""Models that describe themselves, well and badly."""


class Good:
    """Says what it is."""

    def get_metadata(self):
        return {"author": "the tests"}

    def predict(self):
        return "good"


class Bad(Good):
    """Says what has no JSON form."""

    def get_metadata(self):
        return {"o": object()}
