"""Fails when it is asked what it is."""


def get_metadata():
    raise ValueError("no package of this name is installed")


def predict():
    return 1
