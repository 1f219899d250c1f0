"""The agent speaks the Workload API as any SPIFFE library expects it: here the public Python client asks."""

import os
import queue
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import cast

import grpc
import pytest
from spiffe import WorkloadApiClient, X509Source
from spiffe.workloadapi.errors import FetchX509SvidError
from spiffe.workloadapi.x509_context import X509Context

from platform_core.mesh.wire import FETCH_SVIDS, SERVICE
from tests.deploy.local.mesh.running import PATIENCE, TRUST_DOMAIN, RunningAgent, new_agent, spiffe_id

OURS, NOBODY = os.getuid(), 65534
ASK_AS = """
import os, sys, spiffe
account = int(sys.argv[2])
os.setgroups([]), os.setgid(account), os.setuid(account)
print(*(svid.spiffe_id for svid in spiffe.WorkloadApiClient(sys.argv[1]).fetch_x509_svids()))
"""
Fetch = Callable[[bytes], Iterator[bytes]]


def client(agent: RunningAgent) -> WorkloadApiClient:
    return WorkloadApiClient(f"unix://{agent.socket}", default_timeout=PATIENCE)


@contextmanager
def listening(agent: RunningAgent) -> "Generator[queue.Queue[X509Context | Exception]]":
    """One open stream, and what arrives on it."""
    arrived: queue.Queue[X509Context | Exception] = queue.Queue()
    with client(agent) as workload:
        stream = workload.stream_x509_contexts(arrived.put, arrived.put, retry_connect=False)
        try:
            yield arrived
        finally:
            stream.cancel()


def pushed(arrived: "queue.Queue[X509Context | Exception]") -> X509Context:
    found = arrived.get(timeout=PATIENCE)
    assert isinstance(found, X509Context), found
    return found


def test_an_account_gets_an_svid_for_each_of_its_entries(agent: RunningAgent) -> None:
    with client(agent) as workload:
        names = [str(svid.spiffe_id) for svid in workload.fetch_x509_svids()]
    assert names == [spiffe_id("/gateway"), spiffe_id("/production/web-chat")]


def test_the_bundle_holds_the_authority_that_signed(agent: RunningAgent) -> None:
    with client(agent) as workload:
        svid, (bundle,) = workload.fetch_x509_svid(), workload.fetch_x509_bundles().bundles
    assert str(bundle.trust_domain) == TRUST_DOMAIN
    (authority,) = bundle.x509_authorities
    svid.leaf.verify_directly_issued_by(authority)


def test_a_call_without_the_security_header_is_refused(agent: RunningAgent) -> None:
    with grpc.insecure_channel(f"unix:{agent.socket}") as channel:
        fetch = cast(Fetch, channel.unary_stream(f"/{SERVICE}/{FETCH_SVIDS}"))
        with pytest.raises(grpc.RpcError) as refused:
            next(fetch(b""))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_an_account_without_an_entry_is_told_that_no_identity_is_issued() -> None:
    with new_agent() as agent, client(agent) as workload:
        agent.entries.enter((NOBODY, "/production/service/reports"))
        with pytest.raises(FetchX509SvidError, match=r"no identity issued .*PERMISSION_DENIED"):
            workload.fetch_x509_svid()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another account")
def test_the_kernel_says_which_account_asks() -> None:
    with new_agent("/gateway") as agent:
        agent.entries.enter((NOBODY, "/production/service/reports"))
        for open_to_all in (agent.folder, agent.socket.parent, agent.socket):
            open_to_all.chmod(0o777)
        command = [sys.executable, "-c", ASK_AS, f"unix://{agent.socket}", str(NOBODY)]
        asked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert asked.stdout.split() == [spiffe_id("/production/service/reports")], asked.stderr


def test_a_workload_that_is_entered_later_is_served_without_asking_anew() -> None:
    with new_agent() as agent:
        answers: queue.Queue[X509Context | Exception] = queue.Queue()
        with client(agent) as workload:
            stream = workload.stream_x509_contexts(answers.put, answers.put)
            agent.entries.enter((OURS, "/gateway"))
            assert str(pushed(answers).default_svid.spiffe_id) == spiffe_id("/gateway")
            stream.cancel()


def test_an_entry_more_is_pushed_on_the_open_stream() -> None:
    with new_agent("/gateway") as agent, listening(agent) as arrived:
        assert len(pushed(arrived).x509_svids) == 1
        agent.entries.enter((OURS, "/production/web-chat"))
        assert len(pushed(arrived).x509_svids) == 2


def test_who_loses_the_last_entry_is_hung_up_on() -> None:
    with new_agent() as agent:
        agent.entries.enter((OURS, "/gateway"))
        with X509Source(socket_path=f"unix://{agent.socket}", timeout_in_seconds=PATIENCE), listening(agent) as arrived:
            pushed(arrived)
            agent.entries.remove((OURS, "/gateway"))
            assert "PERMISSION_DENIED" in str(arrived.get(timeout=PATIENCE))


def test_the_next_svid_is_pushed_long_before_the_last_one_ends() -> None:
    with new_agent("/gateway", svid_seconds=4) as agent, listening(agent) as arrived:
        first, second = pushed(arrived).default_svid.leaf, pushed(arrived).default_svid.leaf
    assert first.serial_number != second.serial_number
    assert first.public_key() != second.public_key()
    assert first.not_valid_before_utc < second.not_valid_before_utc < first.not_valid_after_utc


def test_a_new_authority_is_believed_before_it_signs_and_the_old_one_until_it_is_withdrawn() -> None:
    with new_agent("/gateway") as agent, listening(agent) as arrived:
        old = pushed(arrived)
        agent.authorities.publish()
        published = pushed(arrived)
        assert len(authorities(published)) == 2
        assert published.default_svid.leaf == old.default_svid.leaf, "nothing signed by the new one yet"
        agent.authorities.rotate()
        rotated = pushed(arrived)
        assert authorities(rotated) == authorities(published)
        assert rotated.default_svid.leaf.issuer != old.default_svid.leaf.issuer
        agent.authorities.withdraw()
        assert authorities(pushed(arrived)) == authorities(published) - authorities(old)


def authorities(context: X509Context) -> set[int]:
    (bundle,) = context.x509_bundle_set.bundles
    return {authority.serial_number for authority in bundle.x509_authorities}


def test_an_agent_that_starts_again_is_the_same_authority() -> None:
    with new_agent("/gateway") as agent:
        with client(agent) as workload:
            before = workload.fetch_x509_svid().leaf.issuer
        assert agent.stop() == 0
        agent.start()
        with client(agent) as workload:
            assert workload.fetch_x509_svid().leaf.issuer == before
