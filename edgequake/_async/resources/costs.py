"""Costs: ``client.costs``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from edgequake._async.resources.resource import AsyncResource
from edgequake._core.needs import Needs
from edgequake.models.costs import (
    Budget,
    BudgetOptions,
    CostEstimate,
    CostHistoryOptions,
    CostPoint,
    CostSummary,
    Pricing,
)

if TYPE_CHECKING:
    from edgequake.models.options import BodyOptions, RequestOptions

__all__ = ["AsyncCosts"]

_SUMMARY = Needs("costs.summary", "TW", "answers with an empty result")


class AsyncCosts(AsyncResource):
    """Prices and costs of models, in US dollars: ``client.costs``.

    Every method raises the errors of :meth:`AsyncQuery.execute`.
    """

    async def pricing(self, **options: Unpack[RequestOptions]) -> Pricing:
        """The prices of the models (``GET /api/v1/pipeline/costs/pricing``)."""
        return await self._send("GET /api/v1/pipeline/costs/pricing", Pricing, options)

    async def estimate(
        self, model: str, *, input_tokens: int, output_tokens: int, **options: Unpack[BodyOptions]
    ) -> CostEstimate:
        """The price of a call that you plan (``POST /api/v1/pipeline/costs/estimate``).

        :param input_tokens: how many tokens the model would read.
        :param output_tokens: how many tokens the model would write.
        :raises BadRequestError: the server does not know the price of this model.
        """
        route = "POST /api/v1/pipeline/costs/estimate"
        return await self._send(
            route,
            CostEstimate,
            options,
            replayable=True,
            model=model,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
        )

    async def summary(self, **options: Unpack[RequestOptions]) -> CostSummary:
        """The workspace's costs so far (``GET /api/v1/costs/summary``). Needs ``tenant_id`` and ``workspace_id``."""
        return await self._send("GET /api/v1/costs/summary", CostSummary, options, needs=_SUMMARY)

    async def history(self, **options: Unpack[CostHistoryOptions]) -> list[CostPoint]:
        """The costs of each period (``GET /api/v1/costs/history``)."""
        return await self._send("GET /api/v1/costs/history", list[CostPoint], options, CostHistoryOptions)

    async def budget(self, **options: Unpack[RequestOptions]) -> Budget:
        """The month's budget and how much of it is spent (``GET /api/v1/costs/budget``)."""
        return await self._send("GET /api/v1/costs/budget", Budget, options)

    async def update_budget(self, **options: Unpack[BudgetOptions]) -> Budget:
        """Changes the month's budget (``PATCH /api/v1/costs/budget``). Fields that you do not give keep their values.

        The server needs the whole budget, so the SDK reads it first. This makes two requests.
        """
        request: RequestOptions = {}
        if "timeout" in options:
            request["timeout"] = options["timeout"]
        if "headers" in options:
            request["headers"] = options["headers"]
        now = await self.budget(**request)
        return await self._send(
            "PATCH /api/v1/costs/budget",
            Budget,
            options,
            BudgetOptions,
            replayable=True,
            monthly_budget_usd=now.monthly_budget_usd or 0.0,
            spent_usd=now.spent_usd or 0.0,
            remaining_usd=now.remaining_usd or 0.0,
            alert_threshold=now.alert_threshold or 0.0,
            is_over_budget=bool(now.is_over_budget),
        )
