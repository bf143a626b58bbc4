"""Options that several verbs take, with the same words everywhere."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, logs on stderr.")]
Day = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="Day asked about; today if left out.")]
SystemName = Annotated[str, typer.Option("--system", help="kva or icd-10-se.")]
