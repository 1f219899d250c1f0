"""The clauses, each with its check or the review that looks at it, in the order of the document."""

from platform_core.registration.manifest import read_manifest
from platform_core.server import Server
from platform_core.testing.standard import access, code, words
from platform_core.testing.standard.finding import Clause

CLAUSES = (
    Clause(
        id="MCP-AUTH-1",
        title="Everything that can be reached stands behind a named policy",
        of_registration=access.named_policies,
    ),
    Clause(
        id="MCP-AUTH-2",
        title="Both locks can enforce every policy",
        of_registration=access.enforceable_policies,
    ),
    Clause(
        id="MCP-AUTH-3",
        title="The wider list opens nothing sensitive",
        of_registration=access.nothing_sensitive_to_browse,
    ),
    Clause(id="MCP-AUTH-4", title="A policy means the people who need it", review="security"),
    Clause(id="MCP-AUTH-5", title="A person's token goes to no backend", review="security"),
    Clause(id="MCP-AUTH-6", title="A service that calls alone is listed, with an end", review="security"),
    Clause(
        id="MCP-APPROVAL-1",
        title="A tool that changes data asks a person",
        of_registration=access.changes_ask,
    ),
    Clause(
        id="MCP-APPROVAL-2",
        title="No argument is a yes",
        of_registration=access.no_argument_is_a_yes,
    ),
    Clause(id="MCP-APPROVAL-3", title="The question tells the truth", review="security"),
    Clause(
        id="MCP-DATA-1",
        title="Text out of restricted data is marked as such",
        of_code=code.data_is_untrusted,
    ),
    Clause(
        id="MCP-DATA-2",
        title="No secret stands in a contract",
        of_registration=words.no_secret_in_contract,
    ),
    Clause(
        id="MCP-DATA-3",
        title="A setting that is a secret is declared as one",
        of_registration=words.secrets_are_declared,
    ),
    Clause(id="MCP-DATA-4", title="The data class is true", review="legal"),
    Clause(id="MCP-DATA-5", title="Only declared backends are reached", review="security"),
    Clause(
        id="MCP-DATA-6",
        title="Private data, strange text and a way out do not meet",
        review="genai",
    ),
    Clause(
        id="MCP-TEXT-1",
        title="Annotations follow from the risk",
        of_code=code.annotations_are_true,
    ),
    Clause(
        id="MCP-TEXT-2",
        title="A description opens with a sentence and is no essay",
        of_registration=words.descriptions_instruct,
    ),
    Clause(
        id="MCP-TEXT-3",
        title="Nothing stands there that nobody sees",
        of_registration=words.nothing_unseen,
    ),
    Clause(id="MCP-TEXT-4", title="Names are plain", of_registration=words.plain_names),
    Clause(id="MCP-TEXT-5", title="A description speaks of its own tool alone", review="genai"),
    Clause(id="MCP-BUDGET-1", title="Eight tools at most", of_registration=words.few_tools),
    Clause(
        id="MCP-BUDGET-2",
        title="The list of tools costs 2,500 tokens at most",
        of_code=code.small_list,
    ),
    Clause(
        id="MCP-BUDGET-3",
        title="The summary is one line of 100 characters at most",
        of_registration=words.short_summary,
    ),
    Clause(
        id="MCP-OWNER-1",
        title="A team answers for the server where it can be asked",
        of_registration=words.owner_can_be_asked,
    ),
    Clause(
        id="MCP-OWNER-2",
        title="Every tool has minutes and their basis",
        of_registration=words.minutes_have_a_basis,
    ),
    Clause(id="MCP-FACTS-1", title="The facts can be read", at_start=read_manifest),
    Clause(id="MCP-FACTS-2", title="The code loads and tells the story of the facts", at_start=Server.contract),
    Clause(id="MCP-FACTS-3", title="Nothing of the example is left", of_registration=words.no_example_left),
)
