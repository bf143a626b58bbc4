"""Resources in memory with all their versions, and a way back when a transaction fails."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from datetime import datetime

from .messages import FhirFault, Resource

_Key = tuple[str, str]


class Store:
    """Current resources by type and id; a None version is a deletion.

    Resources handed out are the store's own: readers must not change them.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._current: dict[str, dict[str, Resource]] = {}
        self._versions: dict[_Key, list[Resource | None]] = {}
        self._journal: list[_Key] = []
        self._last_id = 1000

    def new_id(self) -> str:
        self._last_id += 1
        return str(self._last_id)

    def find(self, type_: str, id_: str) -> Resource | None:
        return self._current.get(type_, {}).get(id_)

    def read(self, type_: str, id_: str) -> Resource:
        """The current version.

        Raises:
            FhirFault: 404 when it never existed, 410 when it was deleted.
        """
        found = self.find(type_, id_)
        if found is not None:
            return found
        if (type_, id_) in self._versions:
            raise FhirFault(410, "deleted", f"{type_}/{id_} was deleted")
        raise FhirFault(404, "not-found", f"{type_}/{id_} is not known")

    def versions(self, type_: str, id_: str) -> list[Resource | None]:
        """All versions, oldest first."""
        if (type_, id_) not in self._versions:
            raise FhirFault(404, "not-found", f"{type_}/{id_} is not known")
        return self._versions[type_, id_]

    def all_of(self, type_: str) -> Iterator[Resource]:
        return iter(tuple(self._current.get(type_, {}).values()))

    def types(self) -> tuple[str, ...]:
        return tuple(sorted(type_ for type_, found in self._current.items() if found))

    def put(self, type_: str, id_: str, resource: Resource) -> Resource:
        """Keep `resource` as the next version and return it as stored."""
        kept = copy.deepcopy(resource)
        versions = self._versions.setdefault((type_, id_), [])
        stamp = self._now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        kept["id"] = id_
        kept["meta"] = {**kept.get("meta", {}), "versionId": str(len(versions) + 1), "lastUpdated": stamp}
        versions.append(kept)
        self._current.setdefault(type_, {})[id_] = kept
        self._journal.append((type_, id_))
        return kept

    def delete(self, type_: str, id_: str) -> None:
        if self._current.get(type_, {}).pop(id_, None) is not None:
            self._versions[type_, id_].append(None)
            self._journal.append((type_, id_))

    def mark(self) -> int:
        """A point to `roll_back` to."""
        return len(self._journal)

    def roll_back(self, mark: int) -> None:
        """Undo every change since `mark`."""
        while len(self._journal) > mark:
            type_, id_ = self._journal.pop()
            versions = self._versions[type_, id_]
            versions.pop()
            current = self._current.setdefault(type_, {})
            if versions and versions[-1] is not None:
                current[id_] = versions[-1]
            else:
                current.pop(id_, None)
            if not versions:
                del self._versions[type_, id_]
