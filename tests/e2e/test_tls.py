"""TLS: a certificate of our own or given ones, beside plain HTTP on one port, and read again on SIGHUP."""

import shutil
import signal
import socket
import ssl
import stat
import subprocess
import time

import pytest

from harness import PATIENCE, REQUEST_SECONDS, Server, outside_address, run_cli, wait_for


SUBJECT = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
CA_CONFIG = """
[ca]
default_ca = here
[here]
database = {folder}/index.txt
serial = {folder}/serial
new_certs_dir = {folder}
default_md = sha256
policy = any
[any]
commonName = supplied
"""


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def make_certificate(folder, name):
    """A self-signed certificate for loopback, as files."""
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
            "-out", certificate, "-days", 30, *SUBJECT)
    return certificate, key


def make_expired_certificate(folder):
    certificate, key, request, config = (folder / f"expired.{suffix}" for suffix in ("crt", "key", "csr", "cnf"))
    (folder / "index.txt").write_text("")
    (folder / "serial").write_text("01")
    config.write_text(CA_CONFIG.format(folder=folder))
    openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, *SUBJECT)
    openssl("ca", "-batch", "-selfsign", "-config", config, "-keyfile", key, "-in", request, "-out", certificate,
            "-startdate", "20200101000000Z", "-enddate", "20200201000000Z", "-notext")
    return certificate, key


def served_certificate(port):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), timeout=REQUEST_SECONDS) as plain:
        with context.wrap_socket(plain) as secured:
            return secured.getpeercert(binary_form=True)


def der_of(certificate):
    return ssl.PEM_cert_to_DER_cert(certificate.read_text())


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("secured") / "data", "--tls-self-signed").start()
    yield server
    server.stop()


def test_plain_and_tls_share_the_port(secured):
    for tls in (False, True):
        assert secured.client(tls=tls).get("/livez").status == 200
        assert secured.client(tls=tls).get("/admin/v1/projects").status == 200


def test_the_certificate_is_good_for_loopback_by_name_and_address(secured):
    context = secured.tls_context()
    for name in ("127.0.0.1", "localhost"):
        client = secured.anonymous(tls=True)
        client.address = name
        assert client.get("/livez").status == 200
    with pytest.raises(ssl.SSLCertVerificationError):
        with socket.create_connection(("127.0.0.1", secured.port)) as plain:
            context.wrap_socket(plain, server_hostname="elsewhere.example.org")


def test_keys_of_certificates_are_nobody_elses(secured):
    for name in ("ca.key", "tls.key"):
        assert stat.S_IMODE((secured.data_dir / name).stat().st_mode) == 0o600


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_versions_that_are_served(secured, version):
    context = secured.tls_context()
    context.minimum_version = context.maximum_version = version
    client = secured.client()
    client.context = context
    assert client.get("/livez").status == 200


def test_older_versions_are_not(secured):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        with socket.create_connection(("127.0.0.1", secured.port), timeout=REQUEST_SECONDS) as plain:
            context.wrap_socket(plain)
    assert secured.client(tls=True).get("/livez").status == 200


@pytest.mark.parametrize("suites, served", [("ECDHE+AESGCM", True), ("ECDHE+CHACHA20", True),
                                            ("ECDHE+AES:!AESGCM:!AESCCM", False), ("ECDHE+AESCCM", False)])
def test_of_version_1_2_the_authenticated_suites_alone(secured, suites, served):
    context = secured.tls_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(suites)
    client = secured.client()
    client.context = context
    if served:
        assert client.get("/livez").status == 200
    else:
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            client.get("/livez")


def test_what_is_neither_harms_nobody(secured):
    for garbage in (b"\x16", b"\x16\x03\x01", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 40, b"\x80\x2e\x01", b""):
        with socket.create_connection(("127.0.0.1", secured.port), timeout=REQUEST_SECONDS) as connection:
            connection.sendall(garbage)
    assert secured.client(tls=True).get("/livez").status == 200


def test_curl_takes_the_ca(secured):
    ran = subprocess.run(["curl", "-sS", "--fail", "--cacert", secured.data_dir / "ca.crt", "-H",
                          f"ApiKey: {secured.admin_key}", f"https://127.0.0.1:{secured.port}/admin/v1/projects"],
                         capture_output=True, text=True, check=False, timeout=REQUEST_SECONDS)
    assert ran.returncode == 0, ran.stderr
    assert '"Default"' in ran.stdout


def test_the_ca_stays_over_restarts(start_server, data_dir):
    server = start_server("--tls-self-signed")
    before = (data_dir / "ca.crt").read_bytes()
    context = server.tls_context()
    server.stop()
    server.start()
    assert (data_dir / "ca.crt").read_bytes() == before
    client = server.client()
    client.context = context
    assert client.get("/livez").status == 200


@pytest.mark.parametrize("name", ["ca.crt", "ca.key"])
@pytest.mark.parametrize("break_it", ["empty", "not pem", "another", "missing"])
def test_a_damaged_ca_is_refused_at_the_start_and_not_overwritten(start_server, data_dir, tmp_path, name, break_it):
    server = start_server("--tls-self-signed")
    server.stop()
    files = [data_dir / known for known in ("ca.crt", "ca.key", "tls.crt", "tls.key")]
    file = data_dir / name
    if break_it == "missing":
        file.unlink()
    elif break_it == "another":
        file.write_bytes(make_certificate(tmp_path, "another")[0 if name == "ca.crt" else 1].read_bytes())
    else:
        file.write_text("" if break_it == "empty" else "not pem")
    before = {known.name: known.read_bytes() for known in files if known.exists()}
    ran = run_cli("serve", "--listen", "127.0.0.1:0", "--data-dir", data_dir, "--tls-self-signed")
    assert ran.returncode in (1, 2)
    # Of two that do not belong together, nobody knows which is wrong: the key is named first.
    assert f"cannot use {data_dir / 'ca.key' if break_it == 'another' else file}: " in ran.stderr
    assert {known.name: known.read_bytes() for known in files if known.exists()} == before


def test_a_ca_is_made_anew_if_both_its_files_are_gone(start_server, data_dir):
    server = start_server("--tls-self-signed")
    server.stop()
    before = (data_dir / "ca.crt").read_bytes()
    for name in ("ca.crt", "ca.key"):
        (data_dir / name).unlink()
    server.start()
    assert (data_dir / "ca.crt").read_bytes() != before
    assert server.client(tls=True).get("/livez").status == 200


def test_without_tls_a_tls_client_gets_nowhere_and_harms_nobody(start_server):
    server = start_server()
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        served_certificate(server.port)
    assert server.client().get("/livez").status == 200


def test_certificates_are_read_again_on_sighup(start_server, tmp_path):
    certificate, key = make_certificate(tmp_path, "served")
    server = start_server("--tls-cert", str(certificate), "--tls-key", str(key))
    assert served_certificate(server.port) == der_of(certificate)
    with socket.create_connection(("127.0.0.1", server.port), timeout=REQUEST_SECONDS) as plain:
        context = ssl.create_default_context(cafile=str(certificate))
        with context.wrap_socket(plain, server_hostname="localhost") as open_before:
            new_certificate, new_key = make_certificate(tmp_path, "renewed")
            shutil.copy(new_key, key)
            shutil.copy(new_certificate, certificate)
            server.signal(signal.SIGHUP)
            wait_for(lambda: served_certificate(server.port) == der_of(new_certificate), "the new certificate")
            # A connection that was open goes on.
            open_before.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            assert open_before.recv(1024).startswith(b"HTTP/1.1 200 ")

    # A pair that is no pair leaves the old one in use, and is said in the log.
    certificate.write_text("no certificate")
    seen = len(server.lines)
    server.signal(signal.SIGHUP)
    complaint = wait_for(lambda: [line for line in server.lines[seen:] if '"level":"error"' in line], "the error")
    assert str(certificate) in complaint[0]
    assert served_certificate(server.port) == der_of(new_certificate)


def test_expiry_is_measured_and_told(start_server, tmp_path):
    certificate, key = make_certificate(tmp_path, "short")
    server = start_server("--tls-cert", str(certificate), "--tls-key", str(key))
    expires = server.client().metric("snapgate_certificate_expiry_timestamp_seconds", file=str(certificate))
    assert 29 * 86400 < expires - time.time() < 31 * 86400
    told = wait_for(lambda: [line for line in server.log() if "a certificate expires soon" in line["message"]],
                    "the warning")
    assert told[0]["level"] == "warning" and told[0]["file"] == str(certificate)


def test_sighup_reads_the_log_level_again(start_server, tmp_path):
    config = tmp_path / "snapgate.yaml"
    config.write_text("log-level: info\n")
    server = Server(tmp_path / "data", "--config", str(config)).start()
    config.write_text("log-level: error\n")
    server.signal(signal.SIGHUP)
    client = server.client()

    def silent():
        before = len(server.log("request"))
        assert client.get("/livez").status == 200
        assert client.get("/livez").status == 200
        return len(server.log("request")) == before

    wait_for(silent, "the log to fall silent")
    config.write_text("log-level: info\n")
    server.signal(signal.SIGHUP)
    wait_for(lambda: not silent(), "the log to speak again")
    server.stop()


@pytest.mark.parametrize("break_it", ["no certificate", "no key", "another key", "expired", "not pem"])
def test_a_wrong_certificate_is_refused_at_the_start(data_dir, tmp_path, break_it):
    certificate, key = make_certificate(tmp_path, "one")
    if break_it == "no certificate":
        certificate = tmp_path / "none.crt"
    elif break_it == "no key":
        key = tmp_path / "none.key"
    elif break_it == "another key":
        key = make_certificate(tmp_path, "two")[1]
    elif break_it == "expired":
        certificate, key = make_expired_certificate(tmp_path)
    else:
        certificate.write_text("not pem")
    ran = run_cli("serve", "--listen", "127.0.0.1:0", "--data-dir", data_dir, "--tls-cert", certificate, "--tls-key", key)
    assert ran.returncode in (1, 2)
    assert str(certificate) in ran.stderr or str(key) in ran.stderr


def test_beyond_loopback_needs_tls_or_a_word(data_dir):
    ran = run_cli("serve", "--listen", "0.0.0.0:0", "--data-dir", data_dir)
    assert ran.returncode in (1, 2)
    for word in ("0.0.0.0", "--tls-self-signed", "--insecure-http"):
        assert word in ran.stderr


def test_beyond_loopback_plain_is_answered_with_a_400_that_says_so(start_server):
    server = start_server("--tls-self-signed", listen="0.0.0.0:0")
    answer = server.raw(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n", until_close=True, timeout=20 * PATIENCE)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"https" in answer
    assert server.client(tls=True).get("/livez").status == 200
    address = outside_address()
    if address is not None:
        client = server.client(address=address)
        assert client.get("/livez").status == 400


def test_insecure_http_allows_it(start_server):
    server = start_server("--insecure-http", listen="0.0.0.0:0")
    assert server.client().get("/livez").status == 200
