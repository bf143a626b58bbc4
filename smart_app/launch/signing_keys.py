"""Our own key pairs, one of each algorithm, made at first use and sealed in the database.

Source: SMART App Launch 2.2, "Registering a client using asymmetric keys": RS384 and ES384, kid unique, never `d`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
import structlog
from joserfc.jwk import ECKey, RSAKey
from sqlmodel import col, or_, select

from smart_app.issuers import SigningAlg
from smart_app.launch.ground import Ground
from smart_app.launch.tables import SigningKeyRow
from smart_app.sealing import CannotUnseal
from smart_app.store.columns import new_id

ALGORITHMS: tuple[SigningAlg, ...] = ("RS384", "ES384")
RSA_BITS = 3072
PUBLISHED_AFTER_ROTATION = timedelta(hours=24)
CACHE_S = 900
"""How long others may keep our key set; after a rotation the old key stays in it far longer."""

PURPOSE, COLUMN = "signing-key", "sealed"
_log = structlog.get_logger()


def current_key(ground: Ground, alg: SigningAlg) -> RSAKey | ECKey:
    """The newest pair of that algorithm, made now when there is none, or none that SECRET_KEY opens."""
    row = _newest(ground, alg) or _make(ground, alg)
    try:
        private = _private(ground, row)
    except CannotUnseal:
        _log.error("signing key cannot be opened, another is made", alg=alg, kid=row.kid)
        private = _private(ground, _rotated(ground, alg))
    return RSAKey.import_key(private) if alg == "RS384" else ECKey.import_key(private)


def rotate(ground: Ground, alg: SigningAlg) -> str:
    """Make a new pair that signs from now on; the old one stays published a day. The new kid."""
    return _rotated(ground, alg).kid


def _private(ground: Ground, row: SigningKeyRow) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(ground.sealer.unseal(PURPOSE, row.kid, COLUMN, row.sealed))
    return found


def _rotated(ground: Ground, alg: SigningAlg) -> SigningKeyRow:
    made = _make(ground, alg)
    now = ground.clock.now()
    with ground.store.transaction() as session:
        older = select(SigningKeyRow).where(SigningKeyRow.alg == alg, col(SigningKeyRow.retired_at).is_(None))
        for row in session.exec(older).all():
            if row.kid != made.kid:
                row.retired_at = now
                session.add(row)
    return made


def public_key_set(ground: Ground) -> dict[str, Any]:
    """The JWK Set that EHRs fetch: public halves only, also those retired within a day."""
    for alg in ALGORITHMS:
        if _newest(ground, alg) is None:
            _make(ground, alg)
    since = ground.clock.now() - PUBLISHED_AFTER_ROTATION
    with ground.store.reading() as session:
        alive = or_(col(SigningKeyRow.retired_at).is_(None), col(SigningKeyRow.retired_at) > since)
        rows = session.exec(select(SigningKeyRow).where(alive).order_by(col(SigningKeyRow.created_at).desc())).all()
        return {"keys": [orjson.loads(row.public_jwk) for row in rows]}


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """One published key; the newest of an algorithm signs, the others only verify, until `published_until`."""

    kid: str
    alg: str
    signs: bool
    created_at: datetime
    published_until: datetime | None


def published(ground: Ground) -> tuple[KeyInfo, ...]:
    """The keys in the key set now, newest first; both algorithms have one afterwards."""
    inside = [key["kid"] for key in public_key_set(ground)["keys"]]
    signing = {row.kid for alg in ALGORITHMS if (row := _newest(ground, alg)) is not None}
    with ground.store.reading() as session:
        rows = session.exec(select(SigningKeyRow).where(col(SigningKeyRow.kid).in_(inside))).all()
    found = [
        KeyInfo(
            row.kid,
            row.alg,
            row.kid in signing,
            row.created_at,
            row.retired_at + PUBLISHED_AFTER_ROTATION if row.retired_at else None,
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda key: inside.index(key.kid)))


def _newest(ground: Ground, alg: SigningAlg) -> SigningKeyRow | None:
    with ground.store.reading() as session:
        return session.exec(
            select(SigningKeyRow)
            .where(SigningKeyRow.alg == alg, col(SigningKeyRow.retired_at).is_(None))
            .order_by(col(SigningKeyRow.created_at).desc(), col(SigningKeyRow.kid))
        ).first()


def _make(ground: Ground, alg: SigningAlg) -> SigningKeyRow:
    key: RSAKey | ECKey = RSAKey.generate_key(RSA_BITS) if alg == "RS384" else ECKey.generate_key("P-384")
    kid = new_id()
    about = {"kid": kid, "alg": alg, "use": "sig"}
    row = SigningKeyRow(
        kid=kid,
        alg=alg,
        public_jwk=orjson.dumps(dict(key.as_dict(private=False)) | about).decode(),
        sealed=ground.sealer.seal(PURPOSE, kid, COLUMN, orjson.dumps(dict(key.as_dict(private=True)) | about)),
        created_at=ground.clock.now(),
    )
    with ground.store.transaction() as session:
        session.add(row)
    return row
