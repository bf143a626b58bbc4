"""Doors to the switch: list, arm, clear. The practice EHR listens on this machine alone."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from .switch import FaultSwitch, UnknownFault
from .table import FAULTS


class Order(BaseModel):
    """Body of POST /practice/faults."""

    model_config = ConfigDict(extra="forbid")

    name: str
    count: int | None = Field(default=None, ge=1, le=10_000)


def fault_routes(switch: FaultSwitch) -> APIRouter:
    """/practice/faults."""
    router = APIRouter()

    def state() -> dict[str, Any]:
        return {"armed": switch.armed, "strayed": switch.strayed}

    @router.get("/practice/faults")
    async def listed() -> dict[str, Any]:
        words = [{"name": each.name, "where": each.where, "imitates": each.imitates} for each in FAULTS.values()]
        return {**state(), "faults": words}

    @router.post("/practice/faults")
    async def arm(order: Order) -> dict[str, Any]:
        try:
            switch.arm(order.name, order.count)
        except UnknownFault:
            raise HTTPException(404, "No fault has that name; GET /practice/faults lists them") from None
        return state()

    @router.delete("/practice/faults")
    async def clear(name: str | None = None) -> dict[str, Any]:
        switch.clear(name)
        return state()

    return router
