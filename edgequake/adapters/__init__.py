"""Clients for other services that stream, and the parts for a client of your own.

``edgequake.adapters.storm`` and ``edgequake.adapters.gpo`` are ready to use. An adapter of your own needs a decoder of
the service's events (:class:`EventDecoder`), a function for each call (:func:`post`), and a client with a method for
each (:class:`ServiceClient`, :class:`AsyncServiceClient`).
"""

from edgequake._async.service import AsyncServiceClient
from edgequake._async.stream import AsyncStream
from edgequake._core.answer import AnswerState
from edgequake._core.calls import Call, Decoder, parse_as
from edgequake._core.protocols import AnyChunk
from edgequake._sync.service import ServiceClient
from edgequake._sync.stream import Stream
from edgequake.adapters._events import EventDecoder, ServiceOptions, error_in, post, required, setting
from edgequake.models._model import Answer, Model

__all__ = [
    "Answer",
    "AnswerState",
    "AnyChunk",
    "AsyncServiceClient",
    "AsyncStream",
    "Call",
    "Decoder",
    "EventDecoder",
    "Model",
    "ServiceClient",
    "ServiceOptions",
    "Stream",
    "error_in",
    "parse_as",
    "post",
    "required",
    "setting",
]
