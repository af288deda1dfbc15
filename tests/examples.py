"""How many examples a property is tried with: few in the quick suite, as many times more as EXAMPLES says.

`EXAMPLES=50 .venv/bin/pytest -k propert` looks for longer.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

TIMES = int(os.environ.get("EXAMPLES", "1"))


def few(count: int, *, steps: int = 25, shrink: bool = True) -> settings:
    """Settings of a property that is tried with `count` examples, of `steps` steps each where it has any."""
    phases = [phase for phase in Phase if shrink or phase is not Phase.shrink]
    return settings(
        max_examples=count * TIMES,
        stateful_step_count=steps,
        deadline=None,
        print_blob=True,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )
