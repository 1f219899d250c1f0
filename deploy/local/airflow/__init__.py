"""A real Airflow 3.3 in an environment of its own, with DAGs that teach what goes wrong."""
