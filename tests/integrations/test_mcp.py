"""The MCP server, as the `mcp` package's own client uses it: in this process, over stdin and stdout, and over HTTP."""

import asyncio
import sys

import pytest
from mcp import Client, MCPError, StdioServerParameters  # not late: it keeps the stderr that is there as it loads
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS

from edgequake import AsyncEdgequakeClient
from edgequake._serving.server import Server
from edgequake.cli import main
from edgequake.integrations.mcp import create_server
from edgequake.testing import CLOSE, Hold

SOURCE = {
    "source_type": "chunk",
    "id": "d1-chunk-0",
    "score": 0.9,
    "snippet": "EdgeQuake is …",
    "file_path": "notes.md",
    "document_id": "d1",
    "reference_id": 1,
}
CONTEXT = {"type": "context", "query_mode": "hybrid", "sources": [SOURCE]}
HALF = {"type": "token", "content": "Half"}
REST = {"type": "token", "content": " and half. " * 30}
DONE = {"type": "done", "stats": {"tokens_used": 7}}
PASSAGE = {
    "name": "notes.md",
    "text": "EdgeQuake is …",
    "kind": "chunk",
    "score": 0.9,
    "reference": 1,
    "document_id": "d1",
}
LIST = "/api/v1/documents"
ROW = {"id": "d/1", "title": "notes.md", "status": "completed", "content_summary": "EdgeQuake …", "content": "All."}
PAGE = {"documents": [ROW], "total": 1, "page": 1, "page_size": 20, "total_pages": 1, "has_more": False}


@pytest.fixture
async def client(script):
    async with AsyncEdgequakeClient(base_url=script.url, max_retries=0) as client:
        yield client


@pytest.fixture(params=["auto", "legacy"])
def assistant(request, client):
    """An assistant that speaks the newest protocol, or an older one; to be entered by the test, in its own task."""
    return Client(create_server(client, write=True), mode=request.param)


async def test_tools_say_what_they_are_and_writing_must_be_asked_for(client):
    async with Client(create_server(client)) as assistant:
        tools = {tool.name: tool for tool in (await assistant.list_tools()).tools}
    assert list(tools) == ["ask", "search", "graph_search", "documents"]
    assert all(tool.annotations.read_only_hint for tool in tools.values())
    assert tools["ask"].input_schema["required"] == ["question"]
    assert "sources" in tools["ask"].output_schema["properties"]
    async with Client(create_server(client, write=True)) as assistant:
        upload = (await assistant.list_tools()).tools[-1]
    assert (upload.name, upload.annotations.read_only_hint) == ("upload_document", None)


async def test_an_answer_has_its_sources_and_its_progress_is_its_text(assistant, script):
    async with assistant:
        script.stream(CONTEXT, HALF, REST, DONE)
        told = []

        async def progress(amount, total, message):
            told.append((amount, message))

        asked = {"question": "What?", "mode": "hybrid"}
        answer = await assistant.call_tool("ask", asked, progress_callback=progress)
        text = f"Half{' and half. ' * 30}"
        assert answer.structured_content == {"answer": text, "sources": [PASSAGE], "mode": "hybrid"}
        assert not answer.is_error
        assert "".join(message for _, message in told) == text
        assert len(told) > 1
        assert [amount for amount, _ in told] == sorted(amount for amount, _ in told)
        assert script.requests[0].json["mode"] == "hybrid"


@pytest.mark.parametrize("steps", [[CONTEXT, HALF, CLOSE], [CONTEXT, HALF]], ids=["interrupted", "truncated"])
async def test_an_answer_that_breaks_is_a_tool_error_never_a_short_answer(assistant, script, steps):
    async with assistant:
        script.stream(*steps)
        answer = await assistant.call_tool("ask", {"question": "What?"})
        assert (answer.is_error, answer.structured_content) == (True, None)
        assert "Half" not in answer.content[0].text


async def test_a_refusal_is_a_tool_error_with_the_words_of_the_server(assistant, script):
    async with assistant:
        script.reply(status=422, json={"code": "VALIDATION_ERROR", "message": "too long for this server"})
        answer = await assistant.call_tool("ask", {"question": "What?"})
        assert answer.is_error
        assert "too long for this server" in answer.content[0].text
        empty = await assistant.call_tool("ask", {"question": " "})
        assert "must not be empty" in empty.content[0].text
        unknown = await assistant.call_tool("search", {"query": "What?", "mode": "hybird"})
        assert unknown.is_error
        assert "'hybrid'" in unknown.content[0].text


async def test_an_answer_that_is_not_waited_for_is_ended(assistant, script):
    async with assistant:
        hold = Hold()
        script.stream(HALF, hold)
        asking = asyncio.create_task(assistant.call_tool("ask", {"question": "What?"}))
        await asyncio.to_thread(hold.wait_until_reached)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await asyncio.to_thread(script.wait_for_disconnect)


async def test_passages_are_found_without_an_answer(assistant, script):
    async with assistant:
        script.reply(json={"answer": "", "sources": [SOURCE, SOURCE]})
        found = await assistant.call_tool("search", {"query": "What?", "limit": 1})
        assert found.structured_content == {"passages": [PASSAGE]}
        assert (script.requests[0].json["context_only"], script.requests[0].json["max_results"]) == (True, 1)


async def test_the_graph_is_searched_in_the_default_workspace_unless_the_client_has_another(assistant, script):
    async with assistant:
        part = {"nodes": [{"id": "ORION"}], "edges": [], "total_matches": 1, "is_truncated": False}
        script.reply(json=part).reply(status=503, json={"message": "busy"})
        found = await assistant.call_tool("graph_search", {"query": "orion", "limit": 3})
        assert found.structured_content == part
        assert (await assistant.call_tool("graph_search", {"query": "orion"})).is_error
        [request, _] = script.requests
        assert (request.path, request.query) == (
            "/api/v1/graph/nodes/search",
            {"q": "orion", "limit": "3", "include_neighbors": "true"},
        )
        assert (request.headers["x-tenant-id"], request.headers["x-workspace-id"]) == ("default", "default")


async def test_documents_are_listed_read_and_uploaded(assistant, script):
    async with assistant:
        script.on("GET", LIST).reply(json=PAGE)
        script.on("GET", LIST).reply(json=PAGE)
        script.on("GET", f"{LIST}/d%2F1").reply(json=ROW)
        script.on("POST", LIST).reply(json={"document_id": "d2", "status": "pending"}, status=201)
        listed = await assistant.call_tool("documents", {"title": "note", "limit": 20})
        [resource] = (await assistant.list_resources()).resources
        [content] = (await assistant.read_resource(resource.uri)).contents
        uploaded = await assistant.call_tool("upload_document", {"title": "b.md", "text": "More."})
        assert listed.structured_content["documents"] == [
            {"id": "d/1", "title": "notes.md", "status": "completed", "summary": "EdgeQuake …"}
        ]
        assert (resource.name, resource.uri, content.text) == ("notes.md", "edgequake://documents/d%2F1", "All.")
        assert uploaded.structured_content == {"document_id": "d2", "status": "pending", "is_duplicate": False}
        assert script.requests[0].query["document_pattern"] == "note"


@pytest.mark.parametrize(("status", "code"), [(404, INVALID_PARAMS), (500, INTERNAL_ERROR)])
async def test_a_document_that_cannot_be_read_is_an_error_of_the_protocol(assistant, script, status, code):
    async with assistant:
        script.reply(status=status, json={"message": "the server's words"})
        with pytest.raises(MCPError, match="the server's words") as caught:
            await assistant.read_resource("edgequake://documents/d1")
        assert caught.value.error.code == code


async def test_an_assistant_starts_the_command_and_talks_over_stdin_and_stdout(script):
    script.on("GET", "/health").reply(json={"status": "healthy", "capabilities": {"dev_mode": True}})
    script.stream(CONTEXT, HALF, DONE)
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "edgequake", "mcp", "--base-url", script.url, "--write"]
    )
    async with Client(command) as assistant:
        answer = await assistant.call_tool("ask", {"question": "What?"})
        assert len((await assistant.list_tools()).tools) == 5
    assert script.requests[-1].headers["X-Tenant-ID"] == "default"  # of a server for trying
    assert answer.structured_content["answer"] == "Half"


@pytest.fixture
def visited(monkeypatch):
    """Runs `edgequake mcp --http 0` until a visit with its address has ended."""
    serve = Server.serve

    def run(visit, *options):
        async def serve_until_visited(server, sockets):
            serving = asyncio.create_task(serve(server, sockets))
            try:
                await visit(f"http://127.0.0.1:{sockets[0].getsockname()[1]}/mcp")
            finally:
                server.should_exit = True
                await serving

        monkeypatch.setattr(Server, "serve", serve_until_visited)
        with pytest.raises(SystemExit) as ended:
            main(["mcp", "--http", "0", *options])
        assert ended.value.code == 0

    return run


@pytest.mark.parametrize("terminal", [False, True])
def test_an_assistant_connects_over_http(visited, script, capsys, monkeypatch, terminal):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
    script.stream(CONTEXT, HALF, DONE).stream(CONTEXT, HALF, CLOSE)
    seen = []

    async def visit(url):
        async with Client(url) as assistant:
            seen.append(url)
            seen.append(await assistant.call_tool("ask", {"question": "What?"}))
            seen.append(await assistant.call_tool("ask", {"question": "What?"}))

    visited(visit, "--base-url", script.url, "--tenant", "default")
    url, whole, broken = seen
    assert (whole.structured_content["answer"], broken.is_error) == ("Half", True)
    assert capsys.readouterr().out == (f"  ● MCP at {url}\n    Ctrl-C stops it\n" if terminal else f"{url}\n")


def test_who_starts_it_by_hand_is_told_what_it_is(monkeypatch, capsys):
    async def nothing(server):
        """No assistant talks."""

    monkeypatch.setattr("mcp.server.mcpserver.MCPServer.run_stdio_async", nothing)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    with pytest.raises(SystemExit) as ended:
        main(["mcp", "--base-url", "http://127.0.0.1:1"])
    printed = capsys.readouterr()
    assert (ended.value.code, printed.out) == (0, "")
    assert "speaking MCP on stdin to http://127.0.0.1:1" in printed.err


def test_without_its_extra_it_says_what_to_install(monkeypatch, capsys):
    for name in [name for name in sys.modules if name.startswith("edgequake.integrations.mcp")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mcp", None)
    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver", None)
    with pytest.raises(SystemExit) as ended:
        main(["mcp"])
    assert ended.value.code == 1
    assert 'pip install "edgequake[mcp]"' in capsys.readouterr().err
