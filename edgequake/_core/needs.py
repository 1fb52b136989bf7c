"""What a method needs of the client's settings, and what the server does without them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgequake.exceptions import ConfigurationError
from edgequake.models._model import Model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgequake._core.config import ClientConfig

__all__ = ["Needs", "own_id"]

_SETTINGS = {"T": "tenant_id", "W": "workspace_id", "U": "user_id"}
_HEADERS = {"tenant_id": "x-tenant-id", "workspace_id": "x-workspace-id", "user_id": "x-user-id"}
_CREDENTIALS = ("x-api-key", "authorization")


@dataclass(frozen=True, slots=True)
class Needs:
    """The settings without which the server refuses a method, or answers with less than there is.

    With a key or token the server knows tenant and user from it: only the workspace is demanded then.
    """

    method: str
    """As the caller writes it, such as ``documents.list``."""
    letters: str
    """Any of T (tenant), W (workspace), U (user)."""
    without: str
    """What the server does without them, in words that go on from "the server"."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the settings."""
        return tuple(_SETTINGS[letter] for letter in self.letters)

    def missing(self, config: ClientConfig, headers: Mapping[str, str]) -> list[str]:
        """The settings that neither the client nor a header of the call gives."""
        sent = _sent(config, headers)
        return [name for name in self.names if getattr(config, name) is None and _HEADERS[name] not in sent]

    def check(self, config: ClientConfig, headers: Mapping[str, str]) -> None:
        """Raises :class:`ConfigurationError` for a setting that is missing."""
        missing = self.missing(config, headers)
        if config.api_key or config.jwt or _sent(config, headers).intersection(_CREDENTIALS):
            missing = [name for name in missing if name == "workspace_id"]
        if missing:
            given = ", ".join(f"{name}=…" for name in missing)
            variables = " and ".join(f"EDGEQUAKE_{name.upper()}" for name in missing)
            default = '; "default" is the server\'s default workspace' if "workspace_id" in missing else ""
            raise ConfigurationError(
                f"{self.method} needs {' and '.join(missing)}: without {'it' if len(missing) == 1 else 'them'} "
                f"the server {self.without}. Give EdgequakeClient({given}) or set {variables}{default}."
            )

    def warning(self, config: ClientConfig, headers: Mapping[str, str], answer: Any) -> str | None:
        """What to log for an empty answer, if it may be empty because no tenant was sent."""
        if "tenant_id" not in self.missing(config, headers) or not _is_empty(answer):
            return None
        return (
            f"{self.method} came back empty, and no tenant_id was sent: a server that does not take the tenant from "
            f"the key {self.without}. Give EdgequakeClient(tenant_id=…) or set EDGEQUAKE_TENANT_ID."
        )


def own_id(name: str, config: ClientConfig) -> str:
    """The client's own tenant or workspace, for a method that was not given one."""
    value: str | None = getattr(config, name)
    if value is None:
        default = '; "default" is the server\'s default workspace' if name == "workspace_id" else ""
        raise ConfigurationError(
            f"{name} is missing: give it to the method, or EdgequakeClient({name}=…), or set EDGEQUAKE_{name.upper()}"
            f"{default}"
        )
    return value


def _sent(config: ClientConfig, headers: Mapping[str, str]) -> set[str]:
    return {name.lower() for name in (*config.headers, *headers)}


def _is_empty(answer: Any) -> bool:
    if (rows := getattr(answer, "rows", None)) is not None:  # of a page
        return not rows
    if isinstance(answer, Model):
        lists = [value for _, value in answer if isinstance(value, list)]
        return bool(lists) and not any(lists)
    return isinstance(answer, list) and not answer
