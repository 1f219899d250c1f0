"""Servers of a single test."""

from platform_core import Server
from platform_core.registration.manifest import parse_manifest

MANIFEST = """
name: small
title: Small
summary: A server of one test.
owner: testers
channels: "#ask-testers"
proposes:
  surfaces: cli
  business_groups: "*"
  policies: {{ open: {{ employment: employee }} }}
tools: {{ {} }}
"""
FACTS = '{}: {{ risk: {}, data_class: internal, minutes: 0, basis: "a test" }}'


def a_server(*tools: str, risk: str = "low") -> Server:
    """A server whose manifest names `tools`, and that has no code yet."""
    server = Server("tests.platform_core.shop.server")
    text = MANIFEST.format(", ".join(FACTS.format(tool, risk) for tool in tools))
    server.manifest = parse_manifest(text, where="small/server.yaml")
    return server
