# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""API keys: ``client.api_keys``."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Unpack

from edgequake._sync.resources.resource import Resource
from edgequake._sync.session import Session
from edgequake._core.endpoints import id_of
from edgequake.exceptions import EdgeQuakeError, NotFoundError
from edgequake.models.api_keys import ApiKey, ApiKeyListOptions, ApiKeyPage, NewApiKey, NewApiKeyOptions, RevokedApiKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgequake._sync.pager import Pager
    from edgequake.models.ids import KeyId
    from edgequake.models.options import RequestOptions

__all__ = ["ApiKeys"]

logger = logging.getLogger("edgequake")


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

    def rotate(
        self,
        key_id: KeyId,
        *,
        name: str | None = None,
        scopes: Sequence[str] | None = None,
        expires_in_days: int | None = None,
        **options: Unpack[RequestOptions],
    ) -> NewApiKey:
        """Replaces a key by a new one, and never leaves you without a key that works.

        ::

            new = client.api_keys.rotate(old_key_id)
            keep(new.api_key)

        The new key is made, is tried with a request of its own, and only then the old one is revoked. If the trial
        fails, the new key is revoked and the old one stays. If the old one cannot be revoked, ``old_revoked`` of the
        answer is False, and a warning is logged.

        :param key_id: the old key.
        :param name: the new key's name; the old one's unless given.
        :param scopes: what the new key may do; the same as the old one unless given.
        :param expires_in_days: after how many days the new key is refused; never unless given.
        :raises NotFoundError: there is no such key.
        :raises UnauthorizedError: the server refused the new key, as any other error of the trial.
        """
        old = self._key(key_id, options)
        new_options: Any = {**options, "name": name or old.name, "scopes": scopes or old.scopes or None}
        new = self.create(**new_options, expires_in_days=expires_in_days)
        try:
            config = self._session.config.with_changes(api_key=new.api_key, jwt=None)
            type(self)(Session(config, self._session.connections)).list(page_size=1, **options).first_page()
        except EdgeQuakeError:
            self._revoked(new, options, "the new key, which the server does not take,")
            raise
        new.old_revoked = self._revoked(old, options, "the old key")
        return new

    def _key(self, key_id: KeyId, options: RequestOptions) -> ApiKey:
        wanted = id_of("key_id", key_id)
        for key in self.list(**options):
            if key.key_id == wanted:
                return key
        raise NotFoundError(f"there is no API key with the id {wanted!r}", status_code=404)

    def _revoked(self, key: ApiKey | NewApiKey, options: RequestOptions, what: str) -> bool:
        try:
            self.revoke(key.key_id, **options)
        except EdgeQuakeError as error:
            logger.warning("%s (%s) could not be revoked: %s", what, key.key_id, error)
            return False
        return True

    def revoke(self, key_id: KeyId, **options: Unpack[RequestOptions]) -> RevokedApiKey:
        """Makes the server refuse a key (``DELETE /api/v1/api-keys/{key_id}``).

        :raises NotFoundError: there is none of this id.
        """
        route = "DELETE /api/v1/api-keys/{key_id}"
        return self._send(route, RevokedApiKey, options, replayable=True, key_id=key_id)
