"""Logic of the line that needs no Dagster: typed and tested by itself."""
