"""Facts fixed at first start."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from smart_app.store.columns import new_id
from smart_app.store.database import Store
from smart_app.store.tables import InstallationRow

NAMESPACE = "namespace"


def namespace(store: Store) -> str:
    """The identifier namespace of everything that this installation writes; made once, never changed."""
    with store.reading() as session:
        row = session.get(InstallationRow, NAMESPACE)
    if row is not None:
        return row.value
    try:
        with store.transaction() as session:
            session.add(InstallationRow(key=NAMESPACE, value=f"https://sickleave-on-fhir.example/id/{new_id()}"))
    except IntegrityError:
        pass  # another process was first; its value holds
    with store.reading() as session:
        return session.get_one(InstallationRow, NAMESPACE).value
