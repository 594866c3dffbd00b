"""The kinds of values that seeds have. Each says what it expects when a text is not of its kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from typing import Annotated, NoReturn

from babel.numbers import get_currency_precision, list_currencies
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

EVERY = "*"
SUBJECT_TYPES = ("employee", "team", "department", "site", "vendor", "company")
ROLES_ARE_FOR = "employee"


def _expected(text: str) -> NoReturn:
    # pydantic formats the text with braces: there are none in what is expected.
    raise PydanticCustomError("expected", "{expected}", {"expected": text})


def _parsed(
    expected: str, parse: Callable[[str], object], fits: Callable[[str], object]
) -> BeforeValidator:
    """Return a validator that parses a text which `fits`, or says what is expected."""

    def validate(value: object) -> object:
        # Values that are parsed already come from tests and other code.
        if value is not None and not isinstance(value, str):
            return value
        if value is None or not fits(value):
            _expected(expected)
        try:
            return parse(value)
        except (ValueError, ArithmeticError):
            _expected(expected)

    return BeforeValidator(validate)


def one_of(*words: str) -> BeforeValidator:
    """Return a validator for a word of a list."""
    *most, last = words
    text = f"{', '.join(most)} or {last}" if most else last
    return _parsed(text, str, lambda value: value in words)


def number_between(expected: str, low: str = "-1e12", high: str = "1e12") -> BeforeValidator:
    """Return a validator for a decimal number from `low` to `high`."""
    return _parsed(
        expected,
        Decimal,
        # Neither thousands separators nor NaN, which Decimal would take.
        lambda text: (
            re.fullmatch(r"-?\d{1,12}(\.\d{1,9})?", text)
            and Decimal(low) <= Decimal(text) <= Decimal(high)
        ),
    )


def _count(expected: str, least: int) -> BeforeValidator:
    return _parsed(
        expected, int, lambda text: re.fullmatch(r"\d{1,9}", text) and int(text) >= least
    )


Text = Annotated[str, _parsed("a text", str, bool)]
Code = Annotated[
    str,
    _parsed(
        "a code of small letters, digits and _, such as first_contact",
        str,
        lambda text: re.fullmatch(r"[a-z][a-z0-9_]*", text),
    ),
]
Day = Annotated[
    date,
    _parsed(
        "a day such as 2026-12-01",
        date.fromisoformat,
        lambda text: re.fullmatch(r"\d{4}-\d\d-\d\d", text),
    ),
]
Month = Annotated[
    str,
    _parsed("a month such as 2026-10", str, lambda text: re.fullmatch(r"\d{4}-(0\d|1[0-2])", text)),
]
Clock = Annotated[
    time,
    _parsed(
        "a time of day such as 09:00",
        time.fromisoformat,
        lambda text: re.fullmatch(r"\d\d:\d\d(:\d\d)?", text),
    ),
]
Flag = Annotated[
    bool,
    _parsed(
        "true or false",
        lambda text: text.lower() == "true",
        lambda text: text.lower() in {"true", "false"},
    ),
]
Number = Annotated[
    Decimal, number_between("a number such as 0.75, with a point and without separators")
]
Positive = Annotated[Decimal, number_between("a number above 0, such as 0.95", low="0.000000001")]
Share = Annotated[Decimal, number_between("a number from 0 to 1, such as 0.25", "0", "1")]
Cap = Annotated[Decimal, number_between("a number of at least 100, such as 120", "100")]
Count = Annotated[int, _count("a whole number from 0 on", 0)]
Natural = Annotated[int, _count("a whole number from 1 on", 1)]
Currency = Annotated[
    str,
    _parsed("an ISO 4217 currency such as EUR", str, frozenset(list_currencies()).__contains__),
]
SubjectType = Annotated[str, one_of(*SUBJECT_TYPES)]
AnySubjectType = Annotated[str, one_of(*SUBJECT_TYPES, EVERY)]
Perspective = Annotated[str, one_of("financial", "customer", "process", "people")]


def has_minor_unit(amount: Decimal, currency: str) -> bool:
    """Tell whether an amount is a whole number of the currency's smallest unit."""
    return amount == round(amount, get_currency_precision(currency))
