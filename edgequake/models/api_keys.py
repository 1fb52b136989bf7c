"""API keys of the signed-in user."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from edgequake.models._model import Answer, SecretAnswer
from edgequake.models.options import BodyOptions, RequestOptions
from edgequake.models.page import NumberedPage

__all__ = ["ApiKey", "ApiKeyListOptions", "ApiKeyPage", "NewApiKey", "NewApiKeyOptions", "RevokedApiKey"]


class ApiKeyListOptions(RequestOptions, total=False):
    """The options of ``api_keys.list``."""

    page: int | None
    """The page to begin with, from 1."""
    page_size: int | None
    """How many keys in one request. Default: 100."""


class NewApiKeyOptions(BodyOptions, total=False):
    """The options of ``api_keys.create``."""

    name: str | None
    """A name by which you can recognise the key."""
    scopes: Sequence[str] | None
    """What the key may do, such as ``["read", "write"]``. Default: the server's default."""
    expires_in_days: int | None
    """The number of days until the key expires. Default: it does not expire."""


class ApiKey(Answer):
    """An API key, without the key itself. The server never shows a key again."""

    key_id: str
    """The key's id."""
    prefix: str | None = None
    """The first characters of the key."""
    name: str | None = None
    """The key's name."""
    scopes: list[str] = Field(default_factory=list)
    """What it may do."""
    is_active: bool | None = None
    """False once it is revoked."""
    last_used_at: str | None = None
    """When it was last used, RFC 3339."""
    expires_at: str | None = None
    """When it will be refused, RFC 3339. None means never."""
    created_at: str | None = None
    """When it was made, RFC 3339."""


class ApiKeyPage(NumberedPage[ApiKey]):
    """One page of API keys. Revoked keys stay listed."""

    rows_in: ClassVar[str] = "keys"

    keys: list[ApiKey] = Field(default_factory=list)
    """The keys of this page."""
    total: int | None = None
    """How many keys there are on all pages."""
    page: int | None = None
    """The number of this page, from 1."""
    page_size: int | None = None
    """How many keys a page has at most."""
    total_pages: int | None = None
    """How many pages there are."""


class NewApiKey(SecretAnswer):
    """A new API key. This answer is the only one that has the key itself."""

    old_revoked: bool | None = None
    """Only from ``api_keys.rotate``. False means that the old key could not be revoked and is still valid."""

    key_id: str
    """The key's id."""
    api_key: str = Field(repr=False)
    """The key. Store it now: the server does not show it again."""
    prefix: str | None = None
    """The first characters of the key."""
    scopes: list[str] = Field(default_factory=list)
    """What it may do."""
    expires_at: str | None = None
    """When it will be refused, RFC 3339. None means never."""
    created_at: str | None = None
    """When it was made, RFC 3339."""


class RevokedApiKey(Answer):
    """An API key that the server does not accept any more."""

    key_id: str
    """The key's id."""
    message: str | None = None
    """The server's message."""
