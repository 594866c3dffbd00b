"""The Jinja that datasets and rules are written in, and that anybody may put into a filter."""

from __future__ import annotations

from functools import partial
from typing import Any, NoReturn

from superset.errors import ErrorLevel, SupersetError, SupersetErrorType
from superset.exceptions import SupersetSecurityException
from superset.jinja_context import JinjaTemplateProcessor, safe_proxy


class TemplateProcessor(JinjaTemplateProcessor):
    """Superset's own, without the macros that paste in another dataset's text."""

    def set_context(self, **named: Any) -> None:  # noqa: ANN401 - as overridden
        """Offer what tells of the request, and nothing that reads other datasets."""
        super().set_context(**named)
        self._context |= dict.fromkeys(("dataset", "metric"), partial(safe_proxy, refuse))


def refuse(*_arguments: object, **_named: object) -> NoReturn:
    """Stand where a macro of Superset stood."""
    raise SupersetSecurityException(
        SupersetError(
            error_type=SupersetErrorType.DATASOURCE_SECURITY_ACCESS_ERROR,
            message="Other datasets cannot be pasted in here.",
            level=ErrorLevel.WARNING,
        )
    )
