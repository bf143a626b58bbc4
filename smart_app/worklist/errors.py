"""What the worklist refuses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class NoSuchTask(Exception):
    """No task with that id among the caller's; whether another unit has it is not told."""

    task_id: str

    def __str__(self) -> str:
        return f"no task {self.task_id} in this unit"


@dataclass
class StaleVersion(Exception):
    """Someone changed the task in between; read it again."""

    task_id: str
    expected: int
    current: int

    def __str__(self) -> str:
        return f"task {self.task_id} is at version {self.current}, not {self.expected}"


@dataclass
class IllegalMove(Exception):
    """The REKO status may not go from `before` to `after`."""

    before: str
    after: str

    def __str__(self) -> str:
        return f"a task cannot go from {self.before} to {self.after}"


@dataclass
class UnknownStatus(Exception):
    """Not a REKO status."""

    code: str

    def __str__(self) -> str:
        return f"{self.code!r} is not a REKO status"


@dataclass
class ContactRefused(Exception):
    """A contact cannot be registered as given: which field, and a fixed word why."""

    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}"
