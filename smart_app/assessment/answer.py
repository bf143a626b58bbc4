"""Answering a question about the case that the page shows."""

from __future__ import annotations

from smart_app.assessment.answers import DO_NOT_KNOW, Answers
from smart_app.assessment.errors import NothingToSave
from smart_app.assessment.given import Given
from smart_app.assessment.kept_answers import keep_answers
from smart_app.assessment.look import look_again
from smart_app.assessment.visit import Visit
from smart_app.audit.log import Action, in_care


def answer_shown(services: Given, visit: Visit, answers: Answers) -> bool:
    """Keep answers about the case that this launch's page shows; the worklist's figure follows at once.

    Returns:
        Whether there was anything to keep: answers to other questions than those shown are not.

    Raises:
        LookExpired: what was shown is no longer kept.
        NothingToSave: there is no case.
    """
    looked = look_again(services, visit)
    if looked.case_id is None:
        raise NothingToSave
    asked = looked.considered.asked
    said = {
        column: level for column, level in answers.items() if column in asked and level in (*asked[column], DO_NOT_KNOW)
    }
    if not said:
        return False
    now, owner = services.clock.now(), visit.at_unit_of(looked.considered.case).owner
    with services.store.transaction() as session:
        keep_answers(
            session,
            services.sealer,
            owner,
            case_id=looked.case_id,
            patient=visit.patient,
            answers=said,
            by=visit.actor,
            now=now,
        )
        in_care(
            session,
            owner,
            visit.by,
            Action.WRITE,
            f"answers kept, case {looked.case_id}",
            now=now,
            patient=visit.patient,
        )
    look_again(services, visit)  # puts the new figure into the worklist
    return True
