"""The same line with PostgreSQL behind it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journey import test_line as on_sqlite
from tests.running_line import Line, running_line
from tests.running_postgres import Cluster


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory, postgres_cluster: Cluster) -> Iterator[Line]:
    with running_line(tmp_path_factory.mktemp("line"), postgres_cluster.new_database()) as made:
        yield made


test_a_plan_is_saved = on_sqlite.test_a_physician_saves_a_plan_and_it_stands_in_the_record_and_in_the_list
test_a_new_certificate = on_sqlite.test_a_new_certificate_gives_a_second_assessment_and_new_versions_of_plan_and_task
test_a_unit_run = on_sqlite.test_a_unit_run_lists_every_ongoing_case_before_anyone_has_clicked


def test_nul_in_an_address_or_a_name_is_no_fault_of_the_database(line: Line) -> None:
    line.ehr.put({"resourceType": "Patient", "id": "p-nul", "name": [{"text": "Nulla\0 Noll"}], "gender": "female"})
    page = line.tab(patient="p-nul").page
    assert page is not None
    assert page.status_code == 200
    tab = line.tab("sofia-oberg")
    assert tab.open(f"{line.service}/fhir/Task/%00").status_code == 404
