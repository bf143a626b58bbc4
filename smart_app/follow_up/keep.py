"""Keeping the first prediction of a case, and reading it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from sqlmodel import Session, select

from risk.case import SickLeaveCase
from risk.features import build
from risk.follow_up.cases import KNOTS
from risk.result import RiskResult
from smart_app.follow_up.tables import PredictionRow
from smart_app.sealing import Sealer
from smart_app.store.owner import Owner

PURPOSE, COLUMN = "prediction", "sealed_said"


@dataclass(frozen=True, slots=True)
class Said:
    """A kept prediction: day 1 and day of the case as they were known, S at `KNOTS`, and the groups of the patient."""

    since: date
    day: int
    shares: tuple[float, ...]
    groups: dict[str, str]


def keep_prediction(
    session: Session,
    sealer: Sealer,
    owner: Owner,
    *,
    case_id: str,
    case: SickLeaveCase,
    result: RiskResult,
    now: datetime,
) -> None:
    """Keep what is shown, unless this model version has spoken of the case before or says nothing of it now."""
    if result.curve is None or result.match is None or result.next_horizon is None:
        return
    key = (case_id, result.model.id, result.model.version)
    kept = select(PredictionRow).where(
        *owner.within_provider(PredictionRow),
        PredictionRow.case_id == case_id,
        PredictionRow.model_id == result.model.id,
        PredictionRow.model_version == result.model.version,
    )
    if session.exec(kept).first() is not None:
        return
    features = build(case).columns
    said = {
        "since": case.since,
        "day": case.day,
        "shares": [round(result.curve.at(day), 6) for day in KNOTS],
        "diagnosis": result.match.key,
        "sex": features["Sex"],
        "age": features["age_cat_fct"],
    }
    session.add(
        PredictionRow(
            **owner.columns(),
            case_id=case_id,
            model_id=result.model.id,
            model_version=result.model.version,
            on=case.on,
            sealed_said=sealer.seal(PURPOSE, "/".join(key), COLUMN, orjson.dumps(said)),
            made_at=now,
        )
    )
    session.flush()


def said_in(sealer: Sealer, row: PredictionRow) -> Said:
    """What a row holds.

    Raises:
        CannotUnseal: it was sealed with a key that is gone.
    """
    row_id = f"{row.case_id}/{row.model_id}/{row.model_version}"
    kept: dict[str, Any] = orjson.loads(sealer.unseal(PURPOSE, row_id, COLUMN, row.sealed_said))
    groups = {name: kept[name] for name in ("diagnosis", "sex", "age") if kept[name] is not None}
    return Said(
        date.fromisoformat(kept["since"]), kept["day"], tuple(kept["shares"]), {**groups, "unit": row.care_unit}
    )
