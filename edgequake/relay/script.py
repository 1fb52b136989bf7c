"""The module for browsers, for an application that serves it itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.responses import Response

__all__ = ["relay_js_path", "relay_js_response"]

_SCRIPT: Final = Path(__file__).with_name("static") / "relay.js"


def relay_js_path() -> Path:
    """The path of the JavaScript module for browsers, for any web framework that can send a file.

    In Flask: ``send_file(relay_js_path(), mimetype="text/javascript")``.
    """
    return _SCRIPT


def relay_js_response() -> Response:
    """The JavaScript module for browsers, as a response of Starlette or FastAPI. A ``Relay`` already serves it at
    ``/relay.js``.
    """
    from starlette.responses import FileResponse  # of the extra `relay`, which a path alone does not need

    return FileResponse(_SCRIPT, media_type="text/javascript", headers={"cache-control": "no-cache"})
