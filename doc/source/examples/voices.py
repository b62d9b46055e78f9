"""A model with arguments of many kinds."""

from webargs import fields, validate


def get_predict_args():
    return {
        "text": fields.Str(required=True, metadata={"description": "What to say"}),
        "times": fields.Int(load_default=1, validate=validate.Range(1, 10)),
        "voices": fields.List(fields.Str()),
        "tone": fields.Str(load_default="low", validate=validate.OneOf(["low", "high"])),
        "options": fields.Dict(load_default=dict),
        "picture": fields.Field(metadata={"type": "file", "location": "form"}),
    }


def predict(text, times, tone, options, voices=(), picture=None):
    said = " ".join([text.upper() if tone == "high" else text] * times)
    if voices:
        said = f"{' and '.join(voices)}: {said}"
    return f"{said} ({picture.original_filename})" if picture else said
