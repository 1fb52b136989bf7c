"""A client whose last answer can be looked at as the server sent it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from edgequake._sync.session import Session

if TYPE_CHECKING:
    from edgequake import EdgequakeClient
    from edgequake._core.calls import Call
    from edgequake._http.requests import Response
    from edgequake._http.waiting import Deadline

__all__ = ["Seen", "observe"]

T = TypeVar("T")


@dataclass(slots=True)
class Seen:
    """The last answer of a client: its status and its body, both None where none came or a stream did."""

    status: int | None = None
    body: bytes | None = None

    def clear(self) -> None:
        """Forgets it."""
        self.status = self.body = None


class _ObservedSession(Session):
    seen: Seen

    def parsed(self, call: Call[T], response: Response, deadline: Deadline) -> T:
        self.seen.status = response.status_code

        def parse(body: bytes) -> T:
            self.seen.body = body
            return call.parse(body)

        return super().parsed(replace(call, parse=parse), response, deadline)


def observe(client: EdgequakeClient, **options: Any) -> tuple[EdgequakeClient, Seen]:
    """A copy of ``client`` with some settings changed, and what it sees."""
    copy = client.with_options(**options)
    session = _ObservedSession(copy._config, copy._connections)
    session.seen = Seen()
    copy._session = session
    return copy, session.seen
