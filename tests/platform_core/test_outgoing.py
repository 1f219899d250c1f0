"""What goes out goes to public addresses by https, to the address that was judged, and comes back small and soon."""

import asyncio
import datetime
import logging
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from platform_core.addresses import Address, public
from platform_core.errors import Invalid, Unavailable, WiringError
from platform_core.outgoing import Outgoing, OutgoingSettings
from tests.platform_core.serving import PATIENCE

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"
PATH = "T0PSECRET"


class Names:
    """A directory in which every name has the same addresses, and which counts how often it is asked."""

    def __init__(self, *addresses: str) -> None:
        self.addresses, self.asked = [ip_address(each) for each in addresses], 0

    async def __call__(self, host: str, port: int) -> list[Address]:
        self.asked += 1
        return self.addresses


class Host:
    """A server on loopback that gives everybody the same bytes, and keeps what it was sent."""

    def __init__(self, answer: bytes, *, then_silent: bool = False) -> None:
        self.seen, self._answer, self._silent, self.port = list[bytes](), answer, then_silent, 0

    @asynccontextmanager
    async def serving(self, tls: ssl.SSLContext | None = None) -> AsyncGenerator["Host"]:
        server = await asyncio.start_server(self._converse, "127.0.0.1", 0, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0")
        self.seen.append(head + await reader.readexactly(int(length.partition(b":")[2])))
        writer.write(self._answer)
        if self._silent:
            await reader.read()  # until the other side leaves
        writer.close()


def out(*allow: str, names: Names | None = None, tls: ssl.SSLContext | None = None, **limits: Any) -> Outgoing:
    settings = OutgoingSettings.model_validate({"allow": allow, "seconds": PATIENCE, **limits})
    return Outgoing(settings, resolve=names, tls=tls) if names else Outgoing(settings, tls=tls)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),  # noqa: S104
        *("224.0.0.1", "239.1.1.1", "255.255.255.255", "240.0.0.1", "198.18.0.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::1", "2001:0:a00:1::1"),
    ],
)
async def test_an_address_of_our_own_network_is_refused(address: str) -> None:
    assert not public(ip_address(address))
    with pytest.raises(Invalid, match=r"no public address.*SEEDBED_OUTGOING_ALLOW"):
        await out(names=Names(address)).fetch(f"https://hooks.test/{PATH}")


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_an_address_of_the_open_internet_is_public(address: str) -> None:
    assert public(ip_address(address))


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://2130706433/", "http://0x7f.1/", "https://[::1]/"])
async def test_an_address_written_in_numbers_is_judged_as_the_address_that_it_is(url: str) -> None:
    with pytest.raises(Invalid, match="no public address"):
        await out().fetch(url)


async def test_one_address_of_our_own_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(Invalid, match=r"hooks\.test is at 10\.0\.0\.1"):
        await out(names=Names("93.184.216.34", "10.0.0.1")).fetch("https://hooks.test/")


async def test_a_public_address_is_asked_by_https_alone() -> None:
    with pytest.raises(Invalid, match="must be fetched by https"):
        await out(names=Names("93.184.216.34")).fetch("http://hooks.test/")


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "gopher://hooks.test/", "hooks.test/x", "https://", "https:///x", "http://[::1", ""]
)
async def test_what_is_no_address_is_refused_with_an_example_of_one(url: str) -> None:
    with pytest.raises(Invalid, match="write it like https://host/path"):
        await out().fetch(url)


async def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(Invalid, match="before the @") as refused:
        await out().fetch(f"https://someone:{PATH}@hooks.test/")
    assert PATH not in str(refused.value)


@pytest.mark.parametrize("allow", ["127.0.0.0/8", "127.0.0.1", "127.0.0.1:{port}"])
async def test_what_an_operator_allows_is_fetched_by_plain_http_too(allow: str) -> None:
    async with Host(OK).serving() as host:
        answered = await out(allow.format(port=host.port)).fetch(
            f"http://127.0.0.1:{host.port}/x?y=1", method="POST", body=b"{}", headers={"Content-Type": "text/json"}
        )
    assert (answered.status, answered.body) == (200, b"hello")
    assert host.seen[0].startswith(b"POST /x?y=1 HTTP/1.1\r\n")
    assert host.seen[0].endswith(b"\r\n\r\n{}")


async def test_what_the_operator_s_own_settings_name_is_fetched_and_nothing_beside_it() -> None:
    async with Host(OK).serving() as host, Host(OK).serving() as other:
        client = Outgoing(OutgoingSettings(seconds=PATIENCE), known=(f"http://127.0.0.1:{host.port}/issuer",))
        assert (await client.fetch(f"http://127.0.0.1:{host.port}/jwks")).status == 200
        for strange in (f"http://127.0.0.1:{other.port}/", f"https://127.0.0.1:{host.port}/"):
            with pytest.raises(Invalid, match="no public address"):
                await client.fetch(strange)


async def test_another_port_than_the_allowed_one_stays_closed() -> None:
    with pytest.raises(Invalid, match="or its port 9001 alone"):
        await out("127.0.0.1:9000").fetch("http://127.0.0.1:9001/")


async def test_a_name_is_looked_up_once_and_the_judged_address_is_the_one_that_is_asked() -> None:
    names = Names("127.0.0.1")
    async with Host(OK).serving() as host:
        await out("127.0.0.1", names=names).fetch(f"http://hooks.test:{host.port}/")
    assert names.asked == 1
    assert f"host: hooks.test:{host.port}\r\n".encode() in host.seen[0].lower()


async def test_the_next_address_is_tried_where_one_does_not_connect() -> None:
    names = Names("127.0.0.2", "127.0.0.1")
    async with Host(OK).serving() as host:
        assert (await out("127.0.0.0/8", names=names).fetch(f"http://hooks.test:{host.port}/")).status == 200


async def test_the_certificate_must_be_of_the_name_and_not_of_the_address(tmp_path: Path) -> None:
    serves, believes = certificate("hooks.test", tmp_path)
    client = out("127.0.0.1", names=Names("127.0.0.1"), tls=believes)
    async with Host(OK).serving(serves) as host:
        assert (await client.fetch(f"https://hooks.test:{host.port}/")).body == b"hello"
        with pytest.raises(Unavailable, match=r"other\.test can't be reached \(ConnectError\)"):
            await client.fetch(f"https://other.test:{host.port}/{PATH}")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_nobody_is_followed_elsewhere(status: int) -> None:
    answer = f"HTTP/1.1 {status} X\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
    async with Host(answer.encode()).serving() as host:
        with pytest.raises(Invalid, match=f"sends elsewhere \\(status {status}\\)"):
            await out("127.0.0.1").fetch(f"http://127.0.0.1:{host.port}/")
    assert len(host.seen) == 1


@pytest.mark.parametrize("head", [b"content-length: 1001\r\n", b""])
async def test_a_long_answer_is_refused_whether_or_not_it_says_its_length(head: bytes) -> None:
    async with Host(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + b"x" * 1001).serving() as host:
        with pytest.raises(Unavailable, match="more than 1000 bytes"):
            await out("127.0.0.1", longest=1000).fetch(f"http://127.0.0.1:{host.port}/")


async def test_a_compressed_answer_is_not_unpacked() -> None:
    answer = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n\x1f\x8b"
    async with Host(answer).serving() as host:
        with pytest.raises(Unavailable, match="compressed"):
            await out("127.0.0.1").fetch(f"http://127.0.0.1:{host.port}/")


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe"])
async def test_a_silent_host_is_given_up(answer: bytes) -> None:
    async with Host(answer, then_silent=True).serving() as host:
        with pytest.raises(Unavailable, match=r"did not answer within 0\.2 s|ReadTimeout"):
            await out("127.0.0.1", seconds=0.2).fetch(f"http://127.0.0.1:{host.port}/")


@pytest.mark.parametrize("answer", [b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe"])
async def test_a_host_that_breaks_off_or_speaks_otherwise_is_unavailable(answer: bytes) -> None:
    async with Host(answer).serving() as host:
        with pytest.raises(Unavailable, match=r"RemoteProtocolError"):
            await out("127.0.0.1").fetch(f"http://127.0.0.1:{host.port}/")


async def test_a_name_that_nobody_has_is_said_so() -> None:
    with pytest.raises(Unavailable, match="can't be found by its name"):
        await out().fetch("https://nobody.invalid/")


async def test_neither_errors_nor_logs_tell_what_follows_the_host(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with Host(b"nonsense\r\n\r\n").serving() as host:
        with pytest.raises(Unavailable) as refused:
            await out("127.0.0.1").fetch(f"http://127.0.0.1:{host.port}/{PATH}?token={PATH}")
    assert PATH not in str(refused.value) + caplog.text


def test_an_operator_is_told_which_variable_can_t_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDBED_OUTGOING_ALLOW", '["10.0.0.0/8", "[fd00::7]:8443"]')
    assert [str(each.network) for each in OutgoingSettings.load().allow] == ["10.0.0.0/8", "fd00::7/128"]
    monkeypatch.setenv("SEEDBED_OUTGOING_ALLOW", '["everything"]')
    with pytest.raises(WiringError, match="SEEDBED_OUTGOING_ALLOW"):
        OutgoingSettings.load()


def certificate(name: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """TLS contexts of a host called `name`, and of a client that believes its certificate."""
    key, subject = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=True)
        .sign(key, hashes.SHA256())
    )
    public_part, both = signed.public_bytes(Encoding.PEM), folder / "host.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    both.write_bytes(public_part + private)
    serves = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serves.load_cert_chain(both)
    return serves, ssl.create_default_context(cadata=public_part.decode())
