"""The base of the values that a state is made of: quick to copy with a change, and readable as JSON."""

from __future__ import annotations

from typing import Any, get_args, get_origin, get_type_hints

from immutables import Map
from msgspec import NODEFAULT, Struct
from msgspec.structs import asdict, fields
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


class Record(Struct, frozen=True):
    """A frozen value; as JSON an object that leaves out what is as by default."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """How pydantic reads and writes it, so that it may stand within and around pydantic's own values."""
        hints = get_type_hints(cls)
        defaults = {field.name: field.default for field in fields(cls)}
        inner = core_schema.typed_dict_schema(
            {
                name: core_schema.typed_dict_field(_schema(hints[name], handler), required=default is NODEFAULT)
                for name, default in defaults.items()
            }
        )

        def plain(value: Record, serialize: core_schema.SerializerFunctionWrapHandler) -> Any:
            found = asdict(value)
            return serialize({name: item for name, item in found.items() if item != defaults[name]})

        read = core_schema.no_info_after_validator_function(lambda found: cls(**found), inner)
        return core_schema.json_or_python_schema(
            json_schema=read,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), read]),
            serialization=core_schema.wrap_serializer_function_ser_schema(plain, schema=inner),
        )


def _schema(hint: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
    """The schema of a field; a map is a list of its pairs."""
    if get_origin(hint) is not Map:
        return handler.generate_schema(hint)
    key, value = get_args(hint)
    pairs = handler.generate_schema(list[tuple[key, value]])  # type: ignore[valid-type]
    return core_schema.no_info_after_validator_function(
        Map,
        pairs,
        serialization=core_schema.wrap_serializer_function_ser_schema(
            lambda found, serialize: serialize(list(found.items())), schema=pairs
        ),
    )
