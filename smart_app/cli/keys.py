"""`sickleave keys list|rotate|reseal`: our own key pairs, and what SECRET_KEY seals, changed while the service runs."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import get_args

import typer

from smart_app.cli.background import background_services
from smart_app.cli.output import DONE, REFUSED, print_json, wrong_use
from smart_app.issuers import SigningAlg
from smart_app.launch import signing_keys
from smart_app.launch.signing_keys import KeyInfo
from smart_app.resealing import Resealed, reseal


def show(*, as_json: bool) -> int:
    """Print the keys that are published now."""
    return asyncio.run(_work(None, as_json=as_json))


def rotate(algorithm: str | None, *, as_json: bool) -> int:
    """Make new pairs, of one algorithm or of both, and print what is published now."""
    known: tuple[SigningAlg, ...] = get_args(SigningAlg)
    if algorithm is not None and algorithm not in known:
        wrong_use(f"--alg must be one of {', '.join(known)}, not {algorithm}")
    return asyncio.run(_work(tuple(alg for alg in known if algorithm in (None, alg)), as_json=as_json))


def reseal_all(*, only_look: bool, forget_lost: bool, as_json: bool) -> int:
    """Seal anew what an older key of SECRET_KEY sealed; print counts by column. Exit 1 when no key opens something."""
    return asyncio.run(_reseal(only_look, forget_lost, as_json=as_json))


async def _reseal(only_look: bool, forget_lost: bool, *, as_json: bool) -> int:
    async with background_services() as services:
        found = await asyncio.to_thread(
            reseal, services.store, services.sealer, only_look=only_look, forget_lost=forget_lost
        )
    if as_json:
        print_json({name: asdict(one) for name, one in found.items()})
    else:
        typer.echo("\n".join(_in_words(name, one, only_look) for name, one in found.items()))
    return REFUSED if any(one.lost for one in found.values()) else DONE


def _in_words(name: str, one: Resealed, only_look: bool) -> str:
    older = f"{one.again} under an older key" if only_look else f"{one.again} sealed anew"
    more = f", {one.meanwhile} changed meanwhile: run it again" if one.meanwhile else ""
    return f"{name}: {one.newest} under the first key, {older}, {one.lost} that no key opens{more}"


async def _work(rotated: tuple[SigningAlg, ...] | None, *, as_json: bool) -> int:
    async with background_services() as services:
        for alg in rotated or ():
            signing_keys.rotate(services, alg)
        keys = signing_keys.published(services)
    if as_json:
        print_json({"keys": [_as_json(key) for key in keys]})
        return DONE
    for key in keys:
        signs = "signs" if key.signs else f"verifies until {key.published_until:%Y-%m-%d %H:%M} UTC"
        typer.echo(f"{key.kid}  {key.alg}  made {key.created_at:%Y-%m-%d %H:%M} UTC  {signs}")
    return DONE


def _as_json(key: KeyInfo) -> dict[str, object]:
    until = key.published_until.isoformat() if key.published_until else None
    made = key.created_at.isoformat()
    return {"kid": key.kid, "alg": key.alg, "signs": key.signs, "created_at": made, "published_until": until}
