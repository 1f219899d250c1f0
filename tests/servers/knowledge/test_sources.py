"""What the connectors read: HTML and DAGs, root causes of another server, PDF and Word of the demo corpus."""

import json
from pathlib import Path

import pytest

from servers.knowledge.index.audience import business
from servers.knowledge.settings import KnowledgeSettings
from servers.knowledge.sources import html
from servers.knowledge.sources.configured import sources
from servers.knowledge.sources.dags import Dags
from servers.knowledge.sources.page import Page, SourceDown
from servers.knowledge.sources.root_causes import RootCauses

WIKI = b"""<!doctype html><html><head><title>SPACE : Pagers</title>
<meta name="kb:groups" content="support, platform"><meta name="kb:updated" content="2026-05-01"></head>
<body><header>Breadcrumbs</header><script>alert(1)</script><div id="main-content"><h1>Pagers</h1>
<p>The <b>pager</b> goes round <a href="pagers.html">on Monday</a>.</p><ul><li>One</li><li>Two</li></ul>
<table><tr><th>Who</th><th>When</th></tr><tr><td>Bo</td><td>June</td></tr></table>
<pre>seedbed why</pre>Loose words</div><footer>Exported</footer></body></html>"""


def test_html_is_read_as_what_people_see_of_it() -> None:
    said, title, text = html.page(WIKI)
    assert (title, said.audience, said.updated) == ("SPACE : Pagers", {"support", "platform"}, "2026-05-01")
    assert text == (
        "# Pagers\n\nThe pager goes round on Monday.\n\n- One\n- Two\n\nWho | When\nBo | June\n\n"
        "```\nseedbed why\n```\n\nLoose words"
    )


DAG = '''"""Loads orders."""
from airflow.sdk import dag, DAG
OWNER = "orders-team"

@dag(schedule="@daily", tags=["orders"], default_args={"owner": OWNER})
def load_orders():
    """Loads yesterday's orders of one region."""

with DAG("send_report", doc_md=__doc__, description="Sends it."): ...
with DAG(f"made_up_{1}"): ...
raise SystemExit("nobody runs this")
'''


def test_dags_are_read_and_never_run(tmp_path: Path) -> None:
    (tmp_path / "orders.py").write_text(DAG)
    (tmp_path / "helpers.py").write_text("def add(): ...")
    dags = Dags(
        name="dags", title="DAGs", owner="olu", path=tmp_path, audience=frozenset({"everyone"}), url="http://a/{dag}"
    )
    (place,) = dags.places()
    page = place.read()
    assert (page.title, page.team, page.url) == ("DAG load_orders, send_report", "orders-team", "http://a/load_orders")
    assert "# load_orders\n\nLoads yesterday's orders of one region.\n\nSchedule: @daily\n\nTags: orders" in page.text
    assert "# send_report\n\nSends it.\n\nLoads orders." in page.text


CAUSE = {
    "id": "app-1:abc", "version": 2, "app_id": "app-1", "app_name": "nightly", "signature": "abc", "kind": "skew",
    "cause": "One key.", "evidence": [], "fix": "Salt it.", "severity": "high", "thread_url": "https://chat.test/1",
    "recorded_by": "olu", "recorded_at": 1_790_000_000, "groups": ["data-platform"],
}  # fmt: skip


def caused(text: str) -> list[Page]:
    return [place.read() for place in RootCauses(name="rc", title="RC", owner="olu", read=lambda: text).places()]


def test_a_root_cause_is_for_the_business_groups_that_it_names_and_no_others() -> None:
    (page,) = caused(json.dumps(CAUSE))
    assert (page.audience, page.owner, page.url) == (business(["data-platform"]), "olu", "https://chat.test/1")
    assert "## Fix\n\nSalt it." in page.text
    assert caused(json.dumps(CAUSE | {"groups": []}))[0].audience == frozenset()


def test_root_causes_that_can_not_be_read_are_a_source_that_is_down() -> None:
    with pytest.raises(SourceDown, match="has a line that is no root cause"):
        caused('{"id": 1}')


def test_without_a_way_to_other_servers_the_source_says_what_to_set() -> None:
    (spark,) = [each for each in sources(KnowledgeSettings().sources) if each.name == "root-causes"]
    with pytest.raises(SourceDown, match="SEEDBED_KNOWLEDGE_MESH"):
        list(spark.places())


@pytest.mark.parametrize(
    ("name", "words"), [("evacuation.pdf", "nearest staircase"), ("supplier-code.docx", "## People")]
)
def test_pdf_and_word_are_read_with_what_is_said_beside_them(name: str, words: str) -> None:
    (handbook,) = [each for each in sources(KnowledgeSettings().sources) if each.name == "handbook"]
    (page,) = [place.read() for place in handbook.places() if place.key == name]
    assert (page.audience, page.updated[:4]) == ({"everyone"}, "2026")
    assert words in page.text
