# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""Connections to model providers: ``client.connections``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from edgequake._sync.resources.resource import Resource
from edgequake.models.connections import Connection, ConnectionOptions, Probe, ProviderTestOptions

if TYPE_CHECKING:
    import builtins

    from edgequake.models.ids import ConnectionId
    from edgequake.models.options import BodyOptions, RequestOptions

__all__ = ["ProviderConnections"]


class ProviderConnections(Resource):
    """Connections to model providers: ``client.connections``. Administrators only; needs server 0.33.

    Every method raises the errors of :meth:`Query.execute`.
    """

    def list(self, **options: Unpack[RequestOptions]) -> builtins.list[Connection]:
        """All connections (``GET /api/v1/connections``)."""
        return self._send("GET /api/v1/connections", list[Connection], options)

    def create(
        self, slug: str, *, display_name: str, api_shape: str, base_url: str, **options: Unpack[ConnectionOptions]
    ) -> Connection:
        """A new connection (``POST /api/v1/connections``). The key is kept, and never told again.

        :param slug: a short name for it.
        :param display_name: its name to show.
        :param api_shape: the provider's protocol: ``ollama``, ``openai`` …
        :param base_url: the provider's address.
        """
        return self._send(
            "POST /api/v1/connections",
            Connection,
            options,
            ConnectionOptions,
            slug=slug,
            display_name=display_name,
            api_shape=api_shape,
            base_url=base_url,
        )

    def update(
        self,
        connection_id: ConnectionId,
        *,
        slug: str,
        display_name: str,
        api_shape: str,
        base_url: str,
        **options: Unpack[ConnectionOptions],
    ) -> Connection:
        """Replaces a connection whole (``PUT /api/v1/connections/{connection_id}``).

        A key that is not given stays the stored one. A tenant that is not given becomes none.

        :raises NotFoundError: there is none of this id.
        """
        return self._send(
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

    def delete(self, connection_id: ConnectionId, **options: Unpack[RequestOptions]) -> None:
        """Removes a connection (``DELETE /api/v1/connections/{connection_id}``).

        :raises NotFoundError: there is none of this id.
        """
        route = "DELETE /api/v1/connections/{connection_id}"
        self._send(route, type(None), options, replayable=True, connection_id=connection_id)

    def test(self, connection_id: ConnectionId, **options: Unpack[BodyOptions]) -> Probe:
        """Whether a connection can be used (``POST /api/v1/connections/{connection_id}/test``).

        :raises NotFoundError: there is none of this id.
        """
        route = "POST /api/v1/connections/{connection_id}/test"
        return self._send(route, Probe, options, replayable=True, connection_id=connection_id)

    def test_provider(self, shape: str, **options: Unpack[ProviderTestOptions]) -> Probe:
        """Whether a provider could be used, before a connection is made (``POST /api/v1/providers/test``).

        :param shape: the provider's protocol: ``ollama``, ``openai`` …
        """
        route = "POST /api/v1/providers/test"
        return self._send(route, Probe, options, ProviderTestOptions, replayable=True, shape=shape)
