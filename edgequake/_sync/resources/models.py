# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""Models: ``client.models``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from edgequake._sync.resources.resource import Resource
from edgequake._core.endpoints import if_any
from edgequake.models._model import Raw
from edgequake.models.model_catalog import ModelInfo, ModelList, Models, ModelSearchOptions, Provider

if TYPE_CHECKING:
    import builtins

    from edgequake.models.options import BodyOptions, RequestOptions

__all__ = ["ModelCatalog"]


class ModelCatalog(Resource):
    """The language and embedding models that the server can use: ``client.models``.

    Every method raises the errors of :meth:`Query.execute`.
    """

    def list(self, **options: Unpack[RequestOptions]) -> Models:
        """The providers with their models (``GET /api/v1/models``): ``answer.providers[0].models``."""
        return self._send("GET /api/v1/models", Models, options)

    def all(self, **options: Unpack[RequestOptions]) -> builtins.list[ModelInfo]:
        """The models of all providers (``GET /api/v1/models``), each with its ``provider``.

        ::

            print([f"{model.provider}/{model.name}" for model in client.models.all()])
        """
        found = self.list(**options)
        return [
            model.model_copy(update={"provider": provider.name})
            for provider in found.providers
            for model in provider.models
        ]

    def llm(self, **options: Unpack[RequestOptions]) -> ModelList:
        """The language models of all providers (``GET /api/v1/models/llm``)."""
        return self._send("GET /api/v1/models/llm", ModelList, options)

    def embedding(self, **options: Unpack[RequestOptions]) -> ModelList:
        """The embedding models of all providers (``GET /api/v1/models/embedding``)."""
        return self._send("GET /api/v1/models/embedding", ModelList, options)

    def health(self, **options: Unpack[RequestOptions]) -> builtins.list[Provider]:
        """The providers, and whether each of them responds (``GET /api/v1/models/health``)."""
        return self._send("GET /api/v1/models/health", list[Provider], options)

    def provider(self, provider: str, **options: Unpack[RequestOptions]) -> Provider:
        """A provider with its models (``GET /api/v1/models/{provider}``).

        :raises NotFoundError: no provider has this name.
        """
        return self._send("GET /api/v1/models/{provider}", Provider, options, provider=provider)

    def get(self, provider: str, model: str, **options: Unpack[RequestOptions]) -> ModelInfo:
        """A model (``GET /api/v1/models/{provider}/{model}``).

        :raises NotFoundError: there is no such provider or model.
        """
        route = "GET /api/v1/models/{provider}/{model}"
        return self._send(route, ModelInfo, options, provider=provider, model=model)

    def search(self, **options: Unpack[ModelSearchOptions]) -> Raw:
        """The models that fit a search (``GET /api/v1/models/search``)."""
        return self._send("GET /api/v1/models/search", Raw, options, ModelSearchOptions)

    def refresh(self, **options: Unpack[BodyOptions]) -> Raw | None:
        """Makes the server ask its providers for their models anew (``POST /api/v1/models/discover/refresh``).

        Returns None if the server replies without a body.
        """
        return self._send("POST /api/v1/models/discover/refresh", if_any(Raw), options, replayable=True)
