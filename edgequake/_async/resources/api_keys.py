"""API keys: ``client.api_keys``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from edgequake._async.resources.resource import AsyncResource
from edgequake._async.session import AsyncSession
from edgequake._core.endpoints import id_of
from edgequake._core.logs import logger
from edgequake.exceptions import EdgeQuakeError, NotFoundError
from edgequake.models.api_keys import ApiKey, ApiKeyListOptions, ApiKeyPage, NewApiKey, NewApiKeyOptions, RevokedApiKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgequake._async.pager import AsyncPager
    from edgequake.models.ids import KeyId
    from edgequake.models.options import RequestOptions

__all__ = ["AsyncApiKeys"]


class AsyncApiKeys(AsyncResource):
    """API keys of the signed-in user: ``client.api_keys``.

    Every method raises the errors of :meth:`AsyncQuery.execute`.
    """

    def list(self, **options: Unpack[ApiKeyListOptions]) -> AsyncPager[ApiKey, ApiKeyPage]:
        """The keys, fetched page by page while you iterate (``GET /api/v1/api-keys``). Revoked keys stay listed."""
        return self._pages("GET /api/v1/api-keys", ApiKeyPage, options, ApiKeyListOptions)

    async def create(self, **options: Unpack[NewApiKeyOptions]) -> NewApiKey:
        """Creates an API key (``POST /api/v1/api-keys``).

        ::

            new = await client.api_keys.create(name="ci", expires_in_days=30)
            keep(new.api_key)

        The server shows ``new.api_key`` only once, so store it now. No repr, log or pickle of this SDK shows it.
        """
        return await self._send("POST /api/v1/api-keys", NewApiKey, options, NewApiKeyOptions)

    async def rotate(
        self,
        key_id: KeyId,
        *,
        name: str | None = None,
        scopes: Sequence[str] | None = None,
        expires_in_days: int | None = None,
        **options: Unpack[RequestOptions],
    ) -> NewApiKey:
        """Replaces a key by a new one. You always keep a key that works.

        ::

            new = await client.api_keys.rotate(old_key_id)
            keep(new.api_key)

        The new key is created and tried with a request. Only then is the old key revoked. If the new key does not work,
        it is revoked and the old key stays. If the old key cannot be revoked, ``old_revoked`` of the answer is False
        and a warning is logged.

        :param key_id: the id of the old key.
        :param name: the name of the new key. Default: the name of the old key.
        :param scopes: what the new key may do. Default: the same as the old key.
        :param expires_in_days: after how many days the new key expires. Default: never.
        :raises NotFoundError: there is no such key.
        :raises UnauthorizedError: the server refused the new key. Any other error of the trial request is raised too.
        """
        old = await self._key(key_id, options)
        new_options: Any = {**options, "name": name or old.name, "scopes": scopes or old.scopes or None}
        new = await self.create(**new_options, expires_in_days=expires_in_days)
        try:
            config = self._session.config.with_changes(api_key=new.api_key, jwt=None)
            await type(self)(AsyncSession(config, self._session.connections)).list(page_size=1, **options).first_page()
        except EdgeQuakeError:
            await self._revoked(new, options, "the new key, which the server does not take,")
            raise
        new.old_revoked = await self._revoked(old, options, "the old key")
        return new

    async def _key(self, key_id: KeyId, options: RequestOptions) -> ApiKey:
        wanted = id_of("key_id", key_id)
        async for key in self.list(**options):
            if key.key_id == wanted:
                return key
        raise NotFoundError(f"there is no API key with the id {wanted!r}", status_code=404)

    async def _revoked(self, key: ApiKey | NewApiKey, options: RequestOptions, what: str) -> bool:
        try:
            await self.revoke(key.key_id, **options)
        except EdgeQuakeError as error:
            logger.warning("%s (%s) could not be revoked: %s", what, key.key_id, error)
            return False
        return True

    async def revoke(self, key_id: KeyId, **options: Unpack[RequestOptions]) -> RevokedApiKey:
        """Revokes a key (``DELETE /api/v1/api-keys/{key_id}``). The server refuses it from then on.

        :raises NotFoundError: no API key has this id.
        """
        route = "DELETE /api/v1/api-keys/{key_id}"
        return await self._send(route, RevokedApiKey, options, replayable=True, key_id=key_id)
