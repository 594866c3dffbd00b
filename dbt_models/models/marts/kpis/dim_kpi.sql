select
    kpi_code,
    {{ label('kpis') }} as kpi_label,
    label_zh as kpi_label_zh,
    perspective,
    numerator as numerator_measure,
    denominator as denominator_measure,
    aggregation,
    unit,
    shape,
    date_basis,
    owner,
    minimum_denominator,
    is_retired,
    review_date
from {{ ref('kpis') }} as kpis
