"""All of Seedbed on one machine; never hosted."""
