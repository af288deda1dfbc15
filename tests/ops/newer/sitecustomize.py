"""Makes a process write as a newer version may: a field more in every message and in every entry of a stream.

Loaded by Python at the start of a process that has this folder first on PYTHONPATH.
"""

from __future__ import annotations

import json
from typing import Any

import core.messages
import core.streams.entry
import core.streams.promoter
import core.streams.streams

_encode, _entry_fields = core.messages.encode, core.streams.entry.entry_fields


def _more(message: Any) -> bytes:
    told = json.loads(_encode(message)) | {"of_a_newer_version": {"a": [1, 2]}}
    return json.dumps(told, ensure_ascii=False).encode()


def _more_fields(*arguments: Any, **named: Any) -> list[str]:
    return [*_entry_fields(*arguments, **named), "of_a_newer_version", "1"]


for module in (core.messages, core.streams.streams, core.streams.promoter):
    module.encode = _more  # type: ignore[attr-defined]
for module in (core.streams.entry, core.streams.streams, core.streams.promoter):
    module.entry_fields = _more_fields  # type: ignore[attr-defined]
