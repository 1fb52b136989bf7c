"""What every model of this package has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, PrivateAttr, ValidationError, model_validator

if TYPE_CHECKING:
    from collections.abc import ItemsView, KeysView, ValuesView

__all__ = ["Answer", "Model", "explain"]


class Model(BaseModel):
    """Typed fields that can also be read by key: ``answer.sources`` and ``answer["sources"]``.

    Fields that this version does not know are kept, and can be read the same two ways.
    """

    model_config = ConfigDict(extra="allow", defer_build=True, protected_namespaces=(), coerce_numbers_to_str=True)

    @model_validator(mode="before")
    @classmethod
    def _null_means_absent(cls, value: Any) -> Any:
        if not isinstance(value, dict) or None not in value.values():
            return value
        fields = cls.model_fields
        return {
            name: item
            for name, item in value.items()
            if item is not None or name not in fields or fields[name].default is None or fields[name].is_required()
        }

    def __getitem__(self, key: str) -> Any:
        return self._by_name()[key]

    def __contains__(self, key: object) -> bool:
        return key in self._by_name()

    def get(self, key: str, default: Any = None) -> Any:
        """The field of that name, or ``default``."""
        return self._by_name().get(key, default)

    def keys(self) -> KeysView[str]:
        """The names of all fields, those unknown to this version included."""
        return self._by_name().keys()

    def values(self) -> ValuesView[Any]:
        """The values of all fields."""
        return self._by_name().values()

    def items(self) -> ItemsView[str, Any]:
        """Name and value of all fields."""
        return self._by_name().items()

    def _by_name(self) -> dict[str, Any]:
        return {**self.__dict__, **(self.__pydantic_extra__ or {})}


class Answer(Model):
    """What a request brings: a model that knows which request that was."""

    _request_id: str | None = PrivateAttr(default=None)  # in no part of it: making this takes longer than the part

    @property
    def request_id(self) -> str | None:
        """The server's id of the request that brought this answer (its ``x-request-id`` header)."""
        return self._request_id


def explain(error: ValidationError) -> str:
    """What is wrong, in one line, by field: ``sources.0.score: Input should be a valid number``.

    The values themselves are left out: they may be long, or secret.
    """
    problems = [
        f"{'.'.join(str(part) for part in problem['loc']) or 'the value'}: {problem['msg']}"
        for problem in error.errors(include_url=False, include_context=False, include_input=False)[:5]
    ]
    return "; ".join(problems)
