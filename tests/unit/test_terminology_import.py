"""Official files in the forms that occur, all of them INVENTED here: what is read, and what is refused, row by row."""

from __future__ import annotations

import random
import zipfile
from datetime import date
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

import pytest

from terminology.catalogue import Catalogue
from terminology.concept import Edition, Kind
from terminology.import_release import NotJudged, Prepared, WrongReleaseId, prepare
from terminology.known_changes import Change, read_changes
from terminology.memory_store import MemoryRelease
from terminology.reading.delimited import read_delimited
from terminology.reading.editions import Reading
from terminology.reading.errors import UnreadableFile, WrongRows
from terminology.reading.official_file import read_official_file
from terminology.shipped import shipped

KVA = [["Kod", "Titel"], ["AA001", "Påhittad åtgärd (i)"], ["AA002", "Ännu en"]]
ICD_HEADER = [
    "Kod",
    "Giltig från",
    "Överordnad kod",
    "Titel",
    "Latin",
    "Beskrivning",
    "Exempel",
    "Innefattar",
    "Utesluter",
    "Anmärkning",
    "Kodningsinformation",
    "Innehåll",
    "Manifestation(*)/Etiologi(†)",
    "Koppling Manifestation/Etiologi",
    "Ej huvuddiagnos",
    "Kodnivå",
]
ICD = [
    ICD_HEADER,
    ["01", "", "", "Påhittat kapitel", *[""] * 12],
    ["A00-A09", "", "01", "Påhittat avsnitt", *[""] * 12],
    ["A02", "1997-01-01", "A00-A09", "Påhittad infektion", "Infectio", *[""] * 10, "3"],
    ["A02.2", "1997-01-01", "A02", "Lokaliserad", "", "", "", "Med \nradbrytning", *[""] * 7, "4"],
    ["A02.3", "", "A02", "Inaktiv", *[""] * 12],
]


def delimited(rows: list[list[str]], mark: str = "\t", *, quoted: bool = False) -> str:
    def cell(text: str) -> str:
        needs = quoted or mark in text or "\n" in text
        return '"' + text.replace('"', '""') + '"' if needs else text

    return "".join(mark.join(map(cell, row)) + "\r\n" for row in rows)


def workbook(sheets: dict[str, list[list[str]]], *, shared: bool = True, extra: bytes = b"") -> bytes:
    strings: list[str] = []

    def cell(row: int, column: int, text: str) -> str:
        name = f'r="{"ABCDEFGHIJKLMNOPQRST"[column]}{row}"'
        if text.isdigit():
            return f"<c {name}><v>{text}</v></c>"
        if not shared:
            return f'<c {name} t="inlineStr"><is><t>{escape(text)}</t></is></c>'
        strings.append(text)
        return f'<c {name} t="s"><v>{len(strings) - 1}</v></c>'

    def sheet(rows: list[list[str]]) -> str:
        lines = "".join(
            f'<row r="{number}">{"".join(cell(number, at, text) for at, text in enumerate(row) if text)}</row>'
            for number, row in enumerate(rows, 1)
        )
        return f'<worksheet xmlns="urn:main">{extra.decode()}<sheetData>{lines}</sheetData></worksheet>'

    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as book:
        listed = "".join(f'<sheet name="{name}" r:id="r{at}"/>' for at, name in enumerate(sheets))
        book.writestr("xl/workbook.xml", f'<workbook xmlns:r="urn:r"><sheets>{listed}</sheets></workbook>')
        relations = "".join(f'<Relationship Id="r{at}" Target="worksheets/s{at}.xml"/>' for at in range(len(sheets)))
        book.writestr("xl/_rels/workbook.xml.rels", f"<Relationships>{relations}</Relationships>")
        for at, rows in enumerate(sheets.values()):
            book.writestr(f"xl/worksheets/s{at}.xml", sheet(rows))
        items = "".join(f"<si><t>{escape(text[:2])}</t><r><t>{escape(text[2:])}</t></r></si>" for text in strings)
        book.writestr("xl/sharedStrings.xml", f"<sst>{items}</sst>")
    return content.getvalue()


CLAML = """<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE ClaML SYSTEM "ClaML.dtd"><ClaML version="2.0.0">
<Class code="A00-A09" kind="block"><Rubric kind="preferred"><Label>Påhittat avsnitt</Label></Rubric></Class>
<Class code="A02" kind="category"><Meta name="GiltigFran" value="1997-01-01"/><SuperClass code="A00-A09"/>
<Rubric kind="preferred"><Label xml:lang="sv">Påhittad <Fragment>infektion</Fragment></Label></Rubric>
<Rubric kind="exclusion"><Label>annat</Label></Rubric></Class>
<Class code="A02.2" kind="category"><Meta name="GiltigFran" value="1997-01-01"/><SuperClass code="A02"/>
<Rubric kind="preferred"><Label>Lokaliserad</Label></Rubric></Class></ClaML>"""


def read(content: bytes, system: str = "kva", **more: Any) -> Reading:
    return read_official_file(content, system, source="INVENTED", **more)


def texts(reading: Reading) -> dict[str, str | None]:
    return {code: each.text for code, each in reading.editions.items()}


EXPECTED = {"AA001": "Påhittad åtgärd (i)", "AA002": "Ännu en"}


@pytest.mark.parametrize(
    "content",
    [
        delimited(KVA).encode(),
        delimited(KVA).encode("utf-8-sig"),
        delimited(KVA).encode("cp1252"),
        delimited(KVA).encode("utf-16"),
        delimited(KVA, ";").encode("cp1252"),
        delimited(KVA, ",", quoted=True).encode(),
        delimited([["", ""], ["Källa: påhittad", ""], *KVA]).encode(),
        delimited([[b, "x", a] for a, b in KVA]).encode(),
        delimited([["KLARTEXT", " code "], *([b, a] for a, b in KVA[1:])]).encode(),
        delimited([*KVA, ["", ""], ["Källa: påhittad", ""], KVA[1]]).encode(),
        delimited(
            [[*KVA[0], "Beskrivning"], *([*row, ", ".join(["många kommatecken"] * 20)] for row in KVA[1:])]
        ).encode(),
        workbook({"KVÅ": KVA}),
        workbook({"KVÅ": KVA}, shared=False),
        workbook({"Läs mig": [["Hej"], ["Kod och titel finns på nästa blad"]], "KMÅ": KVA, "Tomt": []}),
        workbook({"KKÅ": KVA[:2], "KMÅ": [KVA[0], KVA[2]]}),
    ],
    ids=lambda content: content[:2].hex(),  # a workbook begins with the time at which it was made
)
def test_the_same_codes_from_every_form(content: bytes) -> None:
    assert texts(read(content)) == EXPECTED


def icd(content: bytes) -> dict[str, Edition]:
    return read(content, "icd10se").editions


def test_the_text_file_of_icd_10_se() -> None:
    found = icd(delimited(ICD, quoted=True).encode())
    assert list(found) == ["01", "A00-A09", "A02", "A022", "A023"]
    assert [each.kind for each in found.values()] == [Kind.HEADING] * 2 + [Kind.CODE] * 3
    assert [each.parent for each in found.values()] == [None, "01", "A00-A09", "A02", "A02"]
    assert found["A02"].since == date(1997, 1, 1)
    assert found["A02"].note("latin") == "Infectio"
    assert found["A022"].note("includes") == "Med \nradbrytning"
    assert [each.active for each in found.values()] == [True, True, True, True, False]


def test_claml_with_an_outside_document_type_that_is_never_fetched() -> None:
    found = icd(CLAML.encode())
    assert {code: each.text for code, each in found.items()} == {
        "A00-A09": "Påhittat avsnitt",
        "A02": "Påhittad infektion",
        "A022": "Lokaliserad",
    }
    assert (found["A022"].parent, found["A02"].since) == ("A02", date(1997, 1, 1))
    assert found["A02"].note("excludes") == "annat"
    with pytest.raises(WrongRows, match="class 3, column Kod: 'A0%2' has not the form"):
        icd(CLAML.replace("A02.2", "A0%2").encode())


def test_claml_in_two_languages_gives_the_swedish_texts() -> None:
    english = '<Label xml:lang="en">Invented</Label>'
    both = CLAML.replace("<Label>Lokaliserad", f"{english}<Label>Lokaliserad").replace(
        "annat</Label></Rubric>", f'annat</Label></Rubric><Rubric kind="preferred">{english}</Rubric>'
    )
    assert {code: each.text for code, each in icd(both.encode()).items()} == {
        code: each.text for code, each in icd(CLAML.encode()).items()
    }
    only = CLAML.replace("<Label>Lokaliserad</Label>", english)
    assert icd(only.encode())["A022"].text == "Invented"


def test_codes_without_a_first_day_have_ended_only_where_others_have_one() -> None:
    undated = delimited([ICD_HEADER, *([row[0], "", *row[2:]] for row in ICD[1:])])
    for content in (CLAML.replace("GiltigFran", "x").encode(), undated.encode()):
        assert all(each.active for each in icd(content).values())
        assert not any("first day" in each for each in read(content, "icd10se").warnings)
    assert read(delimited(ICD, quoted=True).encode(), "icd10se").warnings == [
        "1 codes without a first day are taken as no longer valid: A023"
    ]


def test_days_in_excel_and_years_alone() -> None:
    rows = [["Kod", "Titel", "Giltig från", "Giltig till"], ["AA001", "x", "45292", "2025"], ["AA002", "y", "2024", ""]]
    found = read(workbook({"a": rows})).editions
    assert (found["AA001"].since, found["AA001"].until) == (date(2024, 1, 1), date(2025, 12, 31))
    assert (found["AA002"].since, found["AA002"].until) == (date(2024, 1, 1), None)


WRONG_ROWS = (
    (["AA003", ""], "row 4, column Titel: AA003 has no text", 1),
    (["AA0X2", "Text"], "row 4, column Kod: 'AA0X2' has not the form of a code", 1),
    (["AA004", "#N/A"], "row 4, column Titel: #N/A is an error of Excel, no text", 1),
    (["", "Utan kod", "2024"], "row 4, column Kod: no code", 1),
    (["ÅÄÖ?!", "Text"], "row 4, column Kod: 'ÅÄÖ?!' has not the form of a code", 1),
    (["AA001", "En annan text"], "row 4, column Kod: AA001 stands already in row 2, differently", 1),
    (["AA004", "Text", "2024-02-30"], "row 4, column Giltig från: '2024-02-30' is no day of the calendar", 1),
    (["AA004", "Text", "igår"], "row 4, column Giltig från: 'igår' is no date (2024-01-01)", 1),
    (["AA004", "Text", "2024", "2023"], "row 4, column Giltig till: 2023-12-31 is before 2024-01-01", 1),
)


@pytest.mark.parametrize(("row", "said", "count"), WRONG_ROWS, ids=lambda each: str(each)[:30])
def test_a_wrong_row_is_named_and_refuses_the_file(row: list[str], said: str, count: int) -> None:
    rows = [
        ["Kod", "Titel", "Giltig från", "Giltig till"],
        *KVA[1:],
        row,
    ]
    with pytest.raises(WrongRows) as fault:
        read(delimited(rows).encode())
    assert str(fault.value.faults[0]) == said
    assert len(fault.value.faults) == count


def test_rows_are_counted_as_a_person_sees_them_in_files_with_line_breaks_in_cells_and_in_named_sheets() -> None:
    rows = [KVA[0], ["AA001", "två\nrader"], ["AA1", "fel"]]
    with pytest.raises(WrongRows, match=r"row 4, column Kod: 'AA1%'"):
        read(delimited([*rows[:2], ["AA1%", "fel"]], quoted=True).encode())
    with pytest.raises(WrongRows, match=r"sheet KMÅ, row 3, column Kod: 'AA1%'"):
        read(workbook({"Läs": [["x"]], "KMÅ": [*rows[:2], ["AA1%", "fel"]]}))


def test_many_wrong_rows_are_counted() -> None:
    with pytest.raises(WrongRows) as fault:
        read(delimited([KVA[0], *([f"?{n}", "x"] for n in range(100))]).encode())
    assert (len(fault.value.faults), fault.value.more) == (20, 80)


BOMB = '<!DOCTYPE ClaML [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;">]>'
UNREADABLE = (
    (b"", "no header"),
    (b"\x00\x01\x02\x03" * 40, "binary"),
    (b"\xd0\xcf\x11\xe0" + b"x" * 100, "xls"),
    (b"PK\x03\x04 no zip", "cannot be unpacked"),
    (delimited([["Namn", "Beskrivning"], ["a", "b"]]).encode(), "'Namn', 'Beskrivning'"),
    (delimited([KVA[0]]).encode(), "no codes"),
    (b'Kod\tTitel\nAA001\t"halv', "row 2"),
    (delimited(KVA).encode("cp1252") + b"\x81", "line 4: a byte that is no cp1252 text"),
    (delimited([["Kod", "Titel", "Text"], ["AA001", "a", "b"]]).encode(), "mean the same"),
    (b"<html/>", "not ClaML"),
    (b"<ClaML><Class>", r"line 1, column 15: no well-formed XML \(no element found\)"),
    (CLAML.replace('<!DOCTYPE ClaML SYSTEM "ClaML.dtd">', BOMB).encode(), "entities"),
    (b"<a>" * 5000, "nested too deeply"),
    (workbook({"a": KVA}).replace(b"xl/workbook.xml", b"xl/workbxxx.xml"), "no Excel workbook"),
)


@pytest.mark.parametrize(("content", "said"), UNREADABLE, ids=[said for _, said in UNREADABLE])
def test_what_cannot_be_read_says_why(content: bytes, said: str) -> None:
    with pytest.raises(UnreadableFile, match=said):
        read(content)


def test_entities_in_a_workbook_are_refused_and_a_swollen_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    content = BytesIO(workbook({"a": KVA}))
    with zipfile.ZipFile(content, "a") as book, pytest.warns(UserWarning, match="Duplicate"):
        book.writestr("xl/sharedStrings.xml", '<!DOCTYPE sst [<!ENTITY a "aaaa">]><sst><si><t>&a;</t></si></sst>')
    with pytest.raises(UnreadableFile, match="entities"):
        read(content.getvalue())
    monkeypatch.setattr("terminology.reading.workbook.MOST_BYTES", 100)
    with pytest.raises(UnreadableFile, match="larger"):
        read(workbook({"a": KVA}))


def test_one_sheet_of_several_may_be_chosen() -> None:
    content = workbook({"KMÅ": KVA, "Ändringar": [KVA[0], ["AA001", "Gammal text"]]})
    with pytest.raises(WrongRows, match="sheet Ändringar, row 2"):
        read(content)
    assert texts(read(content, sheets=["KMÅ"])) == EXPECTED
    others = workbook({"KKÅ": KVA[:2], "KMÅ": [KVA[0], KVA[2]], "Utgångna": [KVA[0], ["ZZ001", "Gammal"]]})
    assert texts(read(others, sheets=["KKÅ", "KMÅ"])) == EXPECTED
    assert "sheets read: KKÅ, KMÅ, Utgångna" in read(others).warnings[0]
    with pytest.raises(UnreadableFile, match="no sheet 'X'"):
        read(content, sheets=["X"])


def test_thirty_five_thousand_codes() -> None:
    rows = [["Kod", "Titel"]]
    rows += [
        [f"{a}{b:02}.{c}{d}", f"Påhittad {a}{b}"]
        for a in "ABCDEFGHIJ"
        for b in range(35)
        for c in range(10)
        for d in range(10)
    ]
    found = icd(delimited([[*row] for row in rows]).encode())
    assert len(found) == 35_000


def test_random_bytes_never_break_the_reader() -> None:
    chance = random.Random(3)
    samples = [delimited(ICD).encode(), CLAML.encode(), workbook({"a": KVA})]
    for number in range(400):
        content = bytearray(samples[number % 3])
        for _ in range(chance.randint(1, 12)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        for system in ("kva", "icd10se"):
            try:
                read(bytes(content), system)
            except (UnreadableFile, WrongRows):
                continue


def prepared(rows: list[list[str]], *, changes: tuple[Change, ...] = (), **more: Any) -> Prepared:
    arguments: dict[str, Any] = {
        "system": "kva",
        "release_id": "2024",
        "first_day": None,
        "catalogue": Catalogue([*shipped(), *more.pop("stores", ())]),
        "changes": changes,
    }
    return prepare(delimited(rows).encode(), **(arguments | more))


def all_shipped(**other: str) -> list[list[str]]:
    texts = {each.code: each.text or "x" for each in shipped()[2].every()} | other
    return [["Kod", "Titel"], *([code, text] for code, text in texts.items() if text)]


def test_an_unjudged_change_stops_the_import_and_is_named() -> None:
    rows = all_shipped(GC001="Rehabiliteringskoordinering enligt lag (i)", DU007="")
    with pytest.raises(NotJudged) as fault:
        prepared(rows)
    assert [each.code for each in fault.value.differences] == ["DU007", "GC001"]
    assert "- DU007  Stödjande samtal (i)  (not judged)" in str(fault.value)
    assert "-> Rehabiliteringskoordinering enligt lag (i)" in str(fault.value)
    assert prepared(rows, unjudged="mark").release.unjudged == ("DU007", "GC001")


def test_what_a_person_has_judged_passes() -> None:
    entry = {"system": "kva", "from": ["GC001"], "to": ["GC001"], "certainty": "verified", "source": "INVENTED"}
    entry |= {"kind": "renamed", "comparable": True, "why_sv": "påhittat"}
    rows = all_shipped(GC001="Ny text")
    for day, passes in ((date(2024, 1, 1), True), (date(2023, 1, 1), True), (date(2022, 1, 1), False), (None, False)):
        judged = read_changes({"change": [entry | ({"on": day} if day else {})]})
        if passes:
            assert prepared(rows, changes=judged).release.unjudged == ()
        else:
            with pytest.raises(NotJudged):
                prepared(rows, changes=judged)


def test_the_same_codes_need_no_judgement_and_say_that_only_a_selection_was_compared() -> None:
    (compared,) = prepared([*all_shipped(), ["ZZ001", "Ny"]]).compared
    assert compared.all == ()
    assert compared.counted().startswith("2022 -> 2024: 0 new, 0 gone, 0 with another text (only the codes of 2022")


def test_an_older_year_read_later_is_held_against_the_year_after_it() -> None:
    later = prepared(all_shipped())
    store = MemoryRelease(later.release, later.editions)
    with pytest.raises(NotJudged) as fault:
        prepared([*all_shipped(), ["ZZ001", "Borta sedan"]], release_id="2023", stores=[store])
    assert [(one.before, one.after) for one in fault.value.compared] == [("2022", "2023"), ("2023", "2024")]
    assert [each.code for each in fault.value.differences] == ["ZZ001"]


@pytest.mark.parametrize("name", ["../x", "", "autumn", "a" * 30])
def test_a_release_needs_a_name_and_a_day(name: str) -> None:
    with pytest.raises(WrongReleaseId):
        prepared(all_shipped(), release_id=name)


def test_two_releases_never_begin_on_one_day() -> None:
    assert prepared(all_shipped(), release_id="2022", unjudged="mark").release.id == "2022"
    assert prepared(all_shipped(), release_id="2022b", first_day=date(2022, 7, 1), unjudged="mark")
    with pytest.raises(WrongReleaseId, match="release 2022 begins on 2022-01-01 too; import it as 2022"):
        prepared(all_shipped(), release_id="2022b", first_day=date(2022, 1, 1))


def test_quotation_marks_and_line_separators_of_a_text_are_its_own() -> None:
    own = {"AA001": '"Cri du chat"-syndrom', "AA002": 'sagt "så"', "AA003": "hel text", "AA004": "två\x85 \u2028delar"}
    rows = "".join(f"{code}\t{text}\r\n" for code, text in own.items())
    found = texts(read(f'Kod\t"Titel"\r\n{rows}'.encode()))
    assert found == {**own, "AA004": "två delar"}
    with pytest.raises(UnreadableFile, match="row 3: a quotation mark that is not closed"):
        read(f'Kod\tTitel\r\n{rows}AA005\t"halv\r\n'.replace("hel", '"hel').replace('sagt "så"', '"sagt').encode())


def test_a_text_file_is_split_by_the_delimiter_that_it_has() -> None:
    (sheet,) = read_delimited(b"Kod;Titel\nAA001;a, b, c\n")
    assert sheet.rows[1].cells == ("AA001", "a, b, c")
