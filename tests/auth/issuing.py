"""A real provider of OpenID Connect behind TLS, in a thread; and ways to make tokens of it."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import flask
import jwt
import pytest
import trustme
from werkzeug.serving import WSGIRequestHandler, make_server

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import oidc_provider_mock

CALLBACK = "https://client.example/"


class Issuer:
    """A provider, and what it is asked.

    Args:
        authority: by whose certificate it is known.
    """

    def __init__(self, authority: trustme.CA) -> None:
        self._app = oidc_provider_mock.app()
        self._app.debug = False
        with self._app.test_request_context():
            self._app.preprocess_request()
            self._storage = flask.g.oidc_provider_mock_storage
        self._client = self._app.test_client()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        self._server = make_server(
            "localhost", 0, self._answer, threaded=True, request_handler=_Quiet, ssl_context=context
        )
        self.url = f"https://localhost:{self._server.server_port}"
        # How often what was asked, by path.
        self.asked: Counter[str] = Counter()
        # What is answered instead, by path: a status and an object, or headers.
        self.instead: dict[str, tuple[str, Any]] = {}
        # It waits for this before it answers.
        self.answers = threading.Event()
        self.answers.set()

    @contextlib.contextmanager
    def running(self) -> Iterator[Issuer]:
        """Let it answer."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield self
        finally:
            self.answers.set()
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        path = environ["PATH_INFO"]
        self.asked[path] += 1
        self.answers.wait()
        if path not in self.instead:
            return self._app.wsgi_app(environ, start)
        status, said = self.instead[path]
        headers = [("Location", said)] if isinstance(said, str) else []
        start(status, [("Content-Type", "application/json"), *headers])
        return [b"" if headers else json.dumps(said).encode()]

    def opaque(self, user: str, **claims: Any) -> str:
        """Return an access token that says nothing, as a user gets it who logs in."""
        return self._log_in(user, claims)["access_token"]

    def id_token(self, user: str, **claims: Any) -> str:
        """Return what tells a client who has logged in."""
        return self._log_in(user, claims)["id_token"]

    def _log_in(self, user: str, claims: dict[str, Any]) -> dict[str, str]:
        self._client.put(f"/users/{user}", json=claims)
        asked = f"client_id=c&redirect_uri={CALLBACK}&response_type=code&scope=openid"
        sent = self._client.post(f"/oauth2/authorize?{asked}", data={"sub": user})
        code = parse_qs(urlsplit(sent.headers["Location"]).query)["code"][0]
        given = self._client.post(
            "/oauth2/token",
            base_url=self.url,
            data={
                "grant_type": "authorization_code",
                "code": code,
                "client_id": "c",
                "client_secret": "s",
                "redirect_uri": CALLBACK,
            },
        )
        return given.json

    @property
    def public(self) -> dict[str, Any]:
        """Its key, as it shows it."""
        return self._storage.jwk.as_dict()

    @property
    def public_pem(self) -> bytes:
        """Its key, as a file has it."""
        return self._storage.jwk.as_pem()

    def rotate(self) -> None:
        """Sign with another key from now on, and show no other."""
        self._storage.jwk = type(self._storage.jwk).generate_key(is_private=True)

    def claims(self, user: str = "maria", **claims: Any) -> dict[str, Any]:
        """Return claims that hold."""
        now = int(time.time())
        return {"iss": self.url, "sub": user, "iat": now, "exp": now + 600, **claims}

    def signed(self, claims: dict[str, Any], key: Any = None, **header: Any) -> str:
        """Return a JSON Web Token, by its own key if no other is given."""
        header = {"typ": "JWT", "alg": "RS256", "kid": self.public["kid"], **header}
        header = {name: value for name, value in header.items() if value is not None}
        secret = key or self._storage.jwk.get_private_key()
        # Not as one who takes care to write what can be meant.
        payload = json.dumps(claims).encode()
        return jwt.PyJWS().encode(payload, secret, header.pop("alg"), header)

    def token(self, user: str = "maria", **claims: Any) -> str:
        """Return an access token that says whose it is."""
        return self.signed(self.claims(user, **claims))


class _Quiet(WSGIRequestHandler):
    def log(self, *args: Any) -> None:
        """Log nothing."""


@contextlib.contextmanager
def written(authority: trustme.CA, folder: Path) -> Iterator[str]:
    """Write the file by which a server knows providers; give its path."""
    path = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    nobody = folder / "nobody.pem"
    nobody.touch()
    with pytest.MonkeyPatch.context() as patch:
        # To read those of the system takes 0.1 s each time.
        patch.setenv("SSL_CERT_FILE", str(nobody))
        patch.setenv("SSL_CERT_DIR", str(folder))
        yield str(path)
