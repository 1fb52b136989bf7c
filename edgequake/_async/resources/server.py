"""The server itself, as the client's own methods ask for it: ``client.health()``."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, Unpack

from edgequake._async.resources.directory import AsyncResources
from edgequake._async.resources.resource import AsyncResource
from edgequake._async.session import AsyncSession
from edgequake.models.health import HealthResponse

if TYPE_CHECKING:
    from edgequake.models.health import Ready
    from edgequake.models.options import RequestOptions

__all__ = ["AsyncServer"]


class AsyncServer(AsyncResources):
    """What the server says of itself."""

    async def wait_until_ready(self, timeout: float | None = 60, *, poll_interval: float = 0.5) -> Ready:
        """Waits until the server can take requests (``GET /ready``). One that cannot be reached is not ready.

        :param timeout: seconds for the whole wait; None for no limit.
        :param poll_interval: seconds to the second question; each further wait is 1.5 times longer, up to 5 seconds.
        :raises TimeoutError: it was not ready in time; ``progress`` is what it said last, such as its ``blockers``.
        """
        from edgequake._async.flows.polling import AsyncWait  # only programs that wait need these
        from edgequake._core.polling import Polling
        from edgequake._core.readiness import READY
        from edgequake._core.tasks import server_ready

        once = AsyncResource(AsyncSession(self._config.with_changes(max_retries=0), self._connections))
        late = "the server was not ready within {seconds:g} s"
        polling = Polling(timeout, poll_interval, monotonic, late=late)

        async def ready(_: str, **options: Any) -> Ready:
            return await once._send("GET /ready", READY, options)

        wait: AsyncWait[Ready, Ready] = AsyncWait(lambda: server_ready(polling), {"ready": ready}, self._config.timeout)
        return await wait.finished()

    async def health(self, **options: Unpack[RequestOptions]) -> HealthResponse:
        """What the server says of itself (``GET /health``); it answers even when it is degraded.

        Raises as :meth:`AsyncQuery.execute` does.
        """
        return await AsyncResource(self._session)._send("GET /health", HealthResponse, options)

    async def ready(self, **options: Unpack[RequestOptions]) -> Ready:
        """Whether the server can take requests (``GET /ready``), and what it waits for: ``answer.blockers``.

        A server that is not ready is no error: the answer is false then.

        Raises as :meth:`AsyncQuery.execute` does.
        """
        from edgequake._core.readiness import READY

        return await AsyncResource(self._session)._send("GET /ready", READY, options)

    async def live(self, **options: Unpack[RequestOptions]) -> bool:
        """True when the server runs (``GET /live``); else one of the errors of :meth:`AsyncQuery.execute`."""
        from edgequake._core.readiness import LIVE

        return await AsyncResource(self._session)._send("GET /live", LIVE, options)

    async def metrics(self, **options: Unpack[RequestOptions]) -> str:
        """The server's figures in Prometheus' text format (``GET /metrics``).

        Raises as :meth:`AsyncQuery.execute` does.
        """
        return await AsyncResource(self._session)._send("GET /metrics", str, options)
