"""pydantic-ai with a model that needs no weights; run by a Python of its own, where pydantic-ai is installed.

`URL TOKEN SQL`: prints what the model was handed of `run_query`'s answer. `-`: prints how many tokens each text of its
input has, which is a list in JSON.
"""
# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false, reportMissingParameterType=false

import asyncio
import json
import sys


def main() -> None:
    """Count, or ask."""
    if sys.argv[1] == "-":
        import bpe_openai  # pants: no-infer-dep

        encoding = bpe_openai.get_encoding("o200k_base")
        print(json.dumps([len(encoding.encode(text)) for text in json.load(sys.stdin)]))
    else:
        print(asyncio.run(_handed(*sys.argv[1:4])))


async def _handed(url: str, token: str, sql: str) -> str:
    from pydantic_ai import Agent  # pants: no-infer-dep
    from pydantic_ai.mcp import MCPToolset  # pants: no-infer-dep
    from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart, ToolReturnPart  # pants: no-infer-dep
    from pydantic_ai.models.function import FunctionModel  # pants: no-infer-dep

    seen: list[str] = []

    def think(messages, _):
        returned = [part for part in messages[-1].parts if isinstance(part, ToolReturnPart)]
        seen.extend(part.model_response_str() for part in returned)
        call = ToolCallPart("run_query", {"sql": sql})
        return ModelResponse(parts=[TextPart("done") if returned else call])

    toolset = MCPToolset(url, headers={"Authorization": f"Bearer {token}", "X-Forwarded-User": "ana"})
    async with Agent(FunctionModel(think), toolsets=[toolset]) as agent:
        await agent.run("How?")
    return seen[-1]


if __name__ == "__main__":
    main()
