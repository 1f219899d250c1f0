"""What somebody who writes SQL for this engine should know, on one page, and the order of work that goes well."""

GUIDE = """\
# Writing SQL here

- Names are catalog.schema.table. Quote a name that is a keyword or has capitals: "order"; text stands in 'quotes'.
- One SELECT (WITH, VALUES, TABLE) at a time, no closing semicolon needed. Nothing but `write_table` changes data.
- Filter by the partition keys that `describe_table` names: their latest value is there. Name columns instead of *.
- Dates: DATE '1998-12-01', TIMESTAMP '...', INTERVAL '7' DAY, date_trunc('month', d), date_diff('day', a, b).
- DECIMAL '1.5' keeps its digits; 1 / 2 is 0, 1.0 / 2 is not. Use TRY_CAST and TRY where data may be dirty.
- count(DISTINCT x) is slow on much data: approx_distinct(x). For one row of each: max_by(x, y), row_number().
- Arrays: CROSS JOIN UNNEST(a) AS t (x). JSON: json_extract_scalar(j, '$.a'), or json_value.
- Rows come in no order without ORDER BY. LIMIT without it takes any rows.
- Trino has OFFSET, MATCH_RECOGNIZE and TABLE(sequence(...)); PrestoDB may not.
- A query that reads much is put before a person first. `check_query` tells beforehand, and what would be cheaper.
- After 40 s a query runs on: ask `get_query`. An answer says if it was cut: aggregate rather than fetch more.
"""


def steps(question: str) -> str:
    """What to do about a question, tool by tool."""
    return (
        f"Answer this question with data: {question}\n\n"
        "1. `find_tables` with its words; prefer certified tables of tier 1, and say which you took and why.\n"
        "2. `describe_table` for columns, partition keys and their latest value.\n"
        "3. Write one SELECT and `check_query` it: mend names, filter by partition, mind the estimate.\n"
        "4. `run_query`. After three failures stop and ask the person what they mean.\n"
        "5. Answer in one sentence, then show the numbers, the query id and what the data leaves out."
    )
