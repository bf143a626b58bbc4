"""steps of the write ladder that an EHR refused

Revision: 0005, after 0004.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import smart_app.store.columns

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox_not_taken",
        sa.Column("issuer", sa.String(length=64), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("types", sa.String(length=256), nullable=False),
        sa.Column("until", smart_app.store.columns.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "step", "types"),
    )


def downgrade() -> None:
    op.drop_table("outbox_not_taken")
