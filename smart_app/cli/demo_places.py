"""Where a demo keeps its things, and what it tells its two processes."""

from __future__ import annotations

import base64
import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

from smart_app.settings import KEY_BYTES, PREFIX

SERVICE_HOST = "127.0.0.1"  # another site than the EHR's: two ports of one host are the same site to a browser
EHR_HOST = "localhost"
HAPI = "http://127.0.0.1:8090/fhir"


@dataclass(frozen=True)
class Places:
    """Addresses and files of one demo."""

    home: Path
    port: int
    ehr_port: int

    @property
    def service(self) -> str:
        return f"http://{SERVICE_HOST}:{self.port}"

    @property
    def ehr(self) -> str:
        return f"http://{EHR_HOST}:{self.ehr_port}"

    @property
    def fhir_base(self) -> str:
        return f"{self.ehr}/fhir"

    def environment(self) -> dict[str, str]:
        """Environment of the service's process: this one's without other settings of ours, plus the demo's."""
        tried = tuple(f"{PREFIX}{name}" for name in ("CATALOGUE", "SPECIALTY", "ASK_SENSITIVE"))
        kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX) or name in tried}
        return kept | {
            f"{PREFIX}DEMO": "1",
            f"{PREFIX}BASE_URL": self.service,
            f"{PREFIX}DATABASE_URL": os.environ.get(f"{PREFIX}DATABASE_URL", f"sqlite:///{self.home / 'sickleave.db'}"),
            f"{PREFIX}MODELS": os.environ.get(f"{PREFIX}MODELS", ""),
            f"{PREFIX}SECRET_KEY": self._key(),
            f"{PREFIX}ISSUERS": str(self._issuers()),
        }

    def _key(self) -> str:
        path = self.home / "demo.key"
        if not path.exists():
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode())
        return path.read_text().strip()

    def _issuers(self) -> Path:
        path = self.home / "issuers.toml"
        path.write_text(
            f"""# Written by `sickleave demo`; a real one is made by hand, see the README.
[[issuer]]
id = "practice"
name = "Övnings-EHR"
fhir_base = "{self.fhir_base}"
frame_ancestors = ["{self.ehr}"]
client_id = "sickleave"
auth = "private_key_jwt"
signing_alg = "ES384"
backend_client_id = "sickleave-backend"
""",
            encoding="utf-8",
        )
        return path


def taken(host: str, port: int) -> bool:
    """Whether something already listens there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0
