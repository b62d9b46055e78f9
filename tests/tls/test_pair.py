"""Which certificates can be served, and what is said of others."""

import ssl
import subprocess

import pytest
import trustme

from deepaas.cmd.exposure import check_access
from deepaas.exceptions import ConfigurationError
from deepaas.settings import Settings
from deepaas.tls.certificate import certificate_of
from deepaas.tls.pair import Pair
from tests.tls.issuing import FUTURE, NAMES, PAST, issue

EMPTY_KEY = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"


@pytest.fixture
def files(tmp_path):
    return issue(tmp_path)


def refused(certificate, key):
    """Return what is said of a pair before the server starts."""
    with pytest.raises(ConfigurationError) as error:
        check_access(Settings(tls_cert=str(certificate), tls_key=str(key)))
    (line,) = str(error.value).splitlines()
    return line


@pytest.mark.parametrize("kind", list(trustme.KeyType))
def test_a_pair_tells_its_names_and_its_end(tmp_path, kind):
    pair = Pair.load(*map(str, issue(tmp_path, *NAMES, "::1", "*.example.org", key_type=kind)))
    assert pair.names == (*NAMES, "::1", "*.example.org")
    assert pair.expires == ssl.cert_time_to_seconds("Jan  1 00:00:00 3000 GMT")
    assert not pair.known
    assert pair.context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_pair_may_lie_in_one_file_with_any_text(tmp_path, files):
    both = tmp_path / "both.pem"
    both.write_bytes("für\n".encode() + files.key.read_bytes() + files.certificate.read_bytes())
    assert Pair.load(str(both), str(both)).names == NAMES


def test_what_this_machine_trusts_is_known(tmp_path, monkeypatch):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    assert Pair.load(*map(str, issue(tmp_path, by=authority))).known


def test_both_files_are_needed(files):
    assert refused(files.certificate, "") == (
        "--tls-cert needs the certificate's key: give --tls-key too"
    )
    assert refused("", files.key) == "--tls-key needs the key's certificate: give --tls-cert too"
    assert certificate_of(Settings()) is None


def test_a_file_that_cannot_be_read_is_named(tmp_path, files):
    assert refused(tmp_path, files.key) == f"--tls-cert {tmp_path}: Is a directory"
    assert refused(files.certificate, "none") == "--tls-key none: No such file or directory"


def test_a_file_that_holds_something_else_is_named(tmp_path, files):
    half = tmp_path / "half"
    for content in ("", files.certificate.read_text()[:300]):
        half.write_text(content)
        assert refused(half, files.key) == f"--tls-cert {half} holds no certificate in PEM"
    for content in ("", files.key.read_text()[:100], EMPTY_KEY, files.certificate.read_text()):
        half.write_text(content)
        assert refused(files.certificate, half) == f"--tls-key {half} holds no private key in PEM"


@pytest.mark.parametrize("kind", list(trustme.KeyType))
def test_a_key_has_to_be_that_of_the_certificate(tmp_path, files, kind):
    _, other = issue(tmp_path, name="other", key_type=kind)
    said = f"--tls-key {other} is not the key of --tls-cert {files.certificate}"
    assert refused(files.certificate, other) == said


def test_nobody_is_asked_for_a_passphrase(tmp_path, files):
    encrypted = tmp_path / "encrypted.key"
    words = ["openssl", "pkey", "-aes256", "-passout", "pass:secret"]
    subprocess.run([*words, "-in", files.key, "-out", encrypted], check=True)
    said = f"--tls-key {encrypted} is encrypted, and there is nobody to ask for its passphrase"
    assert refused(files.certificate, encrypted).startswith(said)


@pytest.mark.parametrize(
    ("when", "words"), [(PAST, "certificate has expired"), (FUTURE, "certificate is not yet valid")]
)
def test_a_certificate_that_no_client_takes_is_refused(tmp_path, when, words):
    files = issue(tmp_path, **when)
    assert refused(*files) == f"--tls-cert {files.certificate}: {words}"
