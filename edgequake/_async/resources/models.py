"""Models: ``client.models``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from edgequake._async.resources.resource import AsyncResource
from edgequake._core.endpoints import if_any
from edgequake.models._model import Raw
from edgequake.models.model_catalog import ModelInfo, ModelList, Models, ModelSearchOptions, Provider

if TYPE_CHECKING:
    import builtins

    from edgequake.models.options import BodyOptions, RequestOptions

__all__ = ["AsyncModelCatalog"]


class AsyncModelCatalog(AsyncResource):
    """The language and embedding models that the server can use: ``client.models``.

    Every method raises the errors of :meth:`AsyncQuery.execute`.
    """

    async def list(self, **options: Unpack[RequestOptions]) -> Models:
        """The providers with their models (``GET /api/v1/models``): ``answer.providers[0].models``."""
        return await self._send("GET /api/v1/models", Models, options)

    async def all(self, **options: Unpack[RequestOptions]) -> builtins.list[ModelInfo]:
        """The models of all providers (``GET /api/v1/models``), each with its ``provider``.

        ::

            print([f"{model.provider}/{model.name}" for model in await client.models.all()])
        """
        found = await self.list(**options)
        return [
            model.model_copy(update={"provider": provider.name})
            for provider in found.providers
            for model in provider.models
        ]

    async def llm(self, **options: Unpack[RequestOptions]) -> ModelList:
        """The language models of all providers (``GET /api/v1/models/llm``)."""
        return await self._send("GET /api/v1/models/llm", ModelList, options)

    async def embedding(self, **options: Unpack[RequestOptions]) -> ModelList:
        """The embedding models of all providers (``GET /api/v1/models/embedding``)."""
        return await self._send("GET /api/v1/models/embedding", ModelList, options)

    async def health(self, **options: Unpack[RequestOptions]) -> builtins.list[Provider]:
        """The providers, and whether each of them responds (``GET /api/v1/models/health``)."""
        return await self._send("GET /api/v1/models/health", list[Provider], options)

    async def provider(self, provider: str, **options: Unpack[RequestOptions]) -> Provider:
        """A provider with its models (``GET /api/v1/models/{provider}``).

        :raises NotFoundError: no provider has this name.
        """
        return await self._send("GET /api/v1/models/{provider}", Provider, options, provider=provider)

    async def get(self, provider: str, model: str, **options: Unpack[RequestOptions]) -> ModelInfo:
        """A model (``GET /api/v1/models/{provider}/{model}``).

        :raises NotFoundError: there is no such provider or model.
        """
        route = "GET /api/v1/models/{provider}/{model}"
        return await self._send(route, ModelInfo, options, provider=provider, model=model)

    async def search(self, **options: Unpack[ModelSearchOptions]) -> Raw:
        """The models that fit a search (``GET /api/v1/models/search``)."""
        return await self._send("GET /api/v1/models/search", Raw, options, ModelSearchOptions)

    async def refresh(self, **options: Unpack[BodyOptions]) -> Raw | None:
        """Makes the server ask its providers for their models anew (``POST /api/v1/models/discover/refresh``).

        Returns None if the server replies without a body.
        """
        return await self._send("POST /api/v1/models/discover/refresh", if_any(Raw), options, replayable=True)
