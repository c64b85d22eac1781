"""replenishment"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
import lmis.db
from alembic import op

SQLITE_GUARD = """
CREATE TRIGGER {table}_{action} BEFORE {action} ON {table}
BEGIN SELECT RAISE(ABORT, 'the ledger is only ever inserted into'); END
"""
POSTGRESQL_GUARD = """
CREATE TRIGGER {table}_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change()
"""
GUARDED = "shipment_document"

revision = '0002'
down_revision = '0001'


def upgrade() -> None:
    op.create_table('in_transit',
    sa.Column('shipment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('lot_id', sa.Integer(), nullable=False),
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('status', sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('sender_id', sa.Integer(), nullable=False),
    sa.Column('receiver_id', sa.Integer(), nullable=False),
    sa.Column('sent', sa.Integer(), nullable=False),
    sa.Column('received', sa.Integer(), nullable=False),
    sa.Column('lost', sa.Integer(), nullable=False),
    sa.Column('returned', sa.Integer(), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('since_on', sa.Date(), nullable=False),
    sa.CheckConstraint('received >= 0 AND lost >= 0 AND returned >= 0 AND quantity >= 0', name=op.f('ck_in_transit_not_negative')),
    sa.CheckConstraint('sent = received + lost + returned + quantity', name=op.f('ck_in_transit_adds_up')),
    sa.ForeignKeyConstraint(['channel'], ['channel.code'], name=op.f('fk_in_transit_channel_channel')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_in_transit_item_id_item')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_in_transit_lot_id_lot')),
    sa.ForeignKeyConstraint(['receiver_id'], ['facility.id'], name=op.f('fk_in_transit_receiver_id_facility')),
    sa.ForeignKeyConstraint(['sender_id'], ['facility.id'], name=op.f('fk_in_transit_sender_id_facility')),
    sa.ForeignKeyConstraint(['shipment_id'], ['stock_movement.id'], name=op.f('fk_in_transit_shipment_id_stock_movement')),
    sa.PrimaryKeyConstraint('shipment_id', 'lot_id', 'channel', 'status', name=op.f('pk_in_transit')),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('in_transit', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_in_transit_lot_id'), ['lot_id'], unique=False)
        batch_op.create_index('ix_in_transit_receiver', ['receiver_id'], unique=False, sqlite_where=sa.text('quantity > 0'), postgresql_where=sa.text('quantity > 0'))
        batch_op.create_index('ix_in_transit_sender', ['sender_id'], unique=False, sqlite_where=sa.text('quantity > 0'), postgresql_where=sa.text('quantity > 0'))

    op.create_table('shipment_document',
    sa.Column('movement_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('shipment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['movement_id'], ['stock_movement.id'], name=op.f('fk_shipment_document_movement_id_stock_movement')),
    sa.ForeignKeyConstraint(['shipment_id'], ['stock_movement.id'], name=op.f('fk_shipment_document_shipment_id_stock_movement')),
    sa.PrimaryKeyConstraint('movement_id', name=op.f('pk_shipment_document')),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('shipment_document', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_shipment_document_shipment_id'), ['shipment_id'], unique=False)

    op.add_column('lot', sa.Column('recalled_on', sa.Date(), nullable=True))

    with op.batch_alter_table('stock_movement_line', schema=None) as batch_op:
        batch_op.create_index('ix_stock_movement_line_lot', ['lot_id', 'facility_id'], unique=False)


    guard_the_ledger()


def guard_the_ledger() -> None:
    """Which shipment a document belongs to is part of the ledger: never changed."""
    if op.get_bind().dialect.name == "sqlite":
        for action in ("UPDATE", "DELETE"):
            op.execute(SQLITE_GUARD.format(table=GUARDED, action=action))
    else:
        op.execute(POSTGRESQL_GUARD.format(table=GUARDED))


def downgrade() -> None:
    with op.batch_alter_table('stock_movement_line', schema=None) as batch_op:
        batch_op.drop_index('ix_stock_movement_line_lot')

    op.drop_column('lot', 'recalled_on')

    with op.batch_alter_table('shipment_document', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_shipment_document_shipment_id'))

    op.drop_table('shipment_document')
    with op.batch_alter_table('in_transit', schema=None) as batch_op:
        batch_op.drop_index('ix_in_transit_sender', sqlite_where=sa.text('quantity > 0'), postgresql_where=sa.text('quantity > 0'))
        batch_op.drop_index('ix_in_transit_receiver', sqlite_where=sa.text('quantity > 0'), postgresql_where=sa.text('quantity > 0'))
        batch_op.drop_index(batch_op.f('ix_in_transit_lot_id'))

    op.drop_table('in_transit')
