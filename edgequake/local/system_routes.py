"""The routes that tell of the server itself: models, settings and costs, all as they are here."""

from time import monotonic
from typing import Any

from starlette.responses import PlainTextResponse, Response

from edgequake._version import __version__
from edgequake.local.bodies import NonNegative
from edgequake.local.engine import Engine, ModelInUse
from edgequake.local.requests import RequestError, existing
from edgequake.local.routing import Asked, Routes, route
from edgequake.local.schema import now

_ABILITIES = ("vision", "function_calling", "json_mode")
_SIZES = ("context_length", "max_output_tokens", "embedding_dimension")
_COSTS = ("input_per_1k", "output_per_1k", "embedding_per_1k", "image_per_unit")


class SystemRoutes(Routes):
    """``/health``, ``/api/v1/models``, ``/settings``, ``/config``, ``/costs`` and ``/pipeline/costs``."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._began = monotonic()

    @route("GET /health")
    def health(self, asked: Asked) -> object:
        """What is here, and that it works."""
        return {
            "status": "healthy",
            "version": __version__,
            "storage_mode": self._storage,
            "workspace_id": "default",
            "components": {
                "kv_storage": True,
                "vector_storage": self.engine.embedder is not None,
                "graph_storage": True,
                "llm_provider": self.engine.llm is not None,
            },
            "llm_provider_name": self.engine.answers.provider,
            "capabilities": {"dev_mode": True},  # it takes any tenant and user
        }

    @route("GET /ready")
    def ready(self, asked: Asked) -> object:
        """That it takes requests."""
        return {"ready": True}

    @route("GET /live")
    def live(self, asked: Asked) -> Response:
        """That it runs."""
        return PlainTextResponse("OK")

    @route("GET /api/v1/pipeline/costs/pricing")
    def pricing(self, asked: Asked) -> object:
        """What answers here costs nothing by itself; what a language model behind it costs is not known."""
        return {"models": [{"model": self.engine.answers.model, "input_cost_per_1k": 0.0, "output_cost_per_1k": 0.0}]}

    @route("POST /api/v1/pipeline/costs/estimate")
    def estimate(self, asked: Asked, model: str, input_tokens: NonNegative, output_tokens: NonNegative) -> object:
        """Nothing, for the model that is here."""
        if model != self.engine.answers.model:
            raise RequestError(400, f"there is no model {model}")
        told = {"model": model, "input_tokens": input_tokens, "output_tokens": output_tokens}
        return {**told, "estimated_cost_usd": 0.0, "formatted_cost": "$0.000000"}

    @route("GET /api/v1/models")
    def models(self, asked: Asked) -> object:
        """The models that answer and embed here."""
        answers, embeds = self.engine.answers, self.engine.embeds
        return {
            "providers": self._providers(),
            "default_llm_provider": answers.provider,
            "default_llm_model": answers.model,
            "default_embedding_provider": embeds.provider,
            "default_embedding_model": embeds.model,
        }

    @route("GET /api/v1/models/llm")
    def llms(self, asked: Asked) -> object:
        """The model that answers."""
        return _listed(self.engine.answers)

    @route("GET /api/v1/models/embedding")
    def embedders(self, asked: Asked) -> object:
        """The model that embeds, if one does."""
        return _listed(self.engine.embeds, dimension=0)

    @route("GET /api/v1/models/health")
    def models_health(self, asked: Asked) -> object:
        """The same as ``models``, without the defaults."""
        return self._providers()

    @route("GET /api/v1/models/{provider}")
    def provider(self, asked: Asked) -> object:
        """One provider."""
        found = [provider for provider in self._providers() if provider["name"] == asked["provider"]]
        return existing(next(iter(found), None), "provider", asked["provider"])

    @route("GET /api/v1/models/{provider}/{model:path}")
    def model(self, asked: Asked) -> object:
        """One model."""
        wanted = f"{asked['provider']}/{asked['model']}"
        found = [_model(one) for one in self._in_use() if one.full_id == wanted]
        return existing(next(iter(found), None), "model", wanted)

    @route("GET /api/v1/settings/provider/status")
    def status(self, asked: Asked) -> object:
        """What answers, embeds and stores here."""
        return {
            "provider": {**_status(self.engine.answers), "config": {}},
            "embedding": {**_status(self.engine.embeds), "dimension": 0},
            "storage": {"type": self._storage, "dimension": 0, "dimension_mismatch": False, "namespace": "default"},
            "metadata": {"checked_at": now(), "uptime_seconds": round(monotonic() - self._began)},
        }

    @route("GET /api/v1/settings/providers")
    def providers(self, asked: Asked) -> object:
        """The providers that can be chosen: those that are."""
        answers, embeds = self.engine.answers, self.engine.embeds
        models = {"chat_model": answers.model, "embedding_model": embeds.model, "embedding_dimension": 0}
        same = {"available": True, "config_requirements": [], "default_models": models}
        told = [
            [{"id": one.provider, "name": one.provider, "description": words, **same}] if one.model else []
            for one, words in ((answers, self.engine.title), (embeds, ""))
        ]
        active = {"active_llm_provider": answers.provider, "active_embedding_provider": embeds.provider}
        return {"llm_providers": told[0], "embedding_providers": told[1], **active}

    @route("GET /api/v1/config/effective")
    def effective(self, asked: Asked) -> object:
        """Which models count, and that the command line decides."""
        used = {"llm": self.engine.answers, "embedding": self.engine.embeds, "vision": ModelInUse()}
        areas = {name: _area(one.provider, one.model) for name, one in used.items()}
        return {**areas, "priority_rule": "what the server was started with"}

    @route("GET /api/v1/costs/summary")
    def costs(self, asked: Asked) -> object:
        """Nothing is counted here: zeros."""
        told = {"workspace_id": asked.workspace, "total_cost": 0.0, "total_tokens": 0}
        count = len(self.store.records.ids(asked.workspace))
        return {**told, "document_count": count, "average_cost_per_document": 0.0, "by_operation": []}

    @route("GET /api/v1/costs/history")
    def history(self, asked: Asked) -> object:
        """Nothing is counted here."""
        return []

    @route("GET /api/v1/costs/budget")
    def budget(self, asked: Asked) -> object:
        """There is no budget here."""
        nothing = dict.fromkeys(("monthly_budget_usd", "spent_usd", "remaining_usd"), 0.0)
        return {**nothing, "alert_threshold": 100.0, "is_over_budget": False}

    @property
    def _storage(self) -> str:
        return "memory" if self.store.in_memory else "sqlite"

    def _in_use(self) -> list[ModelInUse]:
        return [one for one in (self.engine.answers, self.engine.embeds) if one.model]

    def _providers(self) -> list[dict[str, Any]]:
        used = self._in_use()
        return [
            {
                "name": name,
                "display_name": name,
                "provider_type": "local" if self.engine.llm is None else "openai-compatible",
                "description": "",
                "enabled": True,
                "priority": number,
                "models": [_model(one) for one in used if one.provider == name],
            }
            for number, name in enumerate(dict.fromkeys(one.provider for one in used))
        ]


def _model(one: ModelInUse) -> dict[str, Any]:
    return {
        "name": one.model,
        "display_name": one.model,
        "model_type": one.kind,
        "description": "",
        "deprecated": False,
        "capabilities": {
            **dict.fromkeys(_SIZES, 0),
            **{f"supports_{ability}": False for ability in _ABILITIES},
            **{f"supports_{ability}": one.kind == "llm" for ability in ("streaming", "system_message")},
        },
        "cost": dict.fromkeys(_COSTS, 0.0),
    }


def _status(one: ModelInUse) -> dict[str, Any]:
    status = "connected" if one.model else "disconnected"
    return {"name": one.provider or "none", "type": one.kind, "status": status, "model": one.model}


def _listed(one: ModelInUse, **more: object) -> dict[str, Any]:
    told = {**_model(one), "provider": one.provider, "provider_display_name": one.provider, **more}
    return {"models": [told] if one.model else [], "default_provider": one.provider, "default_model": one.model}


def _area(provider: str, model: str) -> dict[str, Any]:
    level = {"level": "command_line", "label": "Command line", "active": True, "provider": provider, "model": model}
    return {"effective_provider": provider, "effective_model": model, "has_mismatch": False, "levels": [level]}
