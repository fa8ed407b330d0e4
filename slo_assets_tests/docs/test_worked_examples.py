"""The sums that the guide to the numbers shows, computed again."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping

import pytest

from slo_assets_tests.docs.markdown import documents

GUIDE = "docs/SLO_SLI_SLA_GUIDE.md"
OPERATIONS: Mapping[type[ast.AST], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
SIGNS = str.maketrans({"×": "*", "−": "-"})


def sums() -> list[str]:
    """The lines of the guide's ``text`` blocks, each a calculation and its result."""
    return [line for block in documents()[GUIDE].of_language("text") for line in block.text.splitlines()]


def value(node: ast.AST) -> float:
    """What an expression of numbers comes to."""
    match node:
        case ast.Expression(body=body):
            return value(body)
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -value(operand)
        case ast.BinOp(left=left, op=how, right=right):
            return OPERATIONS[type(how)](value(left), value(right))
    raise ValueError(ast.dump(node))


@pytest.mark.parametrize("line", sums())
def test_a_sum_comes_to_what_the_guide_says(line: str) -> None:
    calculation, result = line.translate(SIGNS).split(" = ")
    digits = len(result.partition(".")[2])

    found = value(ast.parse(calculation, mode="eval"))

    assert abs(found - float(result)) <= 0.5 * 10**-digits + 1e-9, f"it is {found}"
