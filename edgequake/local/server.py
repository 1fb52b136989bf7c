"""The embedded server: an HTTP server on this machine that answers from your files."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

from edgequake._serving.guard import Guard, checked_hosts
from edgequake._serving.keep_alive import KEEP_ALIVE_SECONDS
from edgequake._serving.sockets import address_of, listen
from edgequake.exceptions import ConfigurationError
from edgequake.local.errors import LocalServerError
from edgequake.local.loader import Skipped, refresh
from edgequake.local.store import Progress, Store

if TYPE_CHECKING:
    import socket

    from edgequake._serving.server import Server
    from edgequake.local.embeddings import OpenAICompatibleEmbedder
    from edgequake.local.engine import Engine

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


class LocalServer:
    """A server for the documents under `paths`, on a free port of this machine.

        with LocalServer("docs/") as server:
            client = EdgequakeClient(base_url=server.url)

    It speaks the EdgeQuake server's wire (query, chat, documents, conversations): for trying, demos and tests.
    For production there is the EdgeQuake server. Folders give their text, HTML and PDF files, recursively; a file of
    a folder that cannot be read is skipped, with a warning in the log.

    `llm`, an object with `astream(prompt)` or `stream(prompt)` as `edgequake.rag` takes it, gives the answers;
    without one they quote the documents. `db` is a SQLite file that keeps documents and conversations; without
    it they are in memory. With `api_key`, clients must send it. `token_delay` is the pause before each streamed
    token, in seconds. `on_progress` is called with what is being done ("reading files", "embedding passages"), how
    much of it is done and how much there is. With an `embedder`, passages are found by their vectors too. Requests that
    call it by a name that is neither this machine's nor `host` nor one of `allow_hosts` (`box.local`, `*.example.com`,
    `*`) are refused, as are those of pages of another site. It runs in a thread of its own and installs no signal
    handlers.
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
        """The files of the folders that could not be read, and why."""
        self._keep_alive = KEEP_ALIVE_SECONDS
        self._running: Engine | None = None
        self._store: Store | None = None
        self._url = ""
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it listens, as `http://127.0.0.1:49152`. Raises LocalServerError while it does not run."""
        if not self._url:
            raise LocalServerError("the local server is not running")
        return self._url

    @property
    def store(self) -> Store:
        """The documents it answers from. Raises LocalServerError while it does not run."""
        if self._store is None:
            raise LocalServerError("the local server is not running")
        return self._store

    def start(self) -> Self:
        """The server, accepting requests.

        Raises SourceError for a bad path, StoreError for a bad database, EmbeddingError for an embedder that fails,
        LocalServerError for a taken port or a server that runs already, ImportError when the extra `server` is not
        installed.
        """
        listener = self._open()
        ready = threading.Event()
        try:
            server = self._made(listener, ready.set)
        except BaseException:
            listener.close()
            self._close()
            raise
        self._server = server
        self._thread = threading.Thread(target=self._run, args=(server, ready), name="edgequake-local", daemon=True)
        self._thread.start()
        ready.wait()
        if not server.started:
            self.stop()
            raise LocalServerError("the local server could not start")
        return self

    def stop(self) -> None:
        """End open streams, stop listening and wait until the thread has ended. Harmless when not running."""
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
        """Serve in the foreground until Ctrl-C or SIGTERM. Raises as `start` does."""
        listener = self._open()
        try:
            self._made(listener, lambda: on_ready(self) if on_ready else None).serve_until_stopped()
        except KeyboardInterrupt:
            return
        finally:
            listener.close()
            self._close()

    def _engine(self, store: Store) -> Engine:
        from edgequake.local.engine import Engine

        return Engine(store, llm=self._llm, token_delay=self._token_delay, embedder=self._embedder)

    def _open(self) -> socket.socket:
        """The listening socket, with the documents loaded."""
        if self._url:
            raise LocalServerError(f"the local server runs already, at {self._url}")
        require_extra()
        try:
            listener = listen(self._host, self._port)
        except ConfigurationError as error:
            raise LocalServerError(str(error)) from error
        try:
            self._store = Store(self._db if self._db is not None else ":memory:")
            self.skipped = refresh(self._store, self._paths, self._on_progress)
            if self._embedder is not None:
                self._store.embed(self._embedder, self._on_progress)
        except BaseException:
            listener.close()
            self._close()
            raise
        self._url = address_of(self._host, listener)
        return listener

    def _close(self) -> None:
        self._url = ""
        if self._running is not None:
            self._running.ingestion.close()
            self._running = None
        if self._store is not None:
            self._store.close()
            self._store = None

    def _made(self, listener: socket.socket, on_ready: Callable[[], None]) -> Server:
        from edgequake._serving.server import Server  # its extra may not be installed
        from edgequake.local.app import build

        engine = self._running = self._engine(self.store)
        engine.ingestion.resume()
        app = build(engine, keep_alive=self._keep_alive, api_key=self._api_key)
        guarded = Guard(app, host=self._host, allow_hosts=self._allow_hosts)
        stop = engine.closing.set
        return Server(guarded, listener, on_ready=on_ready, on_stop=stop, quiet=True, lifespan="off", ws="none")

    @staticmethod
    def _run(server: Server, ready: threading.Event) -> None:
        try:
            server.serve_until_stopped()
        finally:
            ready.set()


def run(
    paths: Paths,
    host: str = "127.0.0.1",
    port: int = 8080,
    *,
    db: str | os.PathLike[str] | None = None,
    token_delay: float = 0.0,
    llm: Any = None,
    api_key: str | None = None,
    on_ready: Callable[[LocalServer], None] | None = None,
) -> None:
    """Serve the files under `paths` in the foreground until Ctrl-C or SIGTERM.

    `on_ready` is called with the server once it accepts requests. Raises as `LocalServer.start` does.
    """
    LocalServer(paths, host=host, port=port, db=db, token_delay=token_delay, llm=llm, api_key=api_key).serve(on_ready)


def require_extra() -> None:
    """Raises ImportError with the command to type when the extra `server` is not installed."""
    try:
        import markdown_it  # noqa: F401
        import sse_starlette  # noqa: F401
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise ImportError(f'the local server needs {error.name}: pip install "edgequake[server]"') from error
