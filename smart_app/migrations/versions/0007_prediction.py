"""first predictions, kept for follow-up; when a case's certificates were last read

Revision: 0007, after 0006.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import smart_app.store.columns

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INDEXED = ("care_provider", "care_unit", "issuer", "made_at")


def upgrade() -> None:
    op.create_table(
        "prediction",
        sa.Column("issuer", sa.String(length=64), nullable=False),
        sa.Column("care_provider", sa.String(length=64), nullable=False),
        sa.Column("care_unit", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("model_id", sa.String(length=64), nullable=False),
        sa.Column("model_version", sa.String(length=32), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("sealed_said", sa.String(), nullable=False),
        sa.Column("made_at", smart_app.store.columns.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "model_id", "model_version"),
    )
    with op.batch_alter_table("prediction", schema=None) as batch_op:
        for column in INDEXED:
            batch_op.create_index(batch_op.f(f"ix_prediction_{column}"), [column], unique=False)
    with op.batch_alter_table("sick_leave_case", schema=None) as batch_op:
        batch_op.add_column(sa.Column("read_on", sa.Date(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("sick_leave_case", schema=None) as batch_op:
        batch_op.drop_column("read_on")
    op.drop_table("prediction")
