"""Tools that refuse what they do not know, instead of dropping it silently."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from mcp.server.mcpserver.context import Context
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase
from mcp_types import ToolAnnotations
from pydantic import ConfigDict, ValidationError, create_model

from nerret_tools.showing import shorten

_READING = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)


class _Strict(ArgModelBase):
    model_config = ConfigDict(extra="forbid")


class StrictTool(Tool):
    """A tool whose schema has ``additionalProperties: false`` and whose errors name the argument."""

    @classmethod
    def reading(
        cls,
        function: Callable[..., Any],
        title: str,
        description: str,
        annotations: ToolAnnotations = _READING,
    ) -> Self:
        """Make the tool of a function, which has its name and returns ``Annotated[CallToolResult, Model]``."""
        tool = cls.from_function(function, title=title, description=description, annotations=annotations)
        loose = tool.fn_metadata.arg_model
        strict = create_model(loose.__name__, __base__=(loose, _Strict))
        tool.fn_metadata.arg_model = strict
        tool.parameters = strict.model_json_schema(by_alias=True)
        return cls(**{field: getattr(tool, field) for field in cls.model_fields})

    async def run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False) -> Any:
        """Run the tool; arguments that do not fit are named, with what would."""
        said = {name: value for name, value in arguments.items() if self._says_anything(name, value)}
        arguments = {name: _plain(value, self._schema(name)) for name, value in said.items()}
        try:
            self.fn_metadata.validate_arguments(arguments)
        except ValidationError as error:
            raise ToolError("; ".join(self._explain(dict(one)) for one in error.errors())) from error
        try:
            return await super().run(arguments, context, convert_result)
        except UnexpectedToolError:
            raise
        except ToolError as error:
            if isinstance(error.__cause__, ToolError):
                raise ToolError(str(error.__cause__)) from error  # without the SDK's "Error executing tool"
            raise

    def _schema(self, name: str) -> dict[str, Any]:
        schema: dict[str, Any] = self.parameters["properties"].get(name, {})
        return schema

    def _says_anything(self, name: str, value: Any) -> bool:
        """Whether an argument says anything: null and an empty text for one that may be left out leave it out."""
        return "default" not in self._schema(name) or (value is not None and value != "")

    def _explain(self, problem: dict[str, Any]) -> str:
        name = shorten(".".join(str(part) for part in problem["loc"]), 100)
        known = ", ".join(self.parameters["properties"])
        if problem["type"] == "extra_forbidden":
            return f"unknown argument {name!r}; {self.name} takes: {known or 'no arguments'}"
        if problem["type"] == "missing":
            return f"argument {name!r} is missing; {self.name} takes: {known}"
        return f"argument {name!r}: {problem['msg']}"


def _plain(value: Any, schema: dict[str, Any]) -> Any:
    """A number where only a text fits is that text: ids are often numbers."""
    kinds = {one.get("type") for one in schema.get("anyOf", [schema])}
    if "string" in kinds and not kinds & {"number", "integer"} and type(value) in (int, float):
        return str(value)
    return value
