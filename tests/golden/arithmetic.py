"""Arithmetic as people write it, worked out exactly.

`0.6 × 80 + 0.4 × 110 = 48 + 44 = 92` is a claim: all its sides must be the same number, and the
last one is what it claims. Besides + − × ÷ / and brackets there are `min`, `max` and
`half_up(x, digits)`.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from fractions import Fraction
from math import floor

WRITTEN = str.maketrans({"×": "*", "÷": "/", "−": "-"})
OPERATORS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def half_up(number: Fraction, digits: Fraction = Fraction(0)) -> Fraction:
    """Round a number that is not negative; exactly half goes up."""
    scale = 10 ** int(digits)
    return Fraction(floor(number * scale + Fraction(1, 2)), scale)


FUNCTIONS: dict[str, Callable[..., Fraction]] = {"min": min, "max": max, "half_up": half_up}


def exact(text: str) -> Fraction:
    """Work out one side."""
    return _value(ast.parse(text.translate(WRITTEN).strip(), mode="eval").body, text)


def claim(text: object) -> Fraction:
    """Check that all sides of a claim are equal and return the number claimed."""
    sides = [exact(side) for side in str(text).split("=")]
    assert len(set(sides)) == 1, f"{text}: the sides are {', '.join(map(str, sides))}"
    return sides[-1]


def _value(node: ast.expr, text: str) -> Fraction:
    match node:
        case ast.Constant(value=int() | float()):
            # The digits as written: 0.1 is a tenth.
            return Fraction(ast.get_source_segment(text.translate(WRITTEN).strip(), node) or "")
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, text)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return OPERATORS[type(op)](_value(left, text), _value(right, text))
        case ast.Call(func=ast.Name(id=name), args=arguments) if name in FUNCTIONS:
            return FUNCTIONS[name](*(_value(argument, text) for argument in arguments))
    raise ValueError(f"{text}: {ast.unparse(node)} is no arithmetic that this module knows.")
