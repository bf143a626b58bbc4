"""answers to questions, kept per case

Revision: 0003, after 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import smart_app.store.columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_answers",
        sa.Column("issuer", sa.String(length=64), nullable=False),
        sa.Column("care_provider", sa.String(length=64), nullable=False),
        sa.Column("care_unit", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("patient_reference", sa.String(length=128), nullable=False),
        sa.Column("response_id", sa.String(length=36), nullable=False),
        sa.Column("sealed_answers", sa.String(), nullable=False),
        sa.Column("answered_by", sa.String(length=64), nullable=True),
        sa.Column("answered_at", smart_app.store.columns.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("case_id"),
    )
    with op.batch_alter_table("case_answers", schema=None) as batch_op:
        for column in ("care_provider", "care_unit", "issuer", "patient_reference"):
            batch_op.create_index(batch_op.f(f"ix_case_answers_{column}"), [column], unique=False)


def downgrade() -> None:
    op.drop_table("case_answers")
