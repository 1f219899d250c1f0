"""An airflow dag that can't be imported: the module it needs does not exist."""

import warehouse_helpers_that_nobody_installed

warehouse_helpers_that_nobody_installed.dag()
