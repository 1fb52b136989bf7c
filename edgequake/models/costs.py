"""What models cost, and have cost; in US dollars."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from edgequake.models._model import Answer, Model
from edgequake.models.options import BodyOptions, RequestOptions

__all__ = [
    "Budget",
    "BudgetOptions",
    "CostEstimate",
    "CostHistoryOptions",
    "CostPoint",
    "CostSummary",
    "ModelPrice",
    "OperationCost",
    "Pricing",
]


class CostHistoryOptions(RequestOptions, total=False):
    """The options of ``costs.history``."""

    start_date: str | None
    """The first day, such as ``2026-09-01``."""
    end_date: str | None
    """The last day."""
    granularity: Literal["hour", "day", "week", "month"] | str | None
    """How long each period is."""


class BudgetOptions(BodyOptions, total=False):
    """The options of ``costs.update_budget``. Give only what you want to change."""

    monthly_budget_usd: float | None
    """The budget of a month, in US dollars."""
    alert_threshold: float | None
    """The server warns when this percentage of the budget has been spent."""


class ModelPrice(Model):
    """What a model costs."""

    model: str
    """The model."""
    input_cost_per_1k: float | None = None
    """US dollars for 1000 tokens that the model reads."""
    output_cost_per_1k: float | None = None
    """US dollars for 1000 tokens that the model writes."""


class Pricing(Answer):
    """The prices of the models."""

    models: list[ModelPrice] = Field(default_factory=list)
    """One entry for each model."""


class CostEstimate(Answer):
    """The estimated cost of a call."""

    model: str
    """The model."""
    input_tokens: int
    """Tokens that the model would read."""
    output_tokens: int
    """Tokens that the model would write."""
    estimated_cost_usd: float
    """The estimated cost, in US dollars."""
    formatted_cost: str | None = None
    """The estimated cost as a text to show to people."""


class OperationCost(Model):
    """What one kind of work has cost."""

    operation: str
    """The kind of work, such as ``extract``."""
    cost: float | None = None
    """What it has cost, in US dollars."""
    input_tokens: int | None = None
    """Tokens that were read."""
    output_tokens: int | None = None
    """Tokens that were written."""
    total_tokens: int | None = None
    """Tokens that were read and written."""
    call_count: int | None = None
    """How many times a model was called."""
    percentage: float | None = None
    """Its part of all costs, in percent."""


class Budget(Answer):
    """The budget of a month, and what has been spent, in US dollars."""

    monthly_budget_usd: float | None = None
    """The budget of a month, in US dollars."""
    spent_usd: float | None = None
    """What has been spent this month, in US dollars."""
    remaining_usd: float | None = None
    """What is left of the budget, in US dollars."""
    alert_threshold: float | None = None
    """The server warns when this percentage of the budget has been spent."""
    is_over_budget: bool | None = None
    """Whether more has been spent than the budget allows."""


class CostSummary(Answer):
    """What a workspace has cost, in US dollars."""

    workspace_id: str | None = None
    """The workspace."""
    total_cost: float | None = None
    """The whole cost, in US dollars."""
    document_count: int | None = None
    """Documents that were processed."""
    total_tokens: int | None = None
    """Tokens that were read and written."""
    average_cost_per_document: float | None = None
    """The average cost of a document, in US dollars."""
    by_operation: list[OperationCost] = Field(default_factory=list)
    """One entry for each kind of work."""
    period_start: str | None = None
    """The first day."""
    period_end: str | None = None
    """The last day."""
    budget: Budget | None = None
    """The month's budget."""


class CostPoint(Answer):
    """What one period has cost."""

    timestamp: str
    """When the period began, RFC 3339."""
    total_cost: float | None = None
    """What it has cost, in US dollars."""
    total_tokens: int | None = None
    """Tokens that were read and written."""
    document_count: int | None = None
    """Documents that were processed."""
