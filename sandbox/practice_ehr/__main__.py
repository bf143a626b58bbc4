"""`python -m sandbox.practice_ehr`: start the practice EHR on this machine and nowhere else."""

from __future__ import annotations

import argparse
import asyncio
import errno
import json
import socket
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx2
import uvicorn

from .app import build_practice_ehr
from .config import PracticeConfig, is_loopback, read_registrations
from .faults.table import FAULTS
from .fhir.forward import ForwardingBackend
from .fhir.seed import SeedRefused, seed
from .samples.build import sample_resources

_EXAMPLE = "example: python -m sandbox.practice_ehr --port 8001 --service http://127.0.0.1:8000"


def main(arguments: list[str] | None = None) -> int:
    """Serve, or only seed; returns 0 done, 1 refused, 2 wrong use."""
    asked = _parser().parse_args(arguments)
    if not is_loopback(asked.host):
        print(f"{asked.host} is not this machine alone: the practice EHR lets anyone in", file=sys.stderr)
        return 2
    try:
        clients = read_registrations(asked.clients) if asked.clients else ()
        sockets = _sockets(asked.host, asked.port)
    except (ValueError, OSError) as fault:
        print(f"cannot start: {fault}", file=sys.stderr)
        return 2
    port = sockets[0].getsockname()[1]
    base = asked.base_url or f"http://{asked.host}:{port}"
    config = PracticeConfig(
        base.rstrip("/"),
        asked.service.rstrip("/"),
        asked.fhir,
        clients,
        samples=not asked.empty,
        faults=tuple(asked.fault),
    )
    if asked.seed_only:
        return _seed(config)
    _say_hello(config, as_json=asked.json)
    server = uvicorn.Server(uvicorn.Config(build_practice_ehr(config), log_level=asked.log_level))
    server.run(sockets=sockets)
    return 0 if server.started else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m sandbox.practice_ehr", description=__doc__, epilog=_EXAMPLE)
    parser.add_argument("--host", default="localhost", help="a loopback name or address (default localhost)")
    parser.add_argument("--port", type=int, default=8001, help="0 takes a free one (default 8001)")
    parser.add_argument("--base-url", help="how browsers reach it (default http://HOST:PORT)")
    parser.add_argument("--service", default="http://127.0.0.1:8000", help="the SMART app to launch")
    parser.add_argument("--fhir", help="base of a FHIR R4 server to put behind, e.g. http://127.0.0.1:8090/fhir")
    parser.add_argument("--clients", type=Path, help="TOML file with further clients")
    parser.add_argument("--empty", action="store_true", help="load no sample patients")
    parser.add_argument(
        "--fault", action="append", default=[], choices=sorted(FAULTS), metavar="NAME",
        help="misbehave like this, repeatable; GET /practice/faults lists the names",
    )  # fmt: skip
    parser.add_argument("--seed-only", action="store_true", help="write the samples to --fhir and end")
    parser.add_argument("--json", action="store_true", help="say what was started as one JSON document")
    parser.add_argument("--log-level", default="warning", help="of the web server (default warning)")
    return parser


def _sockets(host: str, port: int) -> list[socket.socket]:
    """Listening sockets on every loopback address of `host`, all on one port."""
    found: list[socket.socket] = []
    try:
        for family, _, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            if not is_loopback(str(address[0])):
                raise OSError(f"{host} is {address[0]}, which is not this machine alone")
            taken = found[0].getsockname()[1] if found else port
            one = _listener(family, str(address[0]), taken)
            if one is not None:
                found.append(one)
        if not found:
            raise OSError("no loopback address can be used")
    except OSError as fault:
        for one in found:
            one.close()
        raise OSError(f"port {port} on {host}: {fault.strerror or fault}") from None
    return found


def _listener(family: int, address: str, port: int) -> socket.socket | None:
    """A listening socket; None where this machine does not speak that address family (no IPv6, say)."""
    try:
        one = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        return None
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((address, port))
        one.listen(128)
    except OSError as fault:
        one.close()
        if fault.errno == errno.EADDRNOTAVAIL:
            return None
        raise
    return one


def _say_hello(config: PracticeConfig, *, as_json: bool) -> None:
    clients = config.clients()
    if as_json:
        document = {
            "base_url": config.base_url,
            "fhir": config.fhir_url,
            "record": config.fhir_upstream or "own",
            "clients": sorted(clients),
            "secret": clients["sickleave-secret"].secret,
        }
        print(json.dumps(document), flush=True)
    else:
        print(f"Övnings-EHR på {config.base_url} (FHIR {config.fhir_url}), startar {config.service_url}", flush=True)


def _seed(config: PracticeConfig) -> int:
    if config.fhir_upstream is None:
        print("--seed-only needs --fhir", file=sys.stderr)
        return 2
    upstream = config.fhir_upstream

    async def work() -> int:
        async with httpx2.AsyncClient(trust_env=False) as http:
            backend = ForwardingBackend(upstream, config.fhir_url, http)
            return await seed(backend, sample_resources(config.now().astimezone(ZoneInfo("Europe/Stockholm")).date()))

    try:
        count = asyncio.run(work())
    except SeedRefused as fault:
        print(f"not seeded: {fault}", file=sys.stderr)
        return 1
    print(f"{count} resources written to {upstream}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
