# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""The server's settings: ``client.settings``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from edgequake._sync.resources.resource import Resource
from edgequake.models._model import Raw
from edgequake.models.server_settings import AvailableProviders, EffectiveConfig, ProviderStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgequake.models.options import BodyOptions, RequestOptions

__all__ = ["Settings"]


class Settings(Resource):
    """The providers and models that the server uses: ``client.settings``.

    Every method raises the errors of :meth:`Query.execute`.
    """

    def provider_status(self, **options: Unpack[RequestOptions]) -> ProviderStatus:
        """The providers in use, and whether each of them responds (``GET /api/v1/settings/provider/status``)."""
        return self._send("GET /api/v1/settings/provider/status", ProviderStatus, options)

    def providers(self, **options: Unpack[RequestOptions]) -> AvailableProviders:
        """The providers that the server knows (``GET /api/v1/settings/providers``)."""
        return self._send("GET /api/v1/settings/providers", AvailableProviders, options)

    def effective(self, **options: Unpack[RequestOptions]) -> EffectiveConfig:
        """The settings in force and where each comes from (``GET /api/v1/config/effective``)."""
        return self._send("GET /api/v1/config/effective", EffectiveConfig, options)

    def llm_defaults(self, **options: Unpack[RequestOptions]) -> Raw:
        """The default language model (``GET /api/v1/settings/llm-defaults``)."""
        return self._send("GET /api/v1/settings/llm-defaults", Raw, options)

    def update_llm_defaults(self, body: Mapping[str, Any], **options: Unpack[BodyOptions]) -> Raw:
        """Changes the default language model (``PATCH /api/v1/settings/llm-defaults``). Administrators only.

        :param body: the fields to change. They are sent unchanged.
        """
        return self._send("PATCH /api/v1/settings/llm-defaults", Raw, options, replayable=True, body=body)

    def app_attribution(self, **options: Unpack[RequestOptions]) -> Raw:
        """The application name that the server sends to providers (``GET /api/v1/settings/app-attribution``)."""
        return self._send("GET /api/v1/settings/app-attribution", Raw, options)

    def update_app_attribution(self, body: Mapping[str, Any], **options: Unpack[BodyOptions]) -> Raw:
        """Changes the application name (``PATCH /api/v1/settings/app-attribution``). Administrators only.

        :param body: the fields to change. They are sent unchanged.
        """
        return self._send("PATCH /api/v1/settings/app-attribution", Raw, options, replayable=True, body=body)

    def attribution(self, **options: Unpack[RequestOptions]) -> Raw:
        """The headers with the application name that the server sends (``GET /api/v1/settings/attribution``)."""
        return self._send("GET /api/v1/settings/attribution", Raw, options)

    def langfuse(self, **options: Unpack[RequestOptions]) -> Raw:
        """Whether the server reports its calls to Langfuse (``GET /api/v1/settings/langfuse``)."""
        return self._send("GET /api/v1/settings/langfuse", Raw, options)
