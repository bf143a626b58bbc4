"""what was filled in when a launch ended, for the same user's next launch

Revision: 0006, after 0005.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import smart_app.store.columns

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_form",
        sa.Column("issuer", sa.String(length=64), nullable=False),
        sa.Column("care_provider", sa.String(length=64), nullable=False),
        sa.Column("care_unit", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("launch_id", sa.String(length=36), nullable=False),
        sa.Column("form", sa.String(length=32), nullable=False),
        sa.Column("kept_at", smart_app.store.columns.Instant(timezone=True), nullable=False),
        sa.Column("sealed_fields", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("kept_form", schema=None) as batch_op:
        for column in ("care_provider", "care_unit", "issuer", "kept_at", "launch_id"):
            batch_op.create_index(batch_op.f(f"ix_kept_form_{column}"), [column], unique=False)


def downgrade() -> None:
    op.drop_table("kept_form")
