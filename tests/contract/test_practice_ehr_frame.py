"""The frame: pages that start the app, launches for scripts, and a process that stays on this machine."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from starlette.testclient import TestClient

from sandbox.practice_ehr import PracticeConfig, build_practice_ehr
from sandbox.practice_ehr.__main__ import main
from sandbox.practice_ehr.by_the_book import ByTheBook
from sandbox.practice_ehr.config import is_loopback, read_registrations
from sandbox.practice_ehr.socket_thread import running

CONFIG = PracticeConfig()


@pytest.fixture(scope="module")
def http() -> TestClient:
    return TestClient(build_practice_ehr(CONFIG), base_url=CONFIG.base_url, follow_redirects=False)


def test_the_start_page_lists_patients_of_both_care_providers(http: TestClient) -> None:
    page = http.get("/").text
    assert "Eva Sandström" in page
    assert "Andra vårdgivare" in page
    assert 'aria-current="page">Patienter' in page
    assert 'href="/worklist?user=sofia-oberg"' in page, "a physician's worklist is the coordinator's"
    assert "Gun Åkerlund" in http.get("/", params={"q": "åkerl"}).text
    assert "Eva" not in http.get("/", params={"q": "åkerl"}).text
    assert "Ingen patient passar" in http.get("/", params={"q": "finns inte"}).text


def test_markup_in_a_name_stays_text(http: TestClient) -> None:
    for page in (http.get("/"), http.get("/chart/p-kim-almgren"), http.get("/", params={"q": '"><script>'})):
        assert "<b>Almgren" not in page.text
        assert "<script" not in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "Kim &lt;b&gt;Almgren" in http.get("/").text


def test_the_chart_launches_the_app_in_a_frame_for_that_patient(http: TestClient) -> None:
    page = http.get("/chart/p-eva-sandstrom", params={"user": "amir-haddad"})
    address = page.text.partition('<iframe src="')[2].partition('"')[0].replace("&amp;", "&")
    assert address.startswith("http://127.0.0.1:8000/launch?")
    assert "frame-src 'self' http://127.0.0.1:8000;" in page.headers["content-security-policy"]
    query = parse_qs(urlsplit(address).query)
    assert query["iss"] == [CONFIG.fhir_url]
    client = ByTheBook(http, CONFIG)
    answer = client.token(client.authorize(client.request(query["launch"][0]))["code"]).json()
    assert (answer["patient"], answer["encounter"]) == ("p-eva-sandstrom", "besok-eva-sandstrom-0")


def test_the_worklist_is_launched_without_a_patient(http: TestClient) -> None:
    page = http.get("/worklist").text
    launch = page.partition("launch=")[2].partition('"')[0]
    client = ByTheBook(http, CONFIG)
    answer = client.token(client.authorize(client.request(launch))["code"]).json()
    assert "patient" not in answer
    assert answer["intent"] == "worklist"


def test_what_was_written_is_shown_with_its_id(http: TestClient) -> None:
    assert "Ännu har ingenting skrivits" in http.get("/written").text
    token = ByTheBook(http, CONFIG).launch(patient="p-eva-sandstrom")["access_token"]
    subject = {"reference": "Patient/p-eva-sandstrom"}
    risk: dict[str, Any] = {"resourceType": "RiskAssessment", "status": "final", "subject": subject}
    risk["prediction"] = [{"probabilityDecimal": 46.0}]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"}
    made = http.post("/fhir/RiskAssessment", json=risk, headers=headers).json()
    page = http.get("/written").text
    assert f"RiskAssessment/{made['id']}" in page
    assert "46.0 %" in page


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"user": "amir-haddad", "patient": "p-eva-sandstrom"}, 201),
        ({"user": "sofia-oberg", "patient": None, "encounter": None, "intent": "worklist"}, 201),
        ({"user": "nobody"}, 404),
        ({"patient": "p-nobody"}, 404),
        ({"patient": "p-eva-sandstrom", "encounter": "absent"}, 404),
        ({"patinet": "p-eva-sandstrom"}, 422),
    ],
)
def test_launches_by_script(http: TestClient, body: dict[str, Any], status: int) -> None:
    answer = http.post("/launches", json=body)
    assert answer.status_code == status
    assert ("url" in answer.json()) == (status == 201)


def test_patients_for_scripts(http: TestClient) -> None:
    found = http.get("/practice/patients").json()
    assert found[0]["id"] == "p-eva-sandstrom"
    assert {"name", "number", "story", "provider", "encounter"} <= set(found[0])


def test_over_a_real_socket() -> None:
    with running(CONFIG, "localhost") as config:
        assert httpx2.get(f"{config.base_url}/health").json()["ready"] is True
        discovered = httpx2.get(f"{config.fhir_url}/.well-known/smart-configuration").json()
        assert discovered["issuer"] == config.base_url


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2", "::", "example.org", "10.0.0.1"])
def test_it_never_listens_beyond_this_machine(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert not is_loopback(host)
    assert main(["--host", host, "--port", "0"]) == 2
    assert host in capsys.readouterr().err


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        yield one.getsockname()[1]


def test_a_taken_port_is_named(taken_port: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--host", "127.0.0.1", "--port", str(taken_port)]) == 2
    assert str(taken_port) in capsys.readouterr().err


def test_the_command_starts_and_says_where() -> None:
    command = [sys.executable, "-m", "sandbox.practice_ehr", "--port", "0", "--host", "127.0.0.1", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            found = httpx2.get(f"{said['fhir']}/metadata", timeout=10).json()
        finally:
            process.terminate()
    assert found["software"]["name"] == "Övnings-EHR (Practice EHR)"
    assert "sickleave" in said["clients"]
    assert len(said["secret"]) > 30


def test_further_clients_come_from_a_file(tmp_path: Any) -> None:
    file = tmp_path / "clients.toml"
    file.write_text('[clients.other]\nredirect_uris = ["https://other.example/cb"]\nscopes = ["launch"]\n')
    (found,) = read_registrations(file)
    assert (found.client_id, found.auth_method, found.redirect_uris) == ("other", "none", ("https://other.example/cb",))
    for wrong in ('auth_method = "private_key_jwt"', 'auth_method = "client_secret_basic"', "colour = 1"):
        file.write_text(f"[clients.other]\n{wrong}\n")
        with pytest.raises(ValueError, match=r"clients\.other"):
            read_registrations(file)
