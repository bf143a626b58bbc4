"""The first prediction of each case by each model version, as it was shown, sealed."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Field

from smart_app.store.columns import Instant, Owned


class PredictionRow(Owned, table=True):
    """What a model said of a case when it first did, whoever looked: a physician, a coordinator, a unit run.

    No patient stands here: the case register knows whose the case is. Later predictions of the same model are not kept,
    since they are made knowing that the case went on.

    Attributes:
        on: the day on which it was made.
        sealed_said: day 1, day of the case, diagnosis key, sex, age class and S(t), encrypted.
    """

    __tablename__ = "prediction"

    case_id: str = Field(primary_key=True, max_length=36)
    model_id: str = Field(primary_key=True, max_length=64)
    model_version: str = Field(primary_key=True, max_length=32)
    on: date
    sealed_said: str
    made_at: datetime = Field(sa_type=Instant, index=True)
