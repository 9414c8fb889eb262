"""JMESPath expressions of a mapping: compiled once, read from a partner's JSON many times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import BeforeValidator

from harvesters.values import as_list, clean_text, http_url, language_map
from iiif_dedup.errors import HarvestError, Reason
from iiif_dedup.types import LanguageMap

MAX_EXPRESSION = 2_000
"""Most characters of an expression."""


class Template:
    """A URL with one place for a value, which is escaped and so cannot leave it.

    Args:
        text: An absolute http or https URL with `{value}`, in which every mark of the value is
            escaped, or `{path}`, in which slashes stay, behind the host.

    Raises:
        ValueError: It is none; pydantic tells where.
    """

    def __init__(self, text: object) -> None:
        if not isinstance(text, str) or text.count("{value}") + text.count("{path}") != 1:
            raise ValueError("a template is a URL with {value} or {path} in it once")
        if http_url(text, "") is None or "{" in urlsplit(text).netloc:
            raise ValueError("a template is an absolute http or https URL with its own host")
        self._text = text

    def fill(self, value: str) -> str | None:
        """Return the URL for a value; None for a path that climbs with `..`."""
        if "{value}" in self._text:
            # "." and ".." have no marks to escape, and servers and clients resolve them.
            return None if value in {".", ".."} else self._with("{value}", quote(value, safe=""))
        if any(part in {".", ".."} for part in value.split("/")):
            return None
        return self._with("{path}", quote(value.lstrip("/"), safe="/"))

    def _with(self, place: str, escaped: str) -> str:
        return self._text.replace(place, escaped)


class Expression:
    """A JMESPath expression, with a template for its value or none.

    Args:
        text: The expression.
        template: Makes a URL of the value.

    Raises:
        ValueError: It is no expression; pydantic tells where.
    """

    def __init__(self, text: object, template: Template | None = None) -> None:
        if not isinstance(text, str) or not 0 < len(text) <= MAX_EXPRESSION:
            raise ValueError(f"an expression is a text of 1 to {MAX_EXPRESSION} characters")
        try:
            self._compiled = jmespath.compile(text)
        except JMESPathError as error:
            raise ValueError(f"no JMESPath expression: {error}") from None
        self._text = text
        self._template = template

    def read(self, node: object) -> Any:
        """Return what the expression finds in a node, None for nothing.

        Raises:
            HarvestError: MAPPING_FAILED when the expression does not fit what is there.
        """
        try:
            return self._compiled.search(node)
        except JMESPathError as error:
            raise HarvestError(
                Reason.MAPPING_FAILED,
                f"The expression {self._text!r} of the mapping cannot be applied: "
                f"{str(error)[:300]}. Correct it, or write it for values that may be missing.",
            ) from None

    def text(self, node: object) -> str:
        """Return the first text or number that the expression finds, "" for none."""
        texts = (clean_text(value) for value in as_list(self.read(node)))
        return next(filter(None, texts), "")

    def url(self, node: object, base: str) -> str | None:
        """Return the URL that is found, or made of what is found; None when it is none.

        Args:
            node: Where to look.
            base: What a relative one is resolved against.
        """
        text = self.text(node)
        if not text:
            return None
        return http_url(text if self._template is None else self._template.fill(text), base)


class Texts:
    """Expressions by language.

    Args:
        by_language: Language tag, "none" for what has none, to expression.
    """

    def __init__(self, by_language: Mapping[str, Expression]) -> None:
        self._by_language = by_language

    def parts(self, node: object) -> list[Any]:
        """Return what is found, as `values.language_map` takes it."""
        parts: list[Any] = []
        for tag, expression in self._by_language.items():
            value = expression.read(node)
            parts += as_list(value) if tag == "none" else [{tag: value}]
        return parts

    def read(self, node: object) -> LanguageMap:
        """Return the texts that are found."""
        return language_map(self.parts(node))


def _expression(value: object) -> Expression:
    if isinstance(value, Mapping):
        if set(value) != {"value", "template"}:
            raise ValueError("expected an expression, or an object with `value` and `template`")
        return Expression(value["value"], Template(value["template"]))
    return Expression(value)


def _texts(value: object) -> Texts:
    if isinstance(value, Mapping):
        return Texts({str(tag): Expression(text) for tag, text in value.items()})
    return Texts({"none": Expression(value)})


ExpressionField = Annotated[Expression, BeforeValidator(_expression)]
"""An expression, or `{"value": expression, "template": URL}`."""
TextsField = Annotated[Texts, BeforeValidator(_texts)]
"""An expression, or an object of expressions by language."""
TemplateField = Annotated[Template, BeforeValidator(Template)]
"""A URL with `{value}` or `{path}`."""
