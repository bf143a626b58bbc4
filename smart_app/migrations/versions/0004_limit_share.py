"""how much of a minute's share of requests a caller has used

Revision: 0004, after 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import smart_app.store.columns

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "limit_share",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("used_at", smart_app.store.columns.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    with op.batch_alter_table("limit_share", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_limit_share_used_at"), ["used_at"], unique=False)


def downgrade() -> None:
    op.drop_table("limit_share")
