"""For the tests of models: a model is served in the real way, and asked.

Example::

    from deepaas.testing import serve

    with serve("model.py") as model:
        assert model.predict(text="hello").value == "HELLO!"

With pytest there are the fixtures ``serve_model``, ``module_serve_model`` and
``session_serve_model``, which need no import.
"""

from deepaas.testing.serving import Served, StartError, serve

__all__ = ["Served", "StartError", "serve"]
