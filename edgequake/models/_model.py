"""What every model of this package has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, PrivateAttr, ValidationError, model_validator

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Answer", "Model", "Raw", "SecretAnswer", "explain"]

_SECRETS = frozenset(
    (
        "access_token",
        "api_key",
        "client_secret",
        "id_token",
        "password",
        "refresh_token",
        "secret",
        "secret_key",
        "token",
    )
)


class Model(BaseModel):
    """Typed fields that can also be read by key: ``answer.sources`` and ``answer["sources"]``.

    Fields that this version does not know are kept, and can be read the same two ways.
    """

    model_config = ConfigDict(
        extra="allow", populate_by_name=True, defer_build=True, protected_namespaces=(), coerce_numbers_to_str=True
    )

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
        fields = self._by_name()
        return fields[key] if key in fields else fields[self._python_name(key)]

    def __contains__(self, key: object) -> bool:
        return key in self._by_name() or self._python_name(key) is not None

    def get(self, key: str, default: Any = None) -> Any:
        """The field of that name, or ``default``."""
        try:
            return self[key]
        except KeyError:
            return default

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        for name, value in super().__repr_args__():
            yield name, _shown(name, value)

    def _by_name(self) -> dict[str, Any]:
        return {**self.__dict__, **(self.__pydantic_extra__ or {})}

    def _python_name(self, key: object) -> Any:
        """The name here of a field that the server calls ``key``, where Python does not allow that name."""
        return next((name for name, field in type(self).model_fields.items() if field.alias == key), None)


class Answer(Model):
    """The answer to a request."""

    _request_id: str | None = PrivateAttr(default=None)  # in no part of it: making this takes longer than the part

    @property
    def request_id(self) -> str | None:
        """The server's id of the request that brought this answer (its ``x-request-id`` header)."""
        return self._request_id


class Raw(Answer):
    """An answer as the server sent it. Read its fields by key or by attribute."""


class SecretAnswer(Answer):
    """An answer with a key or a token. It is never shown in a repr, an error or a log, and it cannot be pickled."""

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(f"a {type(self).__name__} holds a secret and cannot be pickled: keep what you need of it")


def _shown(name: str | None, value: Any) -> Any:
    """``value`` in a repr, without the secrets in it."""
    if name in _SECRETS and value is not None:
        return "[secret]"
    if isinstance(value, dict):
        return {key: _shown(key, one) for key, one in value.items()}
    return [_shown(None, one) for one in value] if isinstance(value, list) else value


def explain(error: ValidationError) -> str:
    """What is wrong, in one line, by field: ``sources.0.score: Input should be a valid number``.

    The values themselves are left out: they may be long, or secret.
    """
    problems = [
        f"{'.'.join(str(part) for part in problem['loc']) or 'the value'}: {problem['msg']}"
        for problem in error.errors(include_url=False, include_context=False, include_input=False)[:5]
    ]
    return "; ".join(problems)
