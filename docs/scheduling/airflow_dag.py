"""A report every day with Airflow 3: put this file into the DAG folder, and set PROJECT and STUDY."""

import datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

PROJECT = "/srv/journeys"
STUDY = "acme"

with DAG(
    dag_id=f"journey_gap_report_{STUDY}",
    schedule="17 6 * * *",
    start_date=datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc),
    catchup=False,
    max_active_runs=1,
):
    report = BashOperator(
        task_id="report",
        bash_command=f".venv/bin/cx report data/{STUDY}",
        cwd=PROJECT,
        env={"OPENBLAS_NUM_THREADS": "1"},
        append_env=True,
        skip_on_exit_code=[75],  # another run is under way, or a file was being written: the next run will do
        execution_timeout=datetime.timedelta(hours=2),
    )
    too_old = BashOperator(
        task_id="data_too_old",
        bash_command=f".venv/bin/python docs/scheduling/too_old.py reports/{STUDY}/status.json 45",
        cwd=PROJECT,
        trigger_rule="none_failed",
    )
    report >> too_old
