"""The language model that answers from the user's own files, where one is named."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import typer

from edgequake.cli.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgequake.local.embeddings import OpenAICompatibleEmbedder
    from edgequake.rag import OpenAICompatibleLLM

__all__ = ["LanguageModel", "local_model", "named_embedder", "named_model"]

_PATIENCE = 120.0  # seconds: a model may have to be loaded first
_RETRIES = 2
_OPTIONS = {"base_url": "--llm", "model": "--model", "api_key": "--llm-api-key"}


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """A model behind an address that speaks OpenAI's API."""

    url: str
    name: str
    api_key: str | None = field(default=None, repr=False)

    @property
    def host(self) -> str:
        """Where it runs: host and port."""
        return urlsplit(self.url).netloc

    def embedder(self) -> OpenAICompatibleEmbedder:
        """The model, to find passages with. Raises CommandError for a setting that cannot work."""
        from edgequake import ConfigurationError  # slow to import, as the next
        from edgequake.local.embeddings import OpenAICompatibleEmbedder

        try:
            return OpenAICompatibleEmbedder(self.url, self.name, self.api_key)
        except ConfigurationError as error:
            raise CommandError(f"--embed {str(error).partition(' ')[2]}") from error

    def llm(self, timeout: float | None = None, max_retries: int | None = None) -> OpenAICompatibleLLM:
        """The model, to be given to a local server; ``timeout`` is in seconds, for each wait; None is for the default.

        Raises CommandError for a setting that cannot work.
        """
        from edgequake import ConfigurationError  # slow to import, as the next
        from edgequake.rag import OpenAICompatibleLLM

        try:
            return OpenAICompatibleLLM(
                self.url,
                self.name,
                self.api_key,
                timeout=_PATIENCE if timeout is None else timeout,
                max_retries=_RETRIES if max_retries is None else max_retries,
            )
        except ConfigurationError as error:
            what, _, problem = str(error).partition(" ")
            raise CommandError(f"{_OPTIONS.get(what, what)} {problem}") from error


def named_model(
    url: str | None, name: str | None, api_key: str | None, env: Mapping[str, str] = os.environ
) -> LanguageModel | None:
    """The model of ``--llm``, ``--model`` and ``--llm-api-key``, else of the environment; None when neither names one.

    Raises BadParameter for one without the other.
    """
    key_given = api_key
    url = url if url is not None else env.get("EDGEQUAKE_LLM_URL")
    name = name if name is not None else env.get("EDGEQUAKE_LLM_MODEL")
    api_key = api_key if api_key is not None else env.get("EDGEQUAKE_LLM_API_KEY")
    if url and not name:
        raise typer.BadParameter("--llm needs --model NAME (or EDGEQUAKE_LLM_MODEL): which of its models answers")
    if name and not url:
        raise typer.BadParameter("--model needs --llm URL (or EDGEQUAKE_LLM_URL): where the model is")
    if not url or not name:
        if key_given:
            raise typer.BadParameter("--llm-api-key needs --llm URL and --model NAME")
        return None
    return LanguageModel(url, name, api_key or None)


def named_embedder(url: str | None, name: str | None, env: Mapping[str, str] = os.environ) -> LanguageModel | None:
    """The embedding model of ``--embed`` and ``--embed-model``, else of the environment; None when neither names one.

    Raises BadParameter for one without the other.
    """
    url = url if url is not None else env.get("EDGEQUAKE_EMBED_URL")
    name = name if name is not None else env.get("EDGEQUAKE_EMBED_MODEL")
    if not url and not name:
        return None
    if not url or not name:
        raise typer.BadParameter("--embed URL and --embed-model NAME go together: where the model is, and which one")
    return LanguageModel(url, name, env.get("EDGEQUAKE_EMBED_API_KEY") or None)


def local_model(
    url: str | None, name: str | None, api_key: str | None, *, local: bool, provider: str | None
) -> LanguageModel | None:
    """The model that answers from the files of ``--local``; None without ``--local``, where the server has its own.

    Raises BadParameter for options that do not go together.
    """
    if not local:
        if url is not None or api_key is not None:
            option = "--llm" if url is not None else "--llm-api-key"
            raise typer.BadParameter(f"{option} goes with --local; a server's model is --provider and --model")
        return None
    if provider is not None:
        raise typer.BadParameter("--provider is for a server; with --local give --llm URL and --model NAME")
    return named_model(url, name, api_key)
