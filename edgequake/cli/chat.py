"""``edgequake chat``: a conversation with a server, or with your own files."""

from __future__ import annotations

import re
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgequake._core.citations import numbered, place_of
from edgequake.cli.ask import asked
from edgequake.cli.errors import CommandError, advised, say
from edgequake.cli.text import sendable
from edgequake.cli.views import Outcome, PipeView
from edgequake.display.stages import stage_of
from edgequake.display.text import one_line, printable
from edgequake.exceptions import EdgeQuakeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgequake import ChatChunk, ChatOptions, ChatStream, EdgequakeClient, Source
    from edgequake.cli.ask import Asked, Files
    from edgequake.cli.options import Connection
    from edgequake.cli.views import Shown, View

__all__ = ["Talk", "chat"]

_COMMAND = re.compile(r"(/\w*)(?: +(\d+))?")
_LEAVE = ("/quit", "/exit", "quit", "exit")
_HELP = '''\
/sources   the sources of the last answer; /sources 2 shows the passage behind [2]
/new       begin a new conversation
/help      this list
quit       leave, as exit and Ctrl-D do
Ctrl-C     stop an answer
A line that ends with \\ goes on in the next; """ begins and ends several.'''


class Conversation:
    """A conversation with a server, which keeps what was said under its ``id``."""

    def __init__(self, client: EdgequakeClient, options: ChatOptions, conversation_id: str | None) -> None:
        self.id = conversation_id
        self.title: str | None = None
        self.sources: list[Source] | None = None
        """Those of the last answer; None before the first."""
        self.answered = True
        """Whether the last answer came to its end."""
        self._client = client
        self._options = options

    def say(self, message: str, view: View) -> None:
        """Sends ``message`` and shows the answer; whatever ends that, the conversation goes on.

        Returns when the server has said all: a new conversation gets its title after the answer.
        """
        self.answered = False
        options: ChatOptions = {**self._options, "conversation_id": self.id}
        stream = self._client.chat.stream(sendable(message), **options)
        try:
            with advised(), stream:
                self._show(stream, view)
        finally:
            self.id = stream.conversation_id or self.id
            self.title = stream.title or self.title
            self.sources = stream.sources

    def _show(self, stream: ChatStream, view: View) -> None:
        mode: str | None = None
        for chunk in stream:
            mode = chunk.query_mode or mode
            if self.answered:
                continue
            if text := chunk.text:
                view.text(text)
            elif words := stage_of(chunk):
                view.stage(words)
            if chunk.type == "done":
                self.answered = True
                view.outcome(_outcome(stream, chunk, mode))
        if not self.answered:  # a server without a last event of its own
            self.answered = True
            view.outcome(_outcome(stream, None, mode))

    def begin_anew(self) -> None:
        """The next message begins another conversation."""
        self.id = self.title = self.sources = None


def _outcome(stream: ChatStream, done: ChatChunk | None, mode: str | None) -> Outcome:
    from edgequake import QueryResponse

    answer = done.answer if done is not None else None
    stats = stream.stats.model_copy()
    if done is not None:
        stats.llm_provider = stats.llm_provider or done.llm_provider
        stats.llm_model = stats.llm_model or done.llm_model
    response = QueryResponse(
        answer=stream.text if answer is None else answer, mode=mode, sources=stream.sources, stats=stats
    )
    return Outcome(response, stream.text, stream.timing, stream.request_id)


@dataclass(frozen=True, slots=True)
class Talk:
    """How the messages are answered, and what is shown and kept."""

    options: ChatOptions
    conversation_id: str | None
    shown: Shown
    history: bool = True
    """Whether what is typed is kept for the next time."""


def chat(connection: Connection, files: Files | None, talk: Talk) -> None:
    """Talks with the server, or with one that is started for ``files`` meanwhile, until the input ends.

    On a terminal an error ends an answer only. Else each line of stdin is a message, and the first error is raised.
    """
    on_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    if files is None:
        with advised():
            connection = connection.settled()
    with ExitStack() as stack:
        with ExitStack() as starting:
            if on_terminal and files is not None:
                from rich.console import Console  # a pipe does without

                from edgequake.cli.terminal import Waiting

                starting.enter_context(Waiting(Console(), f"reading {files}…"))
            server = stack.enter_context(asked(connection, files))
        client = server.client
        if not on_terminal:
            _answer_lines(Conversation(client, talk.options, talk.conversation_id), talk.shown)
            return
        options: ChatOptions = {**talk.options, "content_granularity": "agent"}  # whole passages, for /sources 2
        conversation = Conversation(client, options, talk.conversation_id)
        _Terminal(conversation, server, talk, kept=files is None).run()


def _answer_lines(conversation: Conversation, shown: Shown) -> None:
    """Answers each line of stdin in turn; blank ones are none."""
    before = ""
    for line in sys.stdin:
        if line.strip():
            with PipeView(shown, before) as view:
                conversation.say(line.strip(), view)
            before = "\n"


class _Terminal:
    """A person who talks, and may stop, ask about and leave the conversation."""

    def __init__(self, conversation: Conversation, server: Asked, talk: Talk, *, kept: bool) -> None:
        from rich.console import Console  # a pipe does without

        from edgequake.cli.prompt import Prompt, history_file
        from edgequake.display.faces import is_plain

        self._conversation = conversation
        self._shown = talk.shown
        self._server = server
        self._kept = kept
        """Whether the server still knows the conversation afterwards."""
        self._console = Console(highlight=False)
        colored = not is_plain(self._console) and not self._console.no_color
        self._prompt = Prompt(colored=colored, history=history_file() if talk.history else None)
        self._interrupts = 0
        self._commands: dict[str, Callable[[], None]] = {
            "/sources": self._show_sources,
            "/new": self._begin_anew,
            "/help": lambda: self._note(_HELP),
        }

    def run(self) -> None:
        """Talks until the person leaves; leaving with Ctrl-C raises KeyboardInterrupt."""
        self._note(f"{one_line(self._server.about)}\n/help says what can be typed; Ctrl-D leaves")
        while (message := self._next()) is not None:
            if message.lower() in _LEAVE:
                break
            try:
                if command := _COMMAND.fullmatch(message):
                    self._obey(command[1], command[2])
                else:
                    self._talk(message)
            except (EdgeQuakeError, CommandError) as error:
                say(str(error))
            sys.stdout.write("\n")
        if self._kept and self._conversation.id is not None:
            self._note(f"to go on: edgequake chat --conversation {one_line(self._conversation.id)}")

    def _next(self) -> str | None:
        """The next message that is not blank; None at the end of the input."""
        while True:
            try:
                message = self._prompt.read().strip()
            except EOFError:
                sys.stdout.write("\n")
                return None
            except KeyboardInterrupt:
                self._interrupted()
                continue
            self._interrupts = 0
            if message:
                return message

    def _interrupted(self) -> None:
        sys.stdout.write("\n")
        if self._prompt.begun:  # what was typed is dropped, as a shell does
            self._interrupts = 0
            return
        self._interrupts += 1
        if self._interrupts > 1:
            raise KeyboardInterrupt
        self._note("Ctrl-C again leaves, as Ctrl-D and quit do")

    def _talk(self, message: str) -> None:
        from edgequake.cli.terminal import TurnView

        conversation = self._conversation
        title = conversation.title
        sys.stdout.write("\n")
        try:
            with TurnView(self._shown) as view:
                conversation.say(message, view)
        except KeyboardInterrupt:
            if not conversation.answered:
                self._note("stopped")
        finally:
            if conversation.title is not None and conversation.title != title:
                self._note(f"title: {one_line(conversation.title)}")

    def _obey(self, command: str, number: str | None) -> None:
        if number is not None and command == "/sources":
            self._show_passage(int(number))
            return
        obey = self._commands.get(command)
        if obey is None:
            raise CommandError(f"no such command: {command}; /help lists them")
        obey()

    def _show_passage(self, wanted: int) -> None:
        from rich.padding import Padding
        from rich.text import Text

        sources = self._conversation.sources or []
        found = [source for number, source in numbered(sources) if number == wanted]
        if not found:
            raise CommandError(f"the last answer has no source [{wanted}]; /sources lists them")
        for source in found:
            self._console.print(Text(f"  [{wanted}] {one_line(place_of(source))}", style="bold"))
            text = printable((source.snippet or "").strip()) or "(the server sent no text of it)"
            self._console.print(Padding(Text(text), (0, 0, 0, 2)))

    def _show_sources(self) -> None:
        from edgequake.display.sources import sources_table

        sources = self._conversation.sources
        if sources:
            self._console.print(sources_table(sources, whole=True))
        else:
            self._note("no answer yet" if sources is None else "the last answer named no sources")

    def _begin_anew(self) -> None:
        self._conversation.begin_anew()
        self._note("a new conversation")

    def _note(self, words: str) -> None:
        from rich.text import Text

        for line in words.splitlines():
            self._console.print(Text(f"  {line}", style="dim"), soft_wrap=True)
