"""Models that let callers choose the content type of the answer, in the ways that models do."""

from webargs import fields, validate

TYPES = ["application/json", "image/png", "text/plain"]


class Says:
    """Answers which content type it was asked for; its children declare the choice."""

    accept = None

    def get_predict_args(self):
        return {"accept": self.accept}

    def predict(self, **kwargs):
        return kwargs.get("accept", "nothing")


class InHeaders(Says):
    """As DEEPaaS' documentation has it."""

    accept = fields.Str(location="headers", missing="image/png", validate=validate.OneOf(TYPES))


class WithoutDefault(Says):
    """The choices are a tuple, and none is the default."""

    accept = fields.Str(location="headers", validate=validate.OneOf(tuple(TYPES[1:])))


class OddDefault(Says):
    """The default is none of the choices."""

    accept = fields.Str(
        location="headers", missing="application/pdf", validate=validate.OneOf(TYPES)
    )


class WithoutChoices(Says):
    """Any content type may be asked for."""

    accept = fields.Str(location="headers", missing="text/csv")


class Ordinary(Says):
    """An argument like any other, but for its name."""

    accept = fields.Str(missing="application/json", validate=validate.OneOf(TYPES))


class Free(Says):
    """An argument like any other, and free text."""

    accept = fields.Str(missing="application/json")


class Anything(Says):
    """The choices and the default say that anything goes."""

    accept = fields.Str(
        location="headers", missing="*/*", validate=validate.OneOf(["text/plain", "*/*"])
    )


class Indifferent(Says):
    """Offers no choice."""

    def get_predict_args(self):
        return {}
