"""Models and all that holds them are written as JSON, with every version of pydantic."""

from __future__ import annotations

import json as stdlib_json

import pytest
from pydantic_core import PydanticSerializationError, to_json

from edgequake._core import json
from edgequake.models import Source

SOURCE = Source(id="m-1", score=0.5)


def test_a_model_that_pydantic_has_not_built_yet_is_written_too(monkeypatch):
    def of_an_older_pydantic(value, **options):
        if isinstance(value["sources"][0], Source):
            raise PydanticSerializationError("'MockValSer' object cannot be converted to 'SchemaSerializer'")
        return to_json(value, **options)

    monkeypatch.setattr(json, "to_json", of_an_older_pydantic)
    written = json.json_bytes({"sources": [SOURCE], "pair": (1, {"a": None})}, inf_nan_mode="null")
    assert stdlib_json.loads(written) == {"sources": [SOURCE.model_dump(mode="json")], "pair": [1, {"a": None}]}


def test_what_has_no_json_is_a_value_error():
    with pytest.raises(ValueError, match="object"):
        json.json_bytes({"a": object()})
