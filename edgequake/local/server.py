"""The embedded server: an HTTP server on this machine that answers from your files."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, Self

from edgequake._serving.guard import Guard, checked_hosts
from edgequake._serving.keep_alive import KEEP_ALIVE_SECONDS
from edgequake._serving.sockets import address_of, listen
from edgequake.exceptions import ConfigurationError
from edgequake.local.errors import LocalServerError
from edgequake.local.loader import Skipped, refresh
from edgequake.local.store import Progress, Store

if TYPE_CHECKING:
    from edgequake._serving.server import Server
    from edgequake.local.embeddings import OpenAICompatibleEmbedder
    from edgequake.local.engine import Engine

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


class LocalServer:
    """A local EdgeQuake server for the documents under ``paths``, on a free port of this machine.

    ::

        with LocalServer("docs/") as server:
            client = EdgequakeClient(base_url=server.url)

    It is for trying, demos and tests. In production, use the EdgeQuake server, which has the same routes. The local
    server runs in a thread of its own and installs no signal handlers.

    Requests that call it by an unknown host name, and requests from web pages of other sites, are refused with 403.
    Known are the names of this machine, ``host`` and ``allow_hosts``.

    :param paths: files and folders with text, HTML or PDF files. Folders are read with all their subfolders. A file of
        a folder that cannot be read is skipped, with a warning in the log.
    :param host: the address on which it listens.
    :param port: the port. 0 takes a free one.
    :param db: a SQLite file that keeps documents and conversations. Without it they are in memory.
    :param token_delay: seconds of pause before each streamed token.
    :param llm: a language model that writes the answers: an object with ``astream(prompt)`` or ``stream(prompt)``, as
        ``edgequake.rag`` takes it. Without it, answers quote the documents.
    :param api_key: a key that clients must send. Without it, no key is needed.
    :param on_progress: a function that is called while the server starts, with what is being done ("reading files",
        "embedding passages"), how much is done, and how much there is.
    :param embedder: an embedding model. Passages are then also found by their meaning.
    :param allow_hosts: more names by which the server may be called, such as ``box.local`` or ``*.example.com``. ``*``
        allows every name.
    """

    def __init__(
        self,
        paths: Paths = (),
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        db: str | os.PathLike[str] | None = None,
        token_delay: float = 0.0,
        llm: Any = None,
        api_key: str | None = None,
        on_progress: Progress | None = None,
        embedder: OpenAICompatibleEmbedder | None = None,
        allow_hosts: Sequence[str] = (),
    ) -> None:
        self._paths = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
        self._host = host
        self._port = port
        self._db = db
        self._token_delay = token_delay
        self._llm = llm
        self._api_key = api_key
        self._on_progress = on_progress
        self._embedder = embedder
        self._allow_hosts = checked_hosts(allow_hosts)
        self.skipped: tuple[Skipped, ...] = ()
        """The files that could not be read, and why."""
        self._keep_alive = KEEP_ALIVE_SECONDS
        self._opened = ExitStack()
        self._store: Store | None = None
        self._url = ""
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The address, such as ``http://127.0.0.1:49152``. It raises LocalServerError if the server does not run."""
        if not self._url:
            raise LocalServerError("the local server is not running")
        return self._url

    @property
    def store(self) -> Store:
        """The documents of the server. It raises LocalServerError if the server does not run."""
        if self._store is None:
            raise LocalServerError("the local server is not running")
        return self._store

    def start(self) -> Self:
        """Starts the server, and returns it when it accepts requests.

        :raises SourceError: a path is missing or cannot be read.
        :raises StoreError: the database cannot be opened.
        :raises EmbeddingError: the embedding model fails.
        :raises LocalServerError: the port is taken, or the server already runs.
        :raises ImportError: the extra ``server`` is not installed.
        """
        ready = threading.Event()
        server = self._open(ready.set)
        self._server = server
        self._thread = threading.Thread(target=self._run, args=(server, ready), name="edgequake-local", daemon=True)
        self._thread.start()
        ready.wait()
        if not server.started:
            self.stop()
            raise LocalServerError("the local server could not start")
        return self

    def stop(self) -> None:
        """Ends open streams, stops listening, and waits until the thread has ended. You can call it at any time."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join()
        self._server = self._thread = None
        self._close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def serve(self, on_ready: Callable[[LocalServer], None] | None = None) -> None:
        """Serves in the foreground until Ctrl-C or SIGTERM. It raises the errors of ``start``."""
        server = self._open(lambda: on_ready(self) if on_ready else None)
        try:
            with suppress(KeyboardInterrupt):
                server.serve_until_stopped()
        finally:
            self._close()

    def _engine(self, store: Store) -> Engine:
        from edgequake.local.engine import Engine

        return Engine(store, llm=self._llm, token_delay=self._token_delay, embedder=self._embedder)

    def _open(self, on_ready: Callable[[], None]) -> Server:
        """A server that listens and has its documents loaded, until ``_close``."""
        if self._url:
            raise LocalServerError(f"the local server runs already, at {self._url}")
        require_extra()
        from edgequake._serving.server import Server  # its extra may not be installed
        from edgequake.local.app import build

        with ExitStack() as opened:
            try:
                listener = opened.enter_context(listen(self._host, self._port))
            except ConfigurationError as error:
                raise LocalServerError(str(error)) from error
            store = opened.enter_context(Store(self._db if self._db is not None else ":memory:"))
            self.skipped = refresh(store, self._paths, self._on_progress)
            if self._embedder is not None:
                store.embed(self._embedder, self._on_progress)
            engine = self._engine(store)
            opened.callback(engine.ingestion.close)
            engine.ingestion.resume()
            app = build(engine, keep_alive=self._keep_alive, api_key=self._api_key)
            guarded = Guard(app, host=self._host, allow_hosts=self._allow_hosts)
            stop = engine.closing.set
            server = Server(guarded, listener, on_ready=on_ready, on_stop=stop, quiet=True, lifespan="off", ws="none")
            self._store, self._url = store, address_of(self._host, listener)
            self._opened = opened.pop_all()
        return server

    def _close(self) -> None:
        self._url, self._store = "", None
        self._opened.close()

    @staticmethod
    def _run(server: Server, ready: threading.Event) -> None:
        try:
            server.serve_until_stopped()
        finally:
            ready.set()


def require_extra() -> None:
    """Raises ImportError with the command to type when the extra ``server`` is not installed."""
    try:
        import markdown_it  # noqa: F401
        import python_multipart  # noqa: F401 - Starlette reads forms with it
        import sse_starlette  # noqa: F401
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise ImportError(f'the local server needs {error.name}: pip install "edgequake[server]"') from error
