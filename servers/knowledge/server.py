"""What an assistant may do with Knowledge: search, read, see who knows, and report what is missing."""

from typing import Annotated, Literal

from pydantic import Field

from platform_core import Caller, Server, authorize_tool, requires_approval
from servers.knowledge import experts, listing, reading, searching
from servers.knowledge.answers import Experts, Found, Reported, Sources, Text
from servers.knowledge.gaps import asking, reporting
from servers.knowledge.session import Knowledge

server = Server(__name__)

Query = Annotated[str, Field(max_length=2_000, description="The question, in words.")]
SourceNames = Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=20, description="Only these.")]
Cursor = Annotated[str, Field(max_length=20, description="next_cursor of the page before.")]
Ids = Annotated[list[Annotated[str, Field(max_length=300)]], Field(max_length=10, description="Of `search`.")]


@server.tool()
@authorize_tool(policy="read")
async def search(
    knowledge: Knowledge,
    query: Query,
    sources: SourceNames = [],  # noqa: B006  # a schema's default
    updated_after: Annotated[str, Field(max_length=40, description="ISO date.")] = "",
    limit: Annotated[int, Field(ge=1, le=20)] = 6,
    cursor: Cursor = "",
) -> Found:
    """Search what the company has written down: handbook, runbooks, on-call notes, metric definitions, root causes.

    Cite `id` and `url` of what you use. Check the passages: `coverage` says whether they are off topic, never that they
    are right. If they do not answer, say so and offer report_gap.
    """
    asked = searching.Asked(
        query=query, sources=tuple(sources), updated_after=updated_after, limit=limit, cursor=cursor
    )
    return await searching.search(knowledge, asked)


@server.tool()
@authorize_tool(policy="read")
async def read(
    knowledge: Knowledge,
    id: Annotated[str, Field(max_length=300, description="Of a passage or document.")],
    section: Annotated[str, Field(max_length=200, description="Only under this heading.")] = "",
    cursor: Cursor = "",
) -> Text:
    """Read the text around a passage, a section or a document; says so where it changed since it was cited."""
    return await reading.read(knowledge, id, section, cursor)


@server.tool()
@authorize_tool(policy="read")
async def list_sources(knowledge: Knowledge) -> Sources:
    """List the sources that you may search: documents, owner, when they were last read, known gaps."""
    return await listing.sources(knowledge)


@server.tool()
@authorize_tool(policy="read")
async def find_experts(
    knowledge: Knowledge, topic: Annotated[str, Field(max_length=500, description="What they should know about.")]
) -> Experts:
    """Find people who own what is written about a topic, with the documents that show it."""
    return await experts.find(knowledge, topic)


@server.tool()
@authorize_tool(policy="report")
@requires_approval(asking.about_notifying)
async def report_gap(
    knowledge: Knowledge,
    caller: Caller,
    kind: Literal["missing", "wrong", "stale"],
    query: Query,
    passage_ids: Ids = [],  # noqa: B006  # a schema's default
    comment: Annotated[str, Field(max_length=1_000)] = "",
) -> Reported:
    """Report to its owner what is missing, wrong or stale. Asks first where a person would be notified."""
    gap = reporting.Gap(kind=kind, query=query, passage_ids=tuple(passage_ids), comment=comment)
    return await reporting.report(knowledge, caller, gap)


@server.prompt()
@authorize_tool(policy="read")
async def answer_with_sources(question: str) -> str:
    """How to answer a question out of what is written down."""
    return (
        f"Answer this out of the company's own documents: {question}\nCall search, and read where a passage is not "
        "enough. Cite the id and url of each passage that you use. Say which are stale or contradict each other, with "
        "dates. If they do not answer the question, say that it is not in the sources and offer report_gap."
    )
