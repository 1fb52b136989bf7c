"""Who may call what: origins, identities, and the call that a message asks for."""

from __future__ import annotations

import hashlib
import inspect
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from edgequake.relay.calls import Call
from edgequake.relay.errors import RelayError, safe_error
from edgequake.relay.wire import parsed_value, value_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import HTTPConnection

    from edgequake.relay.expose import Exposed
    from edgequake.relay.origins import Origins

__all__ = ["AUTH_HEADER", "Gate"]

AUTH_HEADER: Final = "relay-auth"
"""What a client gives as ``auth`` with a request that has no body, as JSON."""
_NO_ARGUMENTS: Final[tuple[tuple[str, Any], ...]] = (("args", []), ("kwargs", {}))


class Gate:
    """What a relay lets in."""

    def __init__(self, origins: Origins, *, details: bool, owner: Callable[[Any], str] | None) -> None:
        self.origins = origins
        self.details = details
        self.functions: dict[str, Exposed] = {}
        self.hook: Callable[[HTTPConnection, Any], Any] | None = None
        self._owner = owner

    async def identified(self, connection: HTTPConnection, auth: Any = None) -> Any:
        """Who calls. Raises RelayError when that is nobody."""
        if self.hook is None:
            return None
        if auth is None and (given := connection.headers.get(AUTH_HEADER)) is not None:
            auth = parsed_value(given)
        try:
            identity = self.hook(connection, auth)
            identity = await identity if inspect.isawaitable(identity) else identity
        except Exception as error:
            raise safe_error(error, details=self.details, during="the identity hook") from None
        if identity is None:
            raise RelayError("unauthorized", "this relay has to know who is calling")
        return identity

    def owner_of(self, identity: Any) -> str:
        """Whose an answer is: the same text for the same user, in every process. Empty without an identity hook.

        Raises RelayError when that cannot be said; the log says why.
        """
        if self.hook is None:
            return ""
        if self._owner is None and isinstance(identity, str | int | UUID):
            return str(identity)
        try:
            return str(self._owner(identity)) if self._owner else hashlib.sha256(value_json(identity)).hexdigest()
        except Exception as error:  # the application's own function may raise anything
            during = f"Relay(owner=…), which says whose an answer is, of a {type(identity).__name__}"
            raise safe_error(error, details=self.details, during=during) from None

    def prepared(self, message: Mapping[str, Any], identity: Any, *, json: bool, kept: bool) -> Call:
        """The call that a message asks for. Raises RelayError for one that cannot be made."""
        name = message.get("name")
        args, kwargs = (default if message.get(it) is None else message[it] for it, default in _NO_ARGUMENTS)
        if not isinstance(name, str) or not isinstance(args, list) or not isinstance(kwargs, dict):
            raise RelayError("bad_request", "a call has a name, a list of args and an object of kwargs")
        exposed = self.functions.get(name)
        if exposed is None:
            raise RelayError("not_found", f"there is no function {name!r:.100}")
        try:
            arguments = exposed.bind(args, kwargs, json=json)
        except Exception as error:  # a validator of the application's may raise anything
            raise safe_error(error, details=self.details, during=f"the arguments of {name}") from None
        owner = self.owner_of(identity) if kept else ""
        return Call(exposed, arguments, identity, owner, exposed.timeout, self.details)
