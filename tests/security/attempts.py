"""What nobody but an administrator may do, and what each role may not: as requests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.browser.superset_server import Server
from tests.security.client import Call, data_call

NAMES = "(select string_agg(full_name, ',') from marts.marts.dim_employee)"


@dataclass(frozen=True)
class Things:
    """The ids of what an attempt is about."""

    dataset: int  # one that the role may read
    column: str  # one of its columns
    foreign: int | None  # a dataset that the role may not read
    foreign_column: str
    foreign_chart: int | None
    foreign_page: str | None
    databases: dict[str, int]


def administration(things: Things) -> Iterator[tuple[str, Call]]:
    """What only an administrator may do."""
    marts = things.databases["Meritline marts"]
    yield "list users", Call("GET", "/api/v1/security/users/")
    yield "list roles", Call("GET", "/api/v1/security/roles/")
    yield "list rights", Call("GET", "/api/v1/security/permissions-resources/")
    yield "make a user", Call("POST", "/api/v1/security/users/", {"username": "x", "roles": [1]})
    yield "give oneself a role", Call("PUT", "/api/v1/security/users/1", {"roles": [1]})
    yield "list row rules", Call("GET", "/api/v1/rowlevelsecurity/")
    yield "change a row rule", Call("PUT", "/api/v1/rowlevelsecurity/1", {"clause": "1 = 1"})
    yield "drop a row rule", Call("DELETE", "/api/v1/rowlevelsecurity/1")
    yield "read the log of actions", Call("GET", "/api/v1/log/")
    yield "see a connection", Call("GET", f"/api/v1/database/{marts}/connection")
    yield (
        "connect to a file",
        Call(
            "POST",
            "/api/v1/database/",
            {"database_name": "x", "sqlalchemy_uri": "sqlite:////etc/passwd"},
        ),
    )
    yield (
        "try a connection",
        Call(
            "POST", "/api/v1/database/test_connection/", {"sqlalchemy_uri": "duckdb:////tmp/x.db"}
        ),
    )
    yield (
        "change a database",
        Call("PUT", f"/api/v1/database/{marts}", {"expose_in_sqllab": True, "allow_dml": True}),
    )
    yield "drop a database", Call("DELETE", f"/api/v1/database/{marts}")
    yield (
        "upload a file",
        Call(
            "POST",
            f"/api/v1/database/{marts}/upload/",
            arguments={"files": {"file": ("x.csv", "a\n1\n")}, "data": {"type": "csv"}},
        ),
    )
    yield (
        "see the text of a table of the marts",
        Call("GET", f"/api/v1/database/{marts}/select_star/dim_employee/marts.marts/"),
    )
    yield (
        "describe a table of the marts",
        Call(
            "GET", f"/api/v1/database/{marts}/table_metadata/?name=dim_employee&schema=marts.marts"
        ),
    )
    yield "take all assets along", Call("GET", "/api/v1/assets/export/")
    yield (
        "import assets",
        Call("POST", "/api/v1/assets/import/", arguments={"files": {"bundle": ("x.zip", b"PK")}}),
    )
    yield (
        "make a guest's token",
        Call(
            "POST",
            "/api/v1/security/guest_token/",
            {"user": {"username": "x"}, "resources": [], "rls": []},
        ),
    )
    yield "write a theme", Call("POST", "/api/v1/theme/", {"theme_name": "x", "json_data": "{}"})
    yield (
        "write a stylesheet",
        Call("POST", "/api/v1/css_template/", {"template_name": "x", "css": "*{}"}),
    )
    yield "send reports", Call("POST", "/api/v1/report/", {"name": "x", "type": "Report"})
    yield "annotate", Call("POST", "/api/v1/annotation_layer/", {"name": "x"})
    yield "fill the cache", Call("PUT", "/api/v1/chart/warm_up_cache", {"chart_id": 1})
    yield "change one's own e-mail", Call("PUT", "/api/v1/me/", {"email": "boss@example.com"})
    yield "give oneself a role as oneself", Call("PUT", "/api/v1/me/", {"roles": [1]})


def changes(things: Things) -> Iterator[tuple[str, Call]]:
    """Changes of what the repository deploys, and ways round it."""
    sql = "select * from marts.marts.dim_employee"
    dataset = f"/api/v1/dataset/{things.dataset}"
    yield "change a dataset's text", Call("PUT", dataset, {"sql": sql})
    yield (
        "change a dataset's columns",
        Call("PUT", dataset, {"columns": [{"column_name": "x", "expression": NAMES}]}),
    )
    yield "drop a dataset", Call("DELETE", dataset)
    yield "refresh a dataset", Call("PUT", f"{dataset}/refresh")
    yield (
        "copy a dataset, to change the copy",
        Call(
            "POST",
            "/api/v1/dataset/duplicate",
            {"base_model_id": things.dataset, "table_name": "x"},
        ),
    )
    for name in ("Meritline marts", "Meritline pay", "Meritline ops"):
        body = {"database": things.databases[name], "table_name": "y", "sql": sql}
        yield f"make a dataset of SQL on {name}", Call("POST", "/api/v1/dataset/", body)
    body = {"database": things.databases["Meritline pay"], "table_name": "compensation_parts"}
    yield (
        "make a dataset of a table of pay",
        Call("POST", "/api/v1/dataset/", {**body, "schema": "pay.marts"}),
    )
    yield (
        "make a dataset of a table",
        Call(
            "POST",
            "/api/v1/dataset/get_or_create/",
            {
                "database_id": things.databases["Meritline marts"],
                "table_name": "dim_employee",
                "schema": "marts.marts",
            },
        ),
    )
    yield "change a chart", Call("PUT", "/api/v1/chart/1", {"slice_name": "x"})
    yield "drop a chart", Call("DELETE", "/api/v1/chart/1")
    yield "change a page", Call("PUT", "/api/v1/dashboard/1", {"dashboard_title": "x"})
    yield "give a page to everybody", Call("PUT", "/api/v1/dashboard/1", {"roles": []})
    yield "drop a page", Call("DELETE", "/api/v1/dashboard/1")


def foreign_data(things: Things) -> Iterator[tuple[str, Call]]:
    """Data of datasets and pages that are not the role's, by guessed id."""
    if things.foreign is not None:
        foreign, column = things.foreign, things.foreign_column
        yield "ask a foreign dataset", data_call(foreign, [column])
        yield "take a foreign dataset along", data_call(foreign, [column], result_format="csv")
        yield "see a foreign dataset's samples", data_call(foreign, [], result_type="samples")
        yield "drill into a foreign dataset", data_call(foreign, [], result_type="drill_detail")
        yield "see a foreign dataset's text", data_call(foreign, [column], result_type="query")
        yield (
            "see samples of a foreign dataset",
            Call("POST", f"/datasource/samples?datasource_type=table&datasource_id={foreign}", {}),
        )
        yield (
            "see the values of a foreign column",
            Call("GET", f"/api/v1/datasource/table/{foreign}/column/{column}/values/"),
        )
        yield "see a foreign dataset's definition", Call("GET", f"/api/v1/dataset/{foreign}")
        yield (
            "explore a foreign dataset",
            Call("GET", f"/api/v1/explore/?datasource_id={foreign}&datasource_type=table"),
        )
        yield (
            "explore it in the old way",
            Call(
                "POST",
                "/superset/explore_json/",
                arguments={
                    "data": {
                        "form_data": f'{{"datasource": "{foreign}__table", "viz_type": "table"}}'
                    }
                },
            ),
        )
        yield (
            "keep a form about it",
            Call(
                "POST",
                "/api/v1/explore/form_data",
                {"datasource_id": foreign, "datasource_type": "table", "form_data": "{}"},
            ),
        )
        # As if a page of one's own showed it.
        borrowed = data_call(foreign, [column])
        borrowed.body["form_data"] = {"dashboardId": 1, "slice_id": 1}
        yield "ask it through a page", borrowed
    if things.foreign_chart is not None:
        yield "see a foreign chart", Call("GET", f"/api/v1/chart/{things.foreign_chart}")
        yield "see its data", Call("GET", f"/api/v1/chart/{things.foreign_chart}/data/")
    if things.foreign_page is not None:
        page = f"/api/v1/dashboard/{things.foreign_page}"
        yield "see a foreign page", Call("GET", page)
        yield "see its charts", Call("GET", f"{page}/charts")
        yield "see its datasets", Call("GET", f"{page}/datasets")
        yield "open it", Call("GET", f"/superset/dashboard/{things.foreign_page}/")


def own_sql(things: Things) -> Iterator[tuple[str, Call]]:
    """SQL of one's own inside the question of a chart."""

    def column(sql: str) -> list[dict[str, str]]:
        return [{"label": "x", "expressionType": "SQL", "sqlExpression": sql}]

    ask = things.dataset, [things.column]
    yield "a sub-query as a column", data_call(things.dataset, column(NAMES))
    yield (
        "a table as a column",
        data_call(things.dataset, column("array(table marts.marts.dim_employee)")),
    )
    yield (
        "a query that is hidden",
        data_call(
            things.dataset, column("(from query('select full_name from marts.marts.dim_employee'))")
        ),
    )
    yield "a query as a metric", data_call(*ask, metrics=column(NAMES))
    yield "a query as a filter", data_call(*ask, extras={"where": f"{NAMES} is not null"})
    yield "a way out of the filter", data_call(*ask, extras={"where": "1 = 1) or (1 = 1"})
    yield "a query after the groups", data_call(*ask, extras={"having": f"{NAMES} is not null"})
    yield "another dataset by Jinja", data_call(*ask, extras={"where": "{{ dataset(1) }} is null"})
    yield (
        "the process by Jinja",
        data_call(*ask, extras={"where": "'{{ ''.__class__.__mro__ }}' = ''"}),
    )
    yield "the environment", data_call(things.dataset, column("getenv('HOME')"))
    yield (
        "a file",
        data_call(things.dataset, column("(select content from read_text('/etc/passwd'))")),
    )


def files(things: Things) -> Iterator[tuple[str, Call]]:
    """The file system over HTTP."""
    for path in (
        "/static/../../../../../../etc/passwd",
        "/static/..%2f..%2f..%2f..%2fetc/passwd",
        "/brand/../superset_config.py",
        "/brand/%2e%2e/superset_config.py",
        "/brand/..%2froles.yaml",
        "/superset.db",
        "/secrets/superset_key",
    ):
        yield f"read {path}", Call("GET", path)


def sql_lab(things: Things) -> Iterator[tuple[str, Call]]:
    """SQL Lab, for those who have none."""
    for name, database in things.databases.items():
        yield (
            f"SQL on {name}",
            Call("POST", "/api/v1/sqllab/execute/", {"database_id": database, "sql": "select 1"}),
        )
    yield "open SQL Lab", Call("GET", "/sqllab/")
    yield "others' queries", Call("GET", "/api/v1/query/")
    yield "others' saved queries", Call("GET", "/api/v1/saved_query/")
    yield "the results of a query", Call("GET", "/api/v1/sqllab/results/?q=(key:x)")


def forbidden(things: Things, queries: bool, exports: bool) -> Iterator[tuple[str, Call]]:
    """Everything that a role may not do."""
    for kind in (administration, changes, foreign_data, files):
        yield from kind(things)
    if not queries:
        yield from own_sql(things)
        yield from sql_lab(things)
    if not exports:
        yield "take data along", data_call(things.dataset, [things.column], result_format="csv")
        yield (
            "take data along for Excel",
            data_call(things.dataset, [things.column], result_format="xlsx"),
        )


def things_of(server: Server, page_datasets: dict[str, set[str]], pages: tuple[str, ...]) -> Things:
    """Look up what the attempts of a role are about."""
    ids = {
        uuid: number for number, uuid in server.metadata("select id, lower(hex(uuid)) from tables")
    }
    known = {
        page: {ids[uuid.replace("-", "")] for uuid in page_datasets[page]} for page in page_datasets
    }
    mine = set().union(*(known.get(page, set()) for page in pages))
    foreign = next(iter(sorted(set(ids.values()) - mine)), None)
    foreign_page = next((page for page in sorted(known) if page not in pages), None)

    def column_of(dataset: int | None) -> str:
        found = server.metadata(
            "select column_name from table_columns where table_id = ? order by id limit 1", dataset
        )
        return str(found[0][0]) if found else ""

    charts = server.metadata("select id from slices where datasource_id = ? limit 1", foreign)
    dataset = min(mine)
    return Things(
        dataset=dataset,
        column=column_of(dataset),
        foreign=foreign,
        foreign_column=column_of(foreign),
        foreign_chart=charts[0][0] if charts else None,
        foreign_page=foreign_page,
        databases=dict(server.metadata("select database_name, id from dbs")),
    )
