"""Works statements out by hand: from what their lines say, by no code that wrote them."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

NUMBER = re.compile(r"\d+(?:\.\d+)?")


def worked_out(left: str) -> Fraction:
    """Compute the left side of a line exactly."""
    python = NUMBER.sub(lambda found: f"Fraction('{found[0]}')", left)
    python = python.replace("×", "*").replace("−", "-")
    names = {"__builtins__": {}, "Fraction": Fraction, "min": min, "max": max}
    return Fraction(eval(python, names))  # noqa: S307 - text that the line wrote


def rounded(exact: Fraction, digits: int) -> Fraction:
    """Round half up, away from zero."""
    scaled = abs(exact) * 10**digits + Fraction(1, 2)
    whole = scaled.numerator // scaled.denominator
    return Fraction(-whole if exact < 0 else whole, 10**digits)


def is_right(arithmetic: str, amount: Decimal | None) -> bool:
    """Whether a line's left side, worked out, is its right side, and that its amount."""
    left, _, right = arithmetic.rpartition(" = ")
    digits = len(right.partition(".")[2])
    return rounded(worked_out(left), digits) == Fraction(right) and (
        amount is None or Fraction(right) == Fraction(amount)
    )
