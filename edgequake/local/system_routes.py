"""The routes that tell of the server itself: models, settings and costs, all as they are here."""

from time import monotonic
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edgequake.local.bodies import EstimateBody
from edgequake.local.engine import Engine
from edgequake.local.requests import RequestError, body_of
from edgequake.local.schema import now
from edgequake.local.scope import Scope

_BUDGET = {"monthly_budget_usd": 0.0, "spent_usd": 0.0, "remaining_usd": 0.0, "alert_threshold": 100.0}
_MODEL_COST = {"input_per_1k": 0.0, "output_per_1k": 0.0, "embedding_per_1k": 0.0, "image_per_unit": 0.0}


class SystemRoutes:
    """`/api/v1/models`, `/settings`, `/config`, `/costs` and `/pipeline/costs`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._records = engine.store.records
        self._began = monotonic()

    def routes(self) -> list[Route]:
        """Where they are."""
        root = "/api/v1"
        return [
            Route(f"{root}/pipeline/costs/pricing", self.pricing),
            Route(f"{root}/pipeline/costs/estimate", self.estimate, methods=["POST"]),
            Route(f"{root}/models", self.models),
            Route(f"{root}/models/llm", self.llms),
            Route(f"{root}/models/embedding", self.embedders),
            Route(f"{root}/models/health", self.health),
            Route(f"{root}/models/{{provider}}", self.provider),
            Route(f"{root}/models/{{provider}}/{{model:path}}", self.model),
            Route(f"{root}/settings/provider/status", self.status),
            Route(f"{root}/settings/providers", self.providers),
            Route(f"{root}/config/effective", self.effective),
            Route(f"{root}/costs/summary", self.costs),
            Route(f"{root}/costs/history", self.history),
            Route(f"{root}/costs/budget", self.budget),
        ]

    def pricing(self, request: Request) -> Response:
        """What answers here costs nothing by itself; what a language model behind it costs is not known."""
        return JSONResponse(
            {"models": [{"model": self._engine.model, **_free("input_cost_per_1k", "output_cost_per_1k")}]}
        )

    async def estimate(self, request: Request) -> Response:
        """Nothing, for the model that is here."""
        body = await body_of(EstimateBody, request)
        if body.model != self._engine.model:
            raise RequestError(400, "BAD_REQUEST", f"Bad request: there is no model {body.model}")
        return JSONResponse({**body.model_dump(), "estimated_cost_usd": 0.0, "formatted_cost": "$0.000000"})

    def models(self, request: Request) -> Response:
        """The models that answer and embed here."""
        engine, embedder = self._engine, self._engine.embedder
        return JSONResponse(
            {
                "providers": self._providers(),
                "default_llm_provider": engine.provider,
                "default_llm_model": engine.model,
                "default_embedding_provider": embedder.provider if embedder else "",
                "default_embedding_model": embedder.model if embedder else "",
            }
        )

    def llms(self, request: Request) -> Response:
        """The model that answers."""
        engine = self._engine
        listed = [{**_model(engine.model, "llm"), **_of(engine.provider)}]
        return JSONResponse({"models": listed, "default_provider": engine.provider, "default_model": engine.model})

    def embedders(self, request: Request) -> Response:
        """The model that embeds, if one does."""
        embedder = self._engine.embedder
        told = {"default_provider": embedder.provider, "default_model": embedder.model} if embedder else None
        listed = [{**_model(embedder.model, "embedding"), **_of(embedder.provider), "dimension": 0}] if embedder else []
        return JSONResponse({"models": listed, **(told or {"default_provider": "", "default_model": ""})})

    def health(self, request: Request) -> Response:
        """The same as `models`, without the defaults."""
        return JSONResponse(self._providers())

    def provider(self, request: Request) -> Response:
        """One provider."""
        wanted = request.path_params["provider"]
        for provider in self._providers():
            if provider["name"] == wanted:
                return JSONResponse(provider)
        raise RequestError(404, "NOT_FOUND", f"Not found: provider {wanted}")

    def model(self, request: Request) -> Response:
        """One model."""
        provider, wanted = request.path_params["provider"], request.path_params["model"]
        for known in self._providers():
            for model in known["models"]:
                if (known["name"], model["name"]) == (provider, wanted):
                    return JSONResponse(model)
        raise RequestError(404, "NOT_FOUND", f"Not found: model {provider}/{wanted}")

    def status(self, request: Request) -> Response:
        """What answers, embeds and stores here."""
        engine, embedder = self._engine, self._engine.embedder
        told = {"name": engine.provider, "type": "llm", "status": "connected", "model": engine.model, "config": {}}
        none = {"name": "none", "type": "embedding", "status": "disconnected", "model": "", "dimension": 0}
        some = {"name": embedder.provider, "status": "connected", "model": embedder.model} if embedder else {}
        storage = "memory" if engine.store.in_memory else "sqlite"
        return JSONResponse(
            {
                "provider": told,
                "embedding": {**none, **some},
                "storage": {"type": storage, "dimension": 0, "dimension_mismatch": False, "namespace": "default"},
                "metadata": {"checked_at": now(), "uptime_seconds": round(monotonic() - self._began)},
            }
        )

    def providers(self, request: Request) -> Response:
        """The providers that can be chosen: the one that is."""
        engine, embedder = self._engine, self._engine.embedder
        models = {"chat_model": engine.model, "embedding_model": embedder.model if embedder else ""}
        one = {"available": True, "config_requirements": [], "default_models": {**models, "embedding_dimension": 0}}
        listed = [
            {
                "id": engine.provider,
                "name": engine.provider,
                "description": engine.title,
                **one,
            }
        ]
        embedding = [{"id": embedder.provider, "name": embedder.provider, "description": "", **one}] if embedder else []
        active = {
            "active_llm_provider": engine.provider,
            "active_embedding_provider": embedder.provider if embedder else "",
        }
        return JSONResponse({"llm_providers": listed, "embedding_providers": embedding, **active})

    def effective(self, request: Request) -> Response:
        """Which models count, and that the command line decides."""
        engine, embedder = self._engine, self._engine.embedder
        answers, embeds = (engine.provider, engine.model), ("", "")
        if embedder is not None:
            embeds = (embedder.provider, embedder.model)
        areas = {"llm": _area(*answers), "embedding": _area(*embeds), "vision": _area("", "")}
        return JSONResponse({**areas, "priority_rule": "what the server was started with"})

    def costs(self, request: Request) -> Response:
        """Nothing is counted here: zeros."""
        workspace = self._engine.workspace(request)
        count = (self._records.page(workspace, Scope())).total
        told = {"workspace_id": workspace, "total_cost": 0.0, "total_tokens": 0, "document_count": count}
        return JSONResponse({**told, "average_cost_per_document": 0.0, "by_operation": []})

    def history(self, request: Request) -> Response:
        """Nothing is counted here."""
        return JSONResponse([])

    def budget(self, request: Request) -> Response:
        """There is no budget here."""
        return JSONResponse({**_BUDGET, "is_over_budget": False})

    def _providers(self) -> list[dict[str, Any]]:
        engine, embedder = self._engine, self._engine.embedder
        of: dict[str, list[dict[str, Any]]] = {engine.provider: [_model(engine.model, "llm")]}
        if embedder is not None:
            of.setdefault(embedder.provider, []).append(_model(embedder.model, "embedding"))
        return [
            {
                "name": name,
                "display_name": name,
                "provider_type": "local" if engine.llm is None else "openai-compatible",
                "description": "",
                "enabled": True,
                "priority": number,
                "models": models,
            }
            for number, (name, models) in enumerate(of.items())
        ]


def _model(name: str, kind: str) -> dict[str, Any]:
    abilities = ("supports_vision", "supports_function_calling", "supports_json_mode")
    return {
        "name": name,
        "display_name": name,
        "model_type": kind,
        "description": "",
        "deprecated": False,
        "capabilities": {
            **dict.fromkeys(("context_length", "max_output_tokens", "embedding_dimension"), 0),
            **dict.fromkeys(abilities, False),
            "supports_streaming": kind == "llm",
            "supports_system_message": kind == "llm",
        },
        "cost": _MODEL_COST,
    }


def _of(provider: str) -> dict[str, str]:
    return {"provider": provider, "provider_display_name": provider}


def _area(provider: str, model: str) -> dict[str, Any]:
    level = {"level": "command_line", "label": "Command line", "active": True, "provider": provider, "model": model}
    return {"effective_provider": provider, "effective_model": model, "has_mismatch": False, "levels": [level]}


def _free(*names: str) -> dict[str, float]:
    return dict.fromkeys(names, 0.0)
