"""An upload that the server had already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgequake._core.calls import parse_as
from edgequake._core.endpoints import Returns
from edgequake.exceptions import ConflictError
from edgequake.models.uploads import Upload

if TYPE_CHECKING:
    from edgequake.exceptions import APIError

__all__ = ["UPLOAD_OR_DUPLICATE"]


def _duplicate(error: APIError, again: bool) -> Upload:
    """The upload that a 409 tells of, if it says ``is_duplicate``."""
    if isinstance(error, ConflictError):
        for said in (error.body, error.details):
            if isinstance(said, dict) and said.get("is_duplicate") is True:
                known = {name: value for name, value in said.items() if name in Upload.model_fields}
                upload = Upload.model_validate({"message": error.message} | known | {"status": "duplicate"})
                upload._request_id = error.request_id
                return upload
    raise error


UPLOAD_OR_DUPLICATE = Returns(parse_as(Upload), _duplicate)
"""Reads the answer to an upload: some servers tell of a duplicate with a 409."""
