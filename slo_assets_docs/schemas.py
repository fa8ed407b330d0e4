"""JSON Schemas as tables: one for each object, one row for each field."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from slo_assets_docs.markdown import code, page, prose, slug, summary, table

Node = Mapping[str, Any]

#: Bounds of numbers, texts and lists, and how they are written.
BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "below {}",
    "minItems": "{} or more items",
    "maxItems": "at most {} items",
    "maxLength": "at most {} characters",
}


@dataclass
class Reference:
    """The tables of one schema.

    Attributes:
        schema: the whole schema.
        defaults: whether fields have defaults rather than being required.
        places: where each definition with fields of its own is used, by its address.
        kinds: definitions without fields that are used, by their name.
    """

    schema: Node
    defaults: bool = False
    places: dict[str, list[str]] = field(default_factory=dict)
    kinds: dict[str, Node] = field(default_factory=dict)

    def sections(self) -> list[str]:
        """The table of the whole document, each followed by those of its parts, and what the kinds of values are."""
        list(self._section(self.schema, "", set()))  # to learn where everything is used
        return [*self._section(self.schema, "", set()), self._kinds()]

    def _section(self, part: Node, place: str, told: set[str]) -> Iterator[str]:
        rows = [
            (
                code(name),
                self._type(node, f"{place}.{name}".lstrip(".")),
                self._mark(node, required),
                self._meaning(node),
            )
            for name, node, required in self._fields(part, "")
        ]
        yield table(("field", "type", "default" if self.defaults else "required", "meaning"), rows)
        yield "\n".join(f"- {rule}" for prefix, node in _nested(part, "") for rule in _rules(node, prefix))
        for address in _addresses(part):
            definition, places = self._at(address), self.places.get(address, [])
            if places and address not in told:
                told.add(address)
                yield f"## {code(places[0])}"
                yield prose(definition.get("description"))
                yield f"Also {', '.join(map(code, places[1:]))}." if len(places) > 1 else ""
                yield from self._section(definition, places[0], told)

    def _kinds(self) -> str:
        rows = [(code(name), _described(kind), prose(kind.get("description"))) for name, kind in self.kinds.items()]
        return "## Kinds of values\n\n" + table(("kind", "in JSON", "meaning"), rows) if rows else ""

    def _fields(self, part: Node, prefix: str) -> Iterator[tuple[str, Node, bool]]:
        """Each field by its path, with those of objects that are written in place, and whether it is required."""
        for name, node in part.get("properties", {}).items():
            yield f"{prefix}{name}", node, name in part.get("required", ())
            for inner, suffix in _inner(node):
                yield from self._fields(inner, f"{prefix}{name}{suffix}.")

    def _mark(self, node: Node, required: bool) -> str:
        if required:
            return "required" if self.defaults else "yes"
        default = node.get("default")
        return "" if default is None or isinstance(default, dict) else code(_json(default))

    def _meaning(self, node: Node) -> str:
        """What a field says; of one that is an object of its own, what that is."""
        described = node if "description" in node or "$ref" not in node else self._at(node["$ref"])
        return summary(described.get("description"))

    def _type(self, node: Node, place: str) -> str:
        """The type in a table's cell; what has fields of its own is a link to its table."""
        if "$ref" in node:
            return self._referred(node["$ref"], place, "object")
        if "discriminator" in node:
            kinds = node["discriminator"]["mapping"].items()
            return " or ".join(self._referred(address, f"{place} ({kind})", kind) for kind, address in kinds)
        for key in ("anyOf", "oneOf"):
            if key in node:
                return " or ".join(dict.fromkeys(self._type(each, place) for each in node[key]))
        if "items" in node and isinstance(node["items"], dict):
            return f"list of {self._type(node['items'], f'{place}[]')}{_bounds(node)}"
        for inner in _values(node):
            return f"by key: {self._type(inner, f'{place}.*')}"
        return _described(node)

    def _referred(self, address: str, place: str, text: str) -> str:
        definition, name = self._at(address), address.rsplit("/", 1)[-1]
        if "properties" not in definition:
            self.kinds[name] = definition
            return f"[{name}](#kinds-of-values)"
        places = self.places.setdefault(address, [])
        if place not in places:
            places.append(place)
        return f"[{text}](#{slug(places[0])})"

    def _at(self, address: str) -> Node:
        node: Any = self.schema
        for step in address.removeprefix("#/").split("/"):
            node = node[step]
        return dict(node)


def _addresses(node: Any) -> Iterator[str]:
    """The definitions that a part refers to by itself."""
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for key, value in node.items():
            if key not in ("definitions", "$defs", "discriminator"):
                yield from _addresses(value)
    elif isinstance(node, list):
        for item in node:
            yield from _addresses(item)


def _values(node: Node) -> Iterator[Node]:
    """What stands under the keys of an object that has any keys."""
    more = [*node.get("patternProperties", {}).values(), node.get("additionalProperties")]
    yield from (value for value in more if isinstance(value, dict) and value)


def _inner(node: Node) -> Iterator[tuple[Node, str]]:
    """Objects that are written in place: the value itself, the items of a list, what stands under any key."""
    yield node, ""
    if isinstance(node.get("items"), dict):
        yield from ((inner, f"[]{suffix}") for inner, suffix in _inner(node["items"]))
    for value in _values(node):
        yield from ((inner, f".*{suffix}") for inner, suffix in _inner(value))


def _nested(part: Node, prefix: str) -> Iterator[tuple[str, Node]]:
    """An object and all that are written in it, each with what its fields' paths begin with."""
    yield prefix, part
    for name, node in part.get("properties", {}).items():
        for inner, suffix in _inner(node):
            if "properties" in inner:
                yield from _nested(inner, f"{prefix}{name}{suffix}.")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _described(node: Node) -> str:
    """A value's type and bounds, in words."""
    if "const" in node:
        return code(_json(node["const"]))
    if "enum" in node:
        return ", ".join(code(_json(each)) for each in node["enum"])
    kinds = node.get("type", "any")
    return " or ".join([kinds] if isinstance(kinds, str) else kinds) + _bounds(node)


def _bounds(node: Node) -> str:
    told = [words.format(node[key]) for key, words in BOUNDS.items() if key in node]
    return f" ({', '.join(told)})" if told else ""


def _rules(node: Node, prefix: str) -> Iterator[str]:
    """What holds of a field where another one has a certain value."""
    for rule in (node, *node.get("allOf", ())):
        if "if" in rule:
            when = " and ".join(_conditions(rule["if"], prefix))
            yield f"Where {when}, {' and '.join(_consequences(rule['then'], prefix))}."


def _conditions(rule: Node, prefix: str) -> Iterator[str]:
    for name, node in rule["properties"].items():
        wanted = _described({"type": "", **node}).strip(" ()")
        yield f"{code(prefix + name)} is {wanted}"


def _consequences(rule: Node, prefix: str) -> Iterator[str]:
    inner = rule.get("properties", {})
    for name in rule.get("required", ()):
        if name not in inner:
            yield f"{code(prefix + name)} is there"
    for name, node in inner.items():
        if "required" in node:
            yield from _consequences(node, f"{prefix}{name}.")
        else:
            yield f"{code(prefix + name)} is {_described(node)}"


def schema_page(name: str, schema: Node, *, title: str = "", defaults: bool = False) -> str:
    """The page of one schema.

    Args:
        name: its file name without ``.schema.json``.
        schema: the schema.
        title: in place of the schema's own.
        defaults: whether fields have defaults rather than being required.
    """
    file = f"schemas/{name}.schema.json"
    about = f"Schema: [`{file}`](../../{file}). `*` stands for any key, `[]` for each item of a list."
    sections = Reference(schema, defaults).sections()
    return page(title or schema["title"], file, prose(schema.get("description")), about, *sections)
