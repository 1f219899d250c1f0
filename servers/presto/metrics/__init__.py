"""Named metrics: reviewed SQL with parameters, never free text."""
