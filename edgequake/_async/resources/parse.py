"""Reading PDFs without storing them: ``client.parse``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from edgequake._async.resources.resource import AsyncResource
from edgequake._core.calls import parse_as
from edgequake._core.endpoints import Returns
from edgequake._core.options import checked_options
from edgequake._core.uploads import FILE_LIMIT
from edgequake.models._model import Raw
from edgequake.models.options import UploadOptions
from edgequake.models.parse import Parsed, ParseJob, ParseOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgequake.models.ids import JobId
    from edgequake.models.options import FileInput, RequestOptions

__all__ = ["AsyncParse"]

_OF_THE_UPLOAD = {
    "filename",
    *UploadOptions.__annotations__,
}


class AsyncParse(AsyncResource):
    """Reads PDFs as Markdown without storing them: ``client.parse``.

    Every method raises the errors of :meth:`AsyncQuery.execute`.
    """

    async def pdf(self, file: FileInput, **options: Unpack[ParseOptions]) -> Parsed | ParseJob:
        """A PDF as Markdown (``POST /api/v1/parse``). With ``background=True`` you get a job instead.

        ::

            parsed = await client.parse.pdf("plan.pdf", pages="1-3")
            print(parsed.markdown)

        :param file: a path, bytes, or an open binary file, at most 50 MiB.
        :raises APIError: 415 if the file is not a PDF; 502 or 504 if the backend fails or is too slow.
        """
        return await self._upload(
            "POST /api/v1/parse",
            Returns(_parsed),
            _with_one_part(options),
            ParseOptions,
            limit=FILE_LIMIT,
            file=file,
            replayable=True,
        )

    async def backends(self, **options: Unpack[RequestOptions]) -> Raw:
        """The programs with which the server can read PDFs (``GET /api/v1/parse/backends``)."""
        return await self._send("GET /api/v1/parse/backends", Raw, options)

    async def job(self, job_id: JobId, **options: Unpack[RequestOptions]) -> ParseJob:
        """A background job (``GET /api/v1/parse/jobs/{job_id}``). ``job.result`` is there when it is complete.

        :raises NotFoundError: no job has this id.
        """
        return await self._send("GET /api/v1/parse/jobs/{job_id}", ParseJob, options, job_id=job_id)


def _with_one_part(options: Mapping[str, Any]) -> dict[str, Any]:
    """``options`` of an upload, with those of parsing in one part; without that part where none is given."""
    of_the_upload = {name: value for name, value in options.items() if name in _OF_THE_UPLOAD}
    own = {name: value for name, value in options.items() if name not in _OF_THE_UPLOAD}
    fields, _ = checked_options(ParseOptions, own)
    if not fields:
        return of_the_upload
    return of_the_upload | {"extra_body": {"options": fields, **(options.get("extra_body") or {})}}


def _parsed(body: bytes) -> Parsed | ParseJob:
    answer = parse_as(dict[str, Any])(body)
    return ParseJob.model_validate(answer) if "job_id" in answer else Parsed.model_validate(answer)
