import socket

import pytest
from hypothesis import given, settings, strategies as st
from tests.sources.index_server import IndexServer

from weigh.core.errors import (
    IntegrityError,
    NotFoundError,
    OfflineError,
    RefusedError,
    UnknownAnswerError,
    UsageError,
    WeighError,
)
from weigh.system import addresses
from weigh.system.addresses import is_internal, is_loopback, literal_address
from weigh.system.answers import content_length, content_range
from weigh.system.http import MAX_REDIRECTS, RETRIES, Http, Timeouts
from weigh.system.trust import Trust, proxy_for, ssl_context
from weigh.system.urls import redirect_target, without_credentials

BODY = bytes(range(256)) * 400


@pytest.fixture
def server(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with IndexServer() as running:
        running.files["data.bin"] = BODY
        running.bodies["/small"] = ("text/plain", b"hello")
        yield running


@pytest.fixture
def http(server):
    with client(server) as made:
        yield made


def client(server, **settings):
    waits: list[float] = []
    settings.setdefault("allowed_private_hosts", frozenset({server.address}))
    made = Http(Timeouts(connect=2, read=2), pause=waits.append, **settings)
    made.waits = waits
    return made


def body(http, url, **settings):
    with http.stream(url, **settings) as response:
        return response, b"".join(response.iter_bytes())


def test_a_part_is_start_inclusive_and_end_exclusive(server, http):
    response, got = body(http, f"{server.url}/files/data.bin", range_start=10, range_end=20)
    assert (response.status, got) == (206, BODY[10:20])
    assert (response.content_range.start, response.content_range.end) == (10, 20)
    assert response.total == len(BODY)


def test_a_negative_start_asks_for_the_end(server, http):
    assert body(http, f"{server.url}/files/data.bin", range_start=-7)[1] == BODY[-7:]


def test_asking_past_the_end_answers_416_with_the_total(server, http):
    response, _ = body(http, f"{server.url}/files/data.bin", range_start=len(BODY))
    assert (response.status, response.total) == (416, len(BODY))


def test_get_is_bounded(server, http):
    assert http.get(f"{server.url}/small") == b"hello"
    with pytest.raises(IntegrityError, match="cannot read") as told:
        http.get(f"{server.url}/files/data.bin", max_bytes=1000)
    assert "1,000" in told.value.why


def test_an_unasked_content_encoding_is_refused(server, http):
    server.headers = {"Content-Encoding": "gzip"}
    with pytest.raises(IntegrityError, match="cannot read") as told:
        http.get(f"{server.url}/small")
    assert "gzip" in told.value.why


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, NotFoundError), (410, NotFoundError), (403, UnknownAnswerError), (500, UnknownAnswerError)],
)
def test_failing_answers_are_one_error_each(server, http, status, kind):
    server.behaviour.status["/x"] = status
    with pytest.raises(kind) as told:
        http.get(f"{server.url}/x")
    assert str(status) in told.value.why
    assert len(server.seen) == 1
    assert bool(told.value.hint) == (status == 403)


def test_a_busy_server_is_asked_again_with_growing_pauses(server, http):
    server.behaviour.busy = RETRIES
    assert http.get(f"{server.url}/small") == b"hello"
    assert len(http.waits) == RETRIES
    assert http.waits == sorted(set(http.waits))
    server.behaviour.busy = RETRIES + 1
    with pytest.raises(UnknownAnswerError, match="cannot read"):
        http.get(f"{server.url}/small")


@settings(max_examples=25, deadline=None)
@given(
    drop=st.integers(1, len(BODY)),
    drops=st.integers(0, RETRIES),
    ranges=st.booleans(),
    start=st.integers(0, len(BODY) - 1),
    length=st.one_of(st.none(), st.integers(1, len(BODY))),
)
def test_drops_anywhere_never_change_what_is_read(drop, drops, ranges, start, length):
    with IndexServer() as server, client(server) as http:
        server.files["data.bin"] = BODY
        server.behaviour.drop_after, server.behaviour.drops, server.behaviour.ranges = drop, drops, ranges
        end = None if length is None else start + length
        response, got = body(http, f"{server.url}/files/data.bin", range_start=start, range_end=end)
        assert got == (BODY[start:end] if response.status == 206 else BODY)


def test_a_file_that_changes_while_it_is_read_is_an_integrity_error(server, http):
    server.behaviour.drop_after, server.behaviour.drops, server.behaviour.lie = 1000, 1, "new-tag"
    with pytest.raises(IntegrityError, match="changed while it was being read") as told:
        body(http, f"{server.url}/files/data.bin")
    assert told.value.hint


def test_a_connection_that_never_gets_anywhere_is_given_up(server, http):
    server.behaviour.drop_after, server.behaviour.drops = 10, 99
    with pytest.raises(OfflineError, match=f"broke after {10 * (RETRIES + 1)} bytes") as told:
        body(http, f"{server.url}/files/data.bin")
    assert told.value.why
    assert told.value.hint


def test_a_long_download_may_break_more_often_than_a_short_one(server, http):
    server.files["data.bin"] = big = BODY * 30
    server.behaviour.drop_after, server.behaviour.drops = 400_000, 6
    assert body(http, f"{server.url}/files/data.bin")[1] == big


def test_a_server_that_says_nothing_in_time_is_an_offline_error(server):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"127.0.0.1:{silent.getsockname()[1]}"
        made = Http(Timeouts(1, 0.05), allowed_private_hosts=frozenset({place}), pause=lambda seconds: None)
        with made, pytest.raises(OfflineError, match="cannot reach"):
            made.get(f"http://{place}/")


# Whom it talks to


def test_offline_opens_no_socket(server, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("a name was looked up"))
    with (
        client(server, offline=True) as http,
        pytest.raises(OfflineError, match="not on this machine") as told,
    ):
        http.get(f"{server.url}/small")
    assert server.seen == []
    assert told.value.hint


def test_private_addresses_are_refused_unless_configured(server):
    with client(server, allowed_private_hosts=frozenset()) as http:
        for url in (server.url, "https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest"):
            with pytest.raises(RefusedError) as told:
                http.get(url)
            assert told.value.why
            assert told.value.hint
    assert server.seen == []


def test_a_name_that_resolves_inside_is_refused_and_only_the_checked_address_is_used(server, monkeypatch):
    looked_up = []

    def first_outside_then_inside(host, port, **_):
        looked_up.append(host)
        place = "198.51.100.7" if len(looked_up) > 1 else "10.1.2.3"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, port))]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", first_outside_then_inside)
    with client(server) as http, pytest.raises(RefusedError, match=r"rebind\.example") as told:
        http.get("https://rebind.example/")
    assert "10.1.2.3" in told.value.why
    assert looked_up == ["rebind.example"]


def test_the_name_is_sent_although_the_connection_goes_to_the_address(server, monkeypatch):
    place = ("127.0.0.1", server.server_address[1])
    monkeypatch.setattr(
        addresses.socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place)]
    )
    port = server.server_address[1]
    trust = Trust(trusted_hosts=frozenset({f"index.example:{port}"}))
    with client(server, trust=trust) as http:
        assert http.get(f"http://index.example:{port}/small") == b"hello"
    assert server.seen[0][2]["host"] == f"index.example:{port}"


def test_plain_http_needs_a_trusted_host():
    with Http(allowed_private_hosts=frozenset({"10.0.0.1"})) as http:
        with pytest.raises(RefusedError, match="plain http") as told:
            http.get("http://10.0.0.1/")
        assert "trusted-host" in told.value.hint


def test_redirects_are_followed_and_counted(server, http):
    hops = {f"/{n}": f"/{n + 1}" for n in range(MAX_REDIRECTS)}
    server.behaviour.redirects = {**hops, f"/{MAX_REDIRECTS - 1}": "/small"}
    page = http.page(f"{server.url}/0")
    assert (page.body, page.url, page.content_type) == (b"hello", f"{server.url}/small", "text/plain")
    server.behaviour.redirects = {"/loop": "/loop"}
    with pytest.raises(RefusedError, match="never reached"):
        http.get(f"{server.url}/loop")


def test_a_redirect_into_a_private_network_or_nowhere_is_refused(server, http):
    with IndexServer() as other:
        other.bodies["/x"] = ("text/plain", b"inside")
        for target in (f"{other.url}/x", "https://192.168.0.1/", ""):
            server.behaviour.redirects["/r"] = target
            with pytest.raises(RefusedError):
                http.get(f"{server.url}/r")
        assert other.seen == []


@pytest.mark.parametrize("target", ["http://h/x", "file:///etc/passwd", "ftp://h/x"])
def test_https_never_leads_to_anything_less(target):
    with pytest.raises(RefusedError, match="will not follow"):
        redirect_target("https://h/a", target)


def test_credentials_stay_with_their_host():
    assert redirect_target("https://u:p@h/a", "b") == "https://u:p@h/b"
    assert redirect_target("https://u:p@h/a", "https://other/b") == "https://other/b"
    assert redirect_target("https://h/a", "https://x:y@other/b") == "https://other/b"


@pytest.mark.parametrize(
    "url", ["ftp://h/x", "https:///x", "https://h:99999/", "https://[bad/", "nonsense", ""]
)
def test_addresses_that_are_none_are_usage_errors_without_their_password(url, http):
    with pytest.raises(UsageError):
        http.get(url.replace("//h", "//user:hunter2@h"))
    assert "hunter2" not in without_credentials(url.replace("//h", "//user:hunter2@h"))


# Addresses, headers


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.9.8.7", "172.31.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1",
        "2002:0a00:0001::1", "64:ff9b::7f00:1", "ff02::1",
    ],
)  # fmt: skip
def test_internal_addresses_are_known_in_every_disguise(address):
    assert is_internal(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "203.0.113.80", "2606:4700::1", "172.32.0.1", "::ffff:8.8.8.8"]
)
def test_public_addresses_are_not_internal(address):
    assert not is_internal(address)


def test_host_names_are_not_taken_for_addresses():
    assert literal_address("[::1]") == "::1"
    assert literal_address("example") == ""
    assert is_loopback("LOCALHOST")
    assert not is_loopback("localhost.example")


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_content_range_is_read_exactly_or_not_at_all(start, last, total):
    read = content_range({"content-range": f"bytes {start}-{last}/{total}"})
    assert (read is not None) == (start <= last < total)
    if read is not None:
        assert (read.start, read.end, read.total) == (start, last + 1, total)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=40))
def test_any_header_text_is_a_number_or_unknown(text):
    assert content_length({"content-length": text}) >= -1
    content_range({"content-range": text})


# Trust


def test_a_proxy_sees_every_request(server, monkeypatch):
    server.bodies["http://index.example:81/small"] = ("text/plain", b"through the proxy")
    trust = Trust(proxy=server.url, trusted_hosts=frozenset({"index.example"}))
    with client(server, trust=trust) as http:
        assert http.get("http://index.example:81/small") == b"through the proxy"
    assert server.seen[0][0] == "http://index.example:81/small"


def test_behind_a_proxy_literal_private_addresses_are_still_refused(server):
    with client(server, trust=Trust(proxy=server.url)) as http, pytest.raises(RefusedError):
        http.get("https://10.0.0.1/")


def test_proxy_variables_are_honoured_and_pip_comes_first(monkeypatch):
    monkeypatch.setenv("https_proxy", "http://env.example:3128")
    monkeypatch.setenv("no_proxy", "direct.example")
    assert proxy_for(Trust(), "https", "h.example", 443) == "http://env.example:3128"
    assert proxy_for(Trust(), "https", "direct.example", 443) == ""
    assert proxy_for(Trust(proxy="http://pip.example:1"), "https", "h.example", 443) == "http://pip.example:1"


@pytest.mark.parametrize("proxy", ["nonsense", "gopher://p:1", "socks5://p:1"])
def test_an_unusable_proxy_is_a_usage_error(server, proxy):
    with client(server, trust=Trust(proxy=proxy)) as http, pytest.raises(WeighError, match=r"proxy|reach"):
        http.get("https://h.example/")


def test_certificates_that_cannot_be_read_are_a_usage_error(tmp_path, server):
    (tmp_path / "bad.pem").write_text("no certificate")
    for trust in (
        Trust(ca_file=str(tmp_path / "absent.pem")),
        Trust(ca_file=str(tmp_path / "bad.pem")),
        Trust(client_certificate=str(tmp_path / "bad.pem")),
    ):
        with pytest.raises(UsageError, match="certificates") as told:
            ssl_context(trust, verified=True)
        assert told.value.hint


def test_a_trusted_host_is_not_checked_and_every_other_is():
    import ssl

    assert ssl_context(Trust(), verified=False).verify_mode is ssl.CERT_NONE
    checked = ssl_context(Trust(), verified=True)
    assert checked.verify_mode is ssl.CERT_REQUIRED
    assert checked.check_hostname


def test_a_server_without_a_trusted_certificate_is_not_retried(monkeypatch, tmp_path):
    certificate = self_signed(tmp_path)
    with IndexServer() as server:
        import ssl

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.bodies["/small"] = ("text/plain", b"hello")
        url = f"https://{server.address}/small"
        with client(server) as http:
            with pytest.raises(UnknownAnswerError, match="cannot trust") as told:
                http.get(url)
            assert "PIP_CERT" in told.value.hint
            assert http.waits == []
        with client(server, trust=Trust(ca_file=str(certificate))) as http:
            assert http.get(url) == b"hello"
        with client(server, trust=Trust(trusted_hosts=frozenset({"127.0.0.1"}))) as http:
            assert http.get(url) == b"hello"


def self_signed(folder):
    """A certificate for 127.0.0.1, made by the openssl program; tests that need it are skipped without."""
    import shutil
    import subprocess

    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl program to make a certificate")
    path = folder / "server.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", str(path) + ".key", "-out", str(path) + ".crt", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_bytes((folder / "server.pem.key").read_bytes() + (folder / "server.pem.crt").read_bytes())
    return path
