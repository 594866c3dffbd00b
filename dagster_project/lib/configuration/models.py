"""One class for each file in `seeds/`: its columns, and what identifies a row.

A column with a default may be left out of the file, any other has to be in its header.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict

from dagster_project.lib.configuration import fields as f


class Row(BaseModel):
    """One line of a seed."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    file: ClassVar[str]
    # Columns that name what the row is about: of one key there is one row, on each day if dated.
    key: ClassVar[tuple[str, ...]]
    # Columns whose rows, taken together, may leave no day out between the first and the last.
    unbroken: ClassVar[tuple[str, ...]] = ()

    line: int = 0


class Dated(Row):
    """A row that counts on the days [valid_from, valid_to)."""

    valid_from: f.Day
    valid_to: f.Day | None
    retroactive_reason: f.Text | None = None

    @property
    def end(self) -> date:
        """The first day on which the row no longer counts."""
        return self.valid_to or date.max

    def covers(self, day: date) -> bool:
        """Tell whether the row counts on a day."""
        return self.valid_from <= day < self.end


class Site(Row):
    """A site."""

    file, key = "sites", ("site_id",)
    site_id: f.Text
    label_en: f.Text
    label_zh: f.Text
    time_zone: f.Text
    vendor: f.Text
    currency: f.Currency


class Queue(Row):
    """Settings of a queue."""

    file, key = "queues", ("site_id", "queue_id")
    site_id: f.Text
    queue_id: f.Text
    label_en: f.Text | None
    label_zh: f.Text | None
    reason: f.Text | None
    answer_threshold_seconds: f.Count
    short_abandon_seconds: f.Count
    service_level_variant: Annotated[
        str,
        f.one_of(
            *("all_within", "answered_base", "offered_base"),
            *("late_abandons", "short_as_met", "short_removed"),
        ),
    ]


class ExclusionRule(Row):
    """A rule by which contacts leave every KPI."""

    file, key = "exclusion_rules", ("reason", "site_id", "field", "pattern")
    reason: Annotated[str, f.one_of("internal", "test")]
    site_id: f.Text
    field: Annotated[str, f.one_of("queue_id", "agent_login", "caller_extension", "direction")]
    pattern: f.Text


class ZendeskTimeZone(Row):
    """What a time zone of Zendesk is called elsewhere."""

    file, key = "zendesk_time_zones", ("zendesk_name",)
    zendesk_name: f.Text
    time_zone: f.Text


class CalendarDay(Row):
    """A day on which a site works otherwise."""

    file, key = "calendars", ("site_id", "date")
    site_id: f.Text
    date: f.Day
    is_holiday: f.Flag
    opens_at: f.Clock | None
    closes_at: f.Clock | None


class Retention(Row):
    """How long the data of a feed are kept."""

    file, key = "retention", ("feed",)
    feed: f.Text
    days: f.Natural


class Kpi(Row):
    """A KPI and its two measures."""

    file, key = "kpis", ("kpi_code",)
    kpi_code: f.Code
    label_en: f.Text
    label_zh: f.Text
    perspective: f.Perspective
    numerator: f.Text
    denominator: f.Text | None
    unit: Annotated[
        str,
        f.one_of(
            *("ratio", "rate", "seconds", "count", "points", "net_score"),
            *("per_thousand", "per_hour"),
        ),
    ]
    shape: Annotated[str, f.one_of("higher", "lower", "band", "asymmetric")]
    date_basis: f.Text
    minimum_denominator: f.Positive
    owner: f.Text
    review_date: f.Day | None
    is_retired: f.Flag
    aggregation: Annotated[str, f.one_of("ratio", "sum", "p50", "p90", "reviews")] | None = None
    interval_method: Annotated[str, f.one_of("wilson", "none")] | None = None
    lowest_subject: Annotated[str, f.one_of("employee", "team", "site")] | None = None


class Target(Dated):
    """What a KPI is held against."""

    file = "kpi_targets"
    key = unbroken = ("kpi_code", "subject_type", "role", "site_id", "queue_id")
    kpi_code: f.Text
    subject_type: f.AnySubjectType
    role: f.Text
    site_id: f.Text
    queue_id: f.Text
    low_floor: f.Number | None
    low_target: f.Number | None
    floor: f.Number
    target: f.Number
    stretch: f.Number | None
    cap: f.Cap | None


class Weight(Dated):
    """What a KPI weighs in a scheme."""

    file, key = "kpi_weights", ("scheme", "subject_type", "role", "kpi_code")
    scheme: f.Text
    subject_type: f.SubjectType
    role: f.Text
    kpi_code: f.Text
    weight: Annotated[
        Decimal, f.number_between("a number above 0 and up to 1, such as 0.25", "0.000000001", "1")
    ]
    measured_on: Annotated[str, f.one_of(*f.SUBJECT_TYPES[1:])] | None = None


class Suspension(Dated):
    """A systemic fault, during which nobody is scored on a KPI."""

    file, key = "kpi_suspensions", ("kpi_code", "site_id", "queue_id")
    kpi_code: f.Text
    site_id: f.Text
    queue_id: f.Text
    reason: f.Text


class Objective(Dated):
    """A node of the tree of objectives."""

    file, key = "objectives", ("objective_id",)
    objective_id: f.Text
    parent_id: f.Text | None
    perspective: f.Perspective
    label_en: f.Text
    label_zh: f.Text
    subject_type: f.SubjectType
    subject_id: f.Text
    kpi_code: f.Text
    target: f.Number


class ReviewSource(Dated):
    """What ratings of a source weigh in a review."""

    file = "review_sources"
    key = unbroken = ("role", "source")
    role: f.Text
    source: Annotated[str, f.one_of("self", "supervisor", "peer", "customer")]
    weight: f.Share
    minimum_raters: f.Natural


class TierRule(Dated):
    """Where a tier begins and ends."""

    file = "tier_rules"
    key = unbroken = ("role", "tier")
    role: f.Text
    tier: Annotated[str, f.one_of("high", "middle", "low")]
    entry_score: f.Number | None
    exit_score: f.Number | None
    max_step: f.Natural


class RampStep(Dated):
    """What is asked of newcomers from a tenure on."""

    file = "ramp_curves"
    key = unbroken = ("role", "kpi_code", "tenure_days_from")
    role: f.Text
    kpi_code: f.Text
    tenure_days_from: f.Count
    target_factor: f.Positive


class Disclosure(Row):
    """What the people of a role are told beside their score."""

    file, key = "disclosures", ("role",)
    role: f.Text
    shows_rank: f.Flag


class PayPlan(Dated):
    """How a role is paid by score."""

    file = "pay_plans"
    key = unbroken = ("role",)
    plan: f.Text
    role: f.Text
    rule: Annotated[str, f.one_of("proportional", "banded")]
    target_share: f.Share | None
    floor: f.Share | None
    cap: f.Share | None
    gate_kpi: f.Text | None
    gate_minimum: f.Number | None
    minimum_data_grade: Annotated[str, f.one_of("A", "B", "C", "D")] | None
    team_share: f.Share | None


class Award(Row):
    """A prize for the best of a role."""

    file, key = "awards", ("award", "role", "period_type", "currency")
    award: f.Text
    role: f.Text
    period_type: Annotated[str, f.one_of("month", "quarter")]
    kpi_code: f.Text
    winners: f.Natural
    minimum_reliability: f.Share | None
    amount: f.Positive
    currency: f.Currency


class PayHold(Row):
    """Pay of a person and month that somebody holds by hand."""

    file, key = "pay_holds", ("employee_id", "period")
    employee_id: f.Text
    period: f.Month
    reason: f.Text
    decided_by: f.Text
    decided_at: f.Day
    released_by: f.Text | None
    released_at: f.Day | None


MODELS: tuple[type[Row], ...] = (
    Site, Queue, ExclusionRule, ZendeskTimeZone, CalendarDay, Retention,
    Kpi, Target, Weight, Suspension, Objective, ReviewSource, TierRule, RampStep,
    Disclosure,
    PayPlan, Award, PayHold,
)  # fmt: skip
