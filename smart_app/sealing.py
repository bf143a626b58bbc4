"""Encryption at rest: AES-GCM under keys derived per purpose from SECRET_KEY, bound to the row and column it stands in.

Source: RFC 5869 (HKDF), NIST SP 800-38D (AES-GCM).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12
_log = structlog.get_logger()


@dataclass
class CannotUnseal(Exception):
    """No key in SECRET_KEY opens the value, or it stands in another row or column than it was written to."""

    purpose: str
    column: str

    def __str__(self) -> str:
        return f"{self.purpose}/{self.column}: no key opens this value (was a key taken out of SECRET_KEY too early?)"


@lru_cache(maxsize=64)
def _derived(key: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"sickleave-on-fhir/{purpose}".encode()).derive(key)


class Sealer:
    """Seals and opens values; the first key seals, all keys open (rotation while running).

    Attributes:
        not_opened: how often this process met a value that no key opens, by purpose; for the metrics.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise ValueError("at least one key is needed")
        self._keys = tuple(keys)
        self.not_opened: Counter[str] = Counter()

    def seal(self, purpose: str, row_id: str, column: str, value: bytes) -> str:
        """`value` encrypted for one row and column, as URL-safe text."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(_derived(self._keys[0], purpose)).encrypt(nonce, value, _place(row_id, column))
        return base64.urlsafe_b64encode(nonce + sealed).decode()

    def unseal(self, purpose: str, row_id: str, column: str, sealed: str) -> bytes:
        """What was sealed for that row and column.

        Raises:
            CannotUnseal: wrong key, row or column, or the text was changed; logged and counted.
        """
        found = self.opened(purpose, row_id, column, sealed)
        if found is None:
            self._not_opened(purpose, column)
            raise CannotUnseal(purpose, column)
        return found

    def _not_opened(self, purpose: str, column: str) -> None:
        """Count it, and log the first and then every hundredth: a look at a list may meet a thousand."""
        self.not_opened[purpose] += 1
        if (times := self.not_opened[purpose]) == 1 or times % 100 == 0:
            why = "no key in SECRET_KEY opens it"
            _log.error("cannot_unseal", purpose=purpose, column=column, why=why, times=times)

    def opened(self, purpose: str, row_id: str, column: str, sealed: str) -> bytes | None:
        """The same for a value that may come from anybody; None when it does not open, which is nobody's concern."""
        found = self._tried(purpose, row_id, column, sealed)
        return found and found[1]

    def resealed(self, purpose: str, row_id: str, column: str, sealed: str) -> str | None:
        """The same value under the first key; None when it is already. Raises CannotUnseal, uncounted."""
        found = self._tried(purpose, row_id, column, sealed)
        if found is None:
            raise CannotUnseal(purpose, column)
        return self.seal(purpose, row_id, column, found[1]) if found[0] else None

    def _tried(self, purpose: str, row_id: str, column: str, sealed: str) -> tuple[int, bytes] | None:
        """The number of the key that opens, and the value."""
        try:
            raw = base64.urlsafe_b64decode(sealed)
        except ValueError:
            return None
        nonce, rest = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
        if len(nonce) < _NONCE_BYTES:
            return None
        for number, key in enumerate(self._keys):
            try:
                return number, AESGCM(_derived(key, purpose)).decrypt(nonce, rest, _place(row_id, column))
            except InvalidTag:
                continue
        return None

    def mac(self, purpose: str, text: str) -> str:
        """Keyed digest (hex) under the first key, for form tokens; compare with `hmac.compare_digest`."""
        return hmac.new(_derived(self._keys[0], purpose), text.encode(), hashlib.sha256).hexdigest()

    def mac_matches(self, purpose: str, text: str, digest: str) -> bool:
        """Whether `digest` is the keyed digest of `text` under any of the keys."""
        given = digest.encode("utf-8", "replace")  # compared as bytes: it comes from outside and may be any text
        return any(
            hmac.compare_digest(
                hmac.new(_derived(k, purpose), text.encode(), hashlib.sha256).hexdigest().encode(), given
            )
            for k in self._keys
        )


def _place(row_id: str, column: str) -> bytes:
    return f"{row_id}\x1f{column}".encode()


def digest(text: str) -> str:
    """Unkeyed SHA-256 (hex), for high-entropy secrets that are only ever compared."""
    return hashlib.sha256(text.encode()).hexdigest()
