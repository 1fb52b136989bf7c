# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""The server itself, as the client's own methods ask for it: ``client.health()``."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, Unpack

from edgequake._sync.resources.directory import Resources
from edgequake._sync.resources.resource import Resource
from edgequake._sync.session import Session
from edgequake.models.health import HealthResponse

if TYPE_CHECKING:
    from edgequake.models.health import Ready
    from edgequake.models.options import RequestOptions

__all__ = ["Server"]


class Server(Resources):
    """What the server says of itself."""

    def wait_until_ready(self, timeout: float | None = 60, *, poll_interval: float = 0.5) -> Ready:
        """Waits until the server can take requests (``GET /ready``). A server that cannot be reached is not ready.

        :param timeout: seconds for the whole wait; None for no limit.
        :param poll_interval: seconds before the second request. Each later pause is 1.5 times longer, up to 5 seconds.
        :raises TimeoutError: the server was not ready in time. ``progress`` is its last answer, such as its
            ``blockers``.
        """
        from edgequake._sync.flows.polling import Wait  # only programs that wait need these
        from edgequake._core.polling import Polling
        from edgequake._core.readiness import READY
        from edgequake._core.tasks import server_ready

        once = Resource(Session(self._config.with_changes(max_retries=0), self._connections))
        late = "the server was not ready within {seconds:g} s"
        polling = Polling(timeout, poll_interval, monotonic, late=late)

        def ready(_: str, **options: Any) -> Ready:
            return once._send("GET /ready", READY, options)

        wait: Wait[Ready, Ready] = Wait(lambda: server_ready(polling), {"ready": ready}, self._config.timeout)
        return wait.finished()

    def health(self, **options: Unpack[RequestOptions]) -> HealthResponse:
        """The server's report about itself (``GET /health``). A degraded server replies too.

        It raises the errors of :meth:`Query.execute`.
        """
        return Resource(self._session)._send("GET /health", HealthResponse, options)

    def ready(self, **options: Unpack[RequestOptions]) -> Ready:
        """Whether the server can take requests (``GET /ready``). ``answer.blockers`` says what it waits for.

        If the server is not ready, you get no error: the answer is false in an ``if``.

        It raises the errors of :meth:`Query.execute`.
        """
        from edgequake._core.readiness import READY

        return Resource(self._session)._send("GET /ready", READY, options)

    def live(self, **options: Unpack[RequestOptions]) -> bool:
        """True if the server runs (``GET /live``). Otherwise raises the errors of :meth:`Query.execute`."""
        from edgequake._core.readiness import LIVE

        return Resource(self._session)._send("GET /live", LIVE, options)

    def metrics(self, **options: Unpack[RequestOptions]) -> str:
        """The server's figures in Prometheus' text format (``GET /metrics``).

        It raises the errors of :meth:`Query.execute`.
        """
        return Resource(self._session)._send("GET /metrics", str, options)
