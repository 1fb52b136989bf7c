"""The module for browsers, for an application that serves it itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.responses import Response

__all__ = ["relay_js_path", "relay_js_response"]

_SCRIPT: Final = Path(__file__).with_name("static") / "relay.js"


def relay_js_path() -> Path:
    """Where the module for browsers is, for any web framework that sends files.

    In Flask: `send_file(relay_js_path(), mimetype="text/javascript")`.
    """
    return _SCRIPT


def relay_js_response() -> Response:
    """The module for browsers as a response of Starlette or FastAPI. A `Relay` serves it by itself, at `/relay.js`."""
    from starlette.responses import FileResponse  # of the extra `relay`, which a path alone does not need

    return FileResponse(_SCRIPT, media_type="text/javascript", headers={"cache-control": "no-cache"})
