"""When a case is no longer one of its own: its task is closed, and the work moves to the case that stays."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, select

from fhir_mapping.urls import Urls
from smart_app.sealing import Sealer
from smart_app.store.owner import Owner
from smart_app.worklist.actor import Actor
from smart_app.worklist.change import put
from smart_app.worklist.find import find_case
from smart_app.worklist.moves import ENDED, START
from smart_app.worklist.tables import ContactRow, TaskRow


def end_task(
    session: Session,
    sealer: Sealer,
    urls: Urls,
    owner: Owner,
    *,
    case_id: str,
    into_case: str | None,
    by: Actor,
    now: datetime,
) -> TaskRow | None:
    """Close the task of a case that was merged into another, or whose certificates were all revoked.

    Status and owner go over when nothing had begun in the task that stays; contacts always go over. Call it after
    `record` of the case that stays.

    Args:
        case_id: the id that ended.
        into_case: the id that answers for it now; None when none does.

    Returns:
        The closed row; None when the case has none, or it is closed already.
    """
    gone = find_case(session, owner, case_id)
    if gone is None or (gone.business_status == ENDED and gone.merged_into == into_case):
        return None
    stays = find_case(session, owner, into_case) if into_case else None
    if stays is not None:
        if stays.business_status == START and gone.business_status != START:
            stays.owner_reference, stays.owner_name = gone.owner_reference, gone.owner_name
            put(session, sealer, urls, owner, stays, gone.business_status, by=by, cause="case-merged", now=now)
        terms = (*owner.within_provider(ContactRow), ContactRow.task_id == gone.id)
        for contact in session.exec(select(ContactRow).where(*terms)):
            contact.task_id = stays.id
    gone.merged_into = into_case
    put(session, sealer, urls, owner, gone, ENDED, by=by, cause="case-ended", now=now)
    return gone
