"""The URLs of our own definitions and of the identifiers that we write."""

from __future__ import annotations

from dataclasses import dataclass, replace

from terminology.codes import ICD10SE, KVA

CANONICAL = "https://sickleave-on-fhir.example/fhir"
"""Canonical base of the definitions as shipped, in the reserved `.example` domain: nobody's real one is claimed."""


@dataclass(frozen=True, slots=True)
class Urls:
    """Bases of this installation.

    Attributes:
        namespace: base of the identifier systems of what we write; given once per installation, never changed.
        canonical: base of our definitions; a setting may change it.
        kva, icd10se: addresses of the code systems as we write them.
    """

    namespace: str
    canonical: str = CANONICAL
    kva: str = KVA
    icd10se: str = ICD10SE

    def with_kva(self, system: str | None) -> Urls:
        """The same for an EHR that wants another address of KVÅ; None = it wants none of its own."""
        return self if system is None else replace(self, kva=system)

    def code_system(self, name: str) -> str:
        """CodeSystem url, e.g. "reko-status"."""
        return f"{self.canonical}/CodeSystem/{name}"

    def extension(self, name: str) -> str:
        """StructureDefinition url of one of our extensions, e.g. "rank"."""
        return f"{self.canonical}/StructureDefinition/{name}"

    def questionnaire(self, name: str, version: str | None = None) -> str:
        """Questionnaire url, with `|version` when one is given."""
        url = f"{self.canonical}/Questionnaire/{name}"
        return f"{url}|{version}" if version else url

    def identifier_system(self, kind: str) -> str:
        """Identifier system of one kind of written resource: assessment, plan, task, procedure, answers."""
        return f"{self.namespace}/{kind}"

    @property
    def write_tag(self) -> str:
        """System of the `meta.tag` that makes a Provenance, which has no identifier in R4, recognisable."""
        return f"{self.namespace}/write"
