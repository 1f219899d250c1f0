"""`python -m tests.npm`: fetch the npm programs now, so that no test has to wait for them."""

from tests.npm.programs import packages

print(packages())
