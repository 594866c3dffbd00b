"""The dashboards as people see them, and the Superset that serves them."""
