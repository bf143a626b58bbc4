"""`sickleave keys list|rotate` and `sickleave token create`: what others know us by, and what we know them by."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from smart_app.cli.verbs.options import Json

keys = typer.Typer(help="Our own key pairs, which EHRs know us by.", no_args_is_help=True)
token = typer.Typer(help="Bearer tokens for our own FHIR API.", no_args_is_help=True)


@keys.command("list", epilog="Example: sickleave keys list --json")
def keys_list(json: Json = False) -> None:
    """Which keys are published, and which of them sign."""
    from smart_app.cli.keys import show

    sys.exit(show(as_json=json))


@keys.command("rotate", epilog="Example: sickleave keys rotate --alg ES384")
def keys_rotate(
    alg: Annotated[str | None, typer.Option("--alg", help="RS384 or ES384; both if left out.")] = None,
    json: Json = False,
) -> None:
    """Make new pairs that sign from now on; the ones before stay published for a day. The service need not stop."""
    from smart_app.cli.keys import rotate

    sys.exit(rotate(alg, as_json=json))


@keys.command("reseal", epilog="Example: sickleave keys reseal --json")
def keys_reseal(
    look: Annotated[bool, typer.Option("--look", help="Count only; change nothing.")] = False,
    forget_lost: Annotated[
        bool, typer.Option("--forget-lost", help="Delete answers and kept forms that no key opens.")
    ] = False,
    json: Json = False,
) -> None:
    """Seal anew, under the first key of SECRET_KEY, what an older one sealed. The service need not stop; run it again
    until nothing is sealed under an older key. Exit 1 when there is something that no key opens."""
    from smart_app.cli.keys import reseal_all

    sys.exit(reseal_all(only_look=look, forget_lost=forget_lost, as_json=json))


@token.command(
    "create",
    epilog="Example: sickleave token create --client bi --unit SE2321000016-1003 --scope system/Task.rs --days 90",
)
def token_create(
    client: Annotated[str, typer.Option(help="Who will use it.")],
    unit: Annotated[str, typer.Option(help="HSA-id of the care unit.")],
    scope: Annotated[str, typer.Option(help="SMART scopes, for instance `system/Task.rs system/CarePlan.rs`.")],
    days: Annotated[int, typer.Option(min=1, max=366, help="Days until it expires.")],
    provider: Annotated[str | None, typer.Option(help="HSA-id of the care provider; asked for when not known.")] = None,
    issuer: Annotated[str | None, typer.Option(help="Issuer id; needed when the issuers file has several.")] = None,
    json: Json = False,
) -> None:
    """Make a bearer token for our own FHIR API; it is shown once and stored as a digest."""
    from smart_app.cli.token import create

    sys.exit(create(client, unit, scope, days, provider=provider, issuer=issuer, as_json=json))
