"""The fault harness: the real service under load while its parts are killed, starved and lied to.

`python -m tests.faults --minutes 60 --seed 7`, or `make faults MINUTES=60`; docs/faults.md tells what it does.
"""
