"""The SPIFFE Workload API in bytes: what its public `workload.proto` says of X.509, for agents and workloads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClassesForFiles
from google.protobuf.text_format import Parse

SERVICE = "SpiffeWorkloadAPI"
FETCH_SVIDS = "FetchX509SVID"
FETCH_BUNDLES = "FetchX509Bundles"
HEADER = ("workload.spiffe.io", "true")
"""Every call carries it: a page in a browser that is tricked into calling the socket can't."""


class Unreadable(ValueError):
    """The other end does not speak the Workload API."""


@dataclass(frozen=True, kw_only=True)
class IssuedSvid:
    """One identity as it travels: certificates in DER one after the other, the key in PKCS#8."""

    spiffe_id: str
    chain: bytes
    key: bytes = field(repr=False)
    bundle: bytes
    """The authorities of its trust domain."""


_SCHEMA = """
name: "workload.proto" syntax: "proto3"
message_type { name: "X509SVID"
  field { name: "spiffe_id"     number: 1 label: LABEL_OPTIONAL type: TYPE_STRING }
  field { name: "x509_svid"     number: 2 label: LABEL_OPTIONAL type: TYPE_BYTES }
  field { name: "x509_svid_key" number: 3 label: LABEL_OPTIONAL type: TYPE_BYTES }
  field { name: "bundle"        number: 4 label: LABEL_OPTIONAL type: TYPE_BYTES } }
message_type { name: "X509SVIDResponse"
  field { name: "svids"         number: 1 label: LABEL_REPEATED type: TYPE_MESSAGE type_name: "X509SVID" } }
message_type { name: "X509BundlesResponse"
  field { name: "bundles"       number: 2 label: LABEL_REPEATED type: TYPE_MESSAGE type_name: "BundlesEntry" }
  nested_type { name: "BundlesEntry" options { map_entry: true }
    field { name: "key"         number: 1 label: LABEL_OPTIONAL type: TYPE_STRING }
    field { name: "value"       number: 2 label: LABEL_OPTIONAL type: TYPE_BYTES } } }
"""
"""Of `workload.proto`, the messages and fields that are used here."""


def _messages() -> dict[str, Any]:
    # A pool of our own: the messages have no package, and another library may bring the same names.
    pool = DescriptorPool()
    pool.Add(Parse(_SCHEMA, FileDescriptorProto()))
    return dict(GetMessageClassesForFiles(["workload.proto"], pool))


_MESSAGES = _messages()


def write_svids(svids: Iterable[IssuedSvid]) -> bytes:
    """The answer of `FetchX509SVID`."""
    written = [
        _MESSAGES["X509SVID"](
            spiffe_id=svid.spiffe_id, x509_svid=svid.chain, x509_svid_key=svid.key, bundle=svid.bundle
        )
        for svid in svids
    ]
    return _MESSAGES["X509SVIDResponse"](svids=written).SerializeToString()


def read_svids(message: bytes) -> tuple[IssuedSvid, ...]:
    """What an answer of `FetchX509SVID` says. Raises `Unreadable`."""
    try:
        said = _MESSAGES["X509SVIDResponse"].FromString(message)
    except DecodeError as error:
        raise Unreadable("what came from the agent's socket is no answer of the SPIFFE Workload API") from error
    return tuple(
        IssuedSvid(spiffe_id=svid.spiffe_id, chain=svid.x509_svid, key=svid.x509_svid_key, bundle=svid.bundle)
        for svid in said.svids
    )


def write_bundles(bundles: Mapping[str, bytes]) -> bytes:
    """The answer of `FetchX509Bundles`: authorities by the id of their trust domain."""
    return _MESSAGES["X509BundlesResponse"](bundles=dict(bundles)).SerializeToString()
