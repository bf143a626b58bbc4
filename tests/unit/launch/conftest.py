"""Fixtures of the launch's tests."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from smart_app.launch import signing_keys
from tests.unit.launch.launching import Scene, a_scene


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """The service, an EHR that lies as the test wishes, and a browser."""
    return a_scene(tmp_path)


@pytest.fixture(scope="session", autouse=True)
def pairs_made_beforehand() -> Iterator[None]:
    """Our RSA pairs are made once and taken in turn: each test has a database of its own, and making one takes long."""
    pairs = itertools.cycle([RSAKey.generate_key(signing_keys.RSA_BITS) for _ in range(2)])

    class Made(RSAKey):
        @classmethod
        def generate_key(cls, *_: Any, **__: Any) -> RSAKey:
            return next(pairs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signing_keys, "RSAKey", Made)
        yield
