"""Answers kept per case, sealed, so that every look at the case gives the same figure; and as they are written."""

from __future__ import annotations

from datetime import datetime

import orjson
from sqlmodel import Session, select

from fhir_mapping.write.request import Answer
from risk.factor_words import answer as answer_in_words
from risk.factor_words import question as question_in_words
from smart_app.assessment.answers import DO_NOT_KNOW, Answers
from smart_app.assessment.tables import CaseAnswersRow
from smart_app.sealing import Sealer
from smart_app.store.columns import new_id
from smart_app.store.owner import Owner

QUESTIONS, QUESTIONS_VERSION = "risk-questions", "2"
PURPOSE, COLUMN = "answers", "sealed_answers"


def kept_answers(session: Session, owner: Owner, case_id: str) -> CaseAnswersRow | None:
    """The row of a case; None when nothing was answered."""
    terms = (*owner.within_provider(CaseAnswersRow), CaseAnswersRow.case_id == case_id)
    return session.exec(select(CaseAnswersRow).where(*terms)).one_or_none()


def answers_of(session: Session, sealer: Sealer, owner: Owner, case_id: str) -> Answers:
    """What was answered about a case: column -> level, or "unknown" for who did not know."""
    row = kept_answers(session, owner, case_id)
    return {} if row is None else _open(sealer, row)


def keep_answers(
    session: Session,
    sealer: Sealer,
    owner: Owner,
    *,
    case_id: str,
    patient: str,
    answers: Answers,
    by: str | None,
    now: datetime,
) -> None:
    """Keep answers beside those kept before; a new answer to the same question replaces the old one."""
    row = kept_answers(session, owner, case_id)
    before = {} if row is None else _open(sealer, row)
    after = {**before, **answers}
    if after == before:
        return
    sealed = sealer.seal(PURPOSE, case_id, COLUMN, orjson.dumps(after))
    if row is None:
        row = CaseAnswersRow(
            **owner.columns(),
            case_id=case_id,
            patient_reference=patient,
            response_id=new_id(),
            sealed_answers=sealed,
            answered_by=by,
            answered_at=now,
        )
        session.add(row)
    else:
        row.sealed_answers, row.response_id, row.answered_by, row.answered_at = sealed, new_id(), by, now
    session.flush()


def follow(session: Session, sealer: Sealer, owner: Owner, ended: str, into: str | None, now: datetime) -> None:
    """Answers of a case that was merged into another hold for that one, unless the same was asked there."""
    gone = kept_answers(session, owner, ended)
    if gone is None or into is None:
        return
    stay = answers_of(session, sealer, owner, into)
    keep_answers(
        session,
        sealer,
        owner,
        case_id=into,
        patient=gone.patient_reference,
        answers={**_open(sealer, gone), **stay},
        by=gone.answered_by,
        now=now,
    )


def answers_to_write(answers: Answers) -> tuple[Answer, ...]:
    """The answers as items of our questionnaire; who did not know has not answered."""
    return tuple(
        Answer(column, question_in_words(column).sv, answer_in_words(column, level).sv)
        for column, level in sorted(answers.items())
        if level != DO_NOT_KNOW
    )


def _open(sealer: Sealer, row: CaseAnswersRow) -> dict[str, str]:
    kept: dict[str, str] = orjson.loads(sealer.unseal(PURPOSE, row.case_id, COLUMN, row.sealed_answers))
    return kept
