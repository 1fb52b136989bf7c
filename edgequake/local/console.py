"""The server's own page at ``/``: static files, under a policy that lets nothing else run or be fetched."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

_FOLDER = Path(__file__).parent / "page"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}
FILES = frozenset(path.name for path in _FOLDER.iterdir() if path.suffix in _TYPES)
PATHS = frozenset({"/", *(f"/page/{name}" for name in FILES)})
"""What is served without a key: the page asks for it."""


def page_routes() -> list[Route]:
    """``/``, and what the page loads."""
    return [Route("/", _file), Route("/page/{name}", _file)]


async def _file(request: Request) -> Response:
    name = request.path_params.get("name", "index.html")
    if name not in FILES:
        return Response(status_code=404)
    path = _FOLDER / name
    return FileResponse(path, headers=_HEADERS, media_type=_TYPES[path.suffix])
