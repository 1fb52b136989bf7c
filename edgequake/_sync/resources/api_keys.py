# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""API keys: ``client.api_keys``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from edgequake._sync.resources.resource import Resource
from edgequake.models.api_keys import ApiKey, ApiKeyListOptions, ApiKeyPage, NewApiKey, NewApiKeyOptions, RevokedApiKey

if TYPE_CHECKING:
    from edgequake._sync.pager import Pager
    from edgequake.models.ids import KeyId
    from edgequake.models.options import RequestOptions

__all__ = ["ApiKeys"]


class ApiKeys(Resource):
    """API keys of the signed-in user: ``client.api_keys``.

    Every method raises the errors of :meth:`Query.execute`.
    """

    def list(self, **options: Unpack[ApiKeyListOptions]) -> Pager[ApiKey, ApiKeyPage]:
        """The keys, page after page as they are needed (``GET /api/v1/api-keys``). Revoked keys stay listed."""
        return self._pages("GET /api/v1/api-keys", ApiKeyPage, options, ApiKeyListOptions)

    def create(self, **options: Unpack[NewApiKeyOptions]) -> NewApiKey:
        """A new key (``POST /api/v1/api-keys``).

        ::

            new = client.api_keys.create(name="ci", expires_in_days=30)
            keep(new.api_key)

        The server tells ``new.api_key`` once. No repr, log or pickle of ours shows it.
        """
        return self._send("POST /api/v1/api-keys", NewApiKey, options, NewApiKeyOptions)

    def revoke(self, key_id: KeyId, **options: Unpack[RequestOptions]) -> RevokedApiKey:
        """Makes the server refuse a key (``DELETE /api/v1/api-keys/{key_id}``).

        :raises NotFoundError: there is none of this id.
        """
        route = "DELETE /api/v1/api-keys/{key_id}"
        return self._send(route, RevokedApiKey, options, replayable=True, key_id=key_id)
