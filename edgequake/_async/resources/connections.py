"""Connections to model providers: ``client.connections``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from edgequake._async.resources.resource import AsyncResource
from edgequake.models.connections import Connection, ConnectionOptions, Probe, ProviderTestOptions

if TYPE_CHECKING:
    import builtins

    from edgequake.models.ids import ConnectionId
    from edgequake.models.options import BodyOptions, RequestOptions

__all__ = ["AsyncProviderConnections"]


class AsyncProviderConnections(AsyncResource):
    """Connections to model providers: ``client.connections``. Administrators only. They need server 0.33 or newer.

    Every method raises the errors of :meth:`AsyncQuery.execute`.
    """

    async def list(self, **options: Unpack[RequestOptions]) -> builtins.list[Connection]:
        """All connections (``GET /api/v1/connections``)."""
        return await self._send("GET /api/v1/connections", list[Connection], options)

    async def create(
        self, slug: str, *, display_name: str, api_shape: str, base_url: str, **options: Unpack[ConnectionOptions]
    ) -> Connection:
        """Creates a connection (``POST /api/v1/connections``). The server keeps the provider's key and never shows it
        again.

        :param slug: a short name.
        :param display_name: the name that people see.
        :param api_shape: the provider's protocol, such as ``ollama`` or ``openai``.
        :param base_url: the provider's address.
        """
        return await self._send(
            "POST /api/v1/connections",
            Connection,
            options,
            ConnectionOptions,
            slug=slug,
            display_name=display_name,
            api_shape=api_shape,
            base_url=base_url,
        )

    async def update(
        self,
        connection_id: ConnectionId,
        *,
        slug: str,
        display_name: str,
        api_shape: str,
        base_url: str,
        **options: Unpack[ConnectionOptions],
    ) -> Connection:
        """Replaces all fields of a connection (``PUT /api/v1/connections/{connection_id}``).

        Without a key, the stored key stays. Without a tenant, the connection belongs to no tenant afterwards.

        :raises NotFoundError: no connection has this id.
        """
        return await self._send(
            "PUT /api/v1/connections/{connection_id}",
            Connection,
            options,
            ConnectionOptions,
            replayable=True,
            connection_id=connection_id,
            slug=slug,
            display_name=display_name,
            api_shape=api_shape,
            base_url=base_url,
        )

    async def delete(self, connection_id: ConnectionId, **options: Unpack[RequestOptions]) -> None:
        """Removes a connection (``DELETE /api/v1/connections/{connection_id}``).

        :raises NotFoundError: no connection has this id.
        """
        route = "DELETE /api/v1/connections/{connection_id}"
        await self._send(route, type(None), options, replayable=True, connection_id=connection_id)

    async def test(self, connection_id: ConnectionId, **options: Unpack[BodyOptions]) -> Probe:
        """Tests whether a connection works (``POST /api/v1/connections/{connection_id}/test``).

        :raises NotFoundError: no connection has this id.
        """
        route = "POST /api/v1/connections/{connection_id}/test"
        return await self._send(route, Probe, options, replayable=True, connection_id=connection_id)

    async def test_provider(self, shape: str, **options: Unpack[ProviderTestOptions]) -> Probe:
        """Tests whether a provider works, before you create a connection (``POST /api/v1/providers/test``).

        :param shape: the provider's protocol, such as ``ollama`` or ``openai``.
        """
        route = "POST /api/v1/providers/test"
        return await self._send(route, Probe, options, ProviderTestOptions, replayable=True, shape=shape)
