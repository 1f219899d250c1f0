"""Airflow: why a run failed or waits, and reruns that a person approved."""
