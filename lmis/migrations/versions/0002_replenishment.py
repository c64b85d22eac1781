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
    op.create_table('lot_recall',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.Uuid(), nullable=False),
    sa.Column('lot_id', sa.Integer(), nullable=False),
    sa.Column('facility_id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('recalled_on', sa.Date(), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('decision', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('note', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('since_id', sa.BigInteger(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('recorded_at', lmis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('lifted_on', sa.Date(), nullable=True),
    sa.Column('lifted_by_id', sa.Integer(), nullable=True),
    sa.Column('lift_reason', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.CheckConstraint('(lifted_on IS NULL) = (lift_reason IS NULL)', name=op.f('ck_lot_recall_lifted_with_reason')),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_lot_recall_facility_id_facility')),
    sa.ForeignKeyConstraint(['lifted_by_id'], ['user_account.id'], name=op.f('fk_lot_recall_lifted_by_id_user_account')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_lot_recall_lot_id_lot')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_lot_recall_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lot_recall')),
    sa.UniqueConstraint('facility_id', 'year', 'number', name=op.f('uq_lot_recall_facility_id_year_number')),
    sa.UniqueConstraint('uuid', name=op.f('uq_lot_recall_uuid'))
    )
    with op.batch_alter_table('lot_recall', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_lot_recall_facility_id'), ['facility_id'], unique=False)
        batch_op.create_index('ix_lot_recall_in_force', ['lot_id'], unique=True, sqlite_where=sa.text('lifted_on IS NULL'), postgresql_where=sa.text('lifted_on IS NULL'))
        batch_op.create_index(batch_op.f('ix_lot_recall_lot_id'), ['lot_id'], unique=False)

    op.create_table('stock_count',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('uuid', sa.Uuid(), nullable=False),
    sa.Column('facility_id', sa.Integer(), nullable=False),
    sa.Column('whole', sa.Boolean(), nullable=False),
    sa.Column('blind', sa.Boolean(), nullable=False),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
    sa.Column('frozen_on', sa.Date(), nullable=False),
    sa.Column('frozen_at', lmis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('frozen_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('started_by', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('saved_by', sa.Integer(), nullable=True),
    sa.Column('saved_at', lmis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('closed_by', sa.Integer(), nullable=True),
    sa.Column('closed_at', lmis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.Column('decided_at', lmis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('why', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('committee', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('note', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.ForeignKeyConstraint(['closed_by'], ['user_account.id'], name=op.f('fk_stock_count_closed_by_user_account')),
    sa.ForeignKeyConstraint(['decided_by'], ['user_account.id'], name=op.f('fk_stock_count_decided_by_user_account')),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_stock_count_facility_id_facility')),
    sa.ForeignKeyConstraint(['saved_by'], ['user_account.id'], name=op.f('fk_stock_count_saved_by_user_account')),
    sa.ForeignKeyConstraint(['started_by'], ['user_account.id'], name=op.f('fk_stock_count_started_by_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stock_count')),
    sa.UniqueConstraint('uuid', name=op.f('uq_stock_count_uuid'))
    )
    with op.batch_alter_table('stock_count', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_stock_count_facility_id_state'), ['facility_id', 'state'], unique=False)

    op.create_table('stock_policy',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.Uuid(), nullable=False),
    sa.Column('facility_id', sa.Integer(), nullable=True),
    sa.Column('level_code', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=True),
    sa.Column('item_id', sa.Integer(), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('lead_time', sa.Numeric(precision=5, scale=2), nullable=True),
    sa.Column('review_period', sa.Numeric(precision=5, scale=2), nullable=True),
    sa.Column('safety_stock', sa.Numeric(precision=5, scale=2), nullable=True),
    sa.Column('minimum', sa.Numeric(precision=5, scale=2), nullable=True),
    sa.Column('maximum', sa.Numeric(precision=5, scale=2), nullable=True),
    sa.Column('emergency_point', sa.Numeric(precision=5, scale=2), nullable=True),
    sa.Column('shelf_life', sa.Numeric(precision=5, scale=2), nullable=True),
    sa.Column('set_by', sa.Integer(), nullable=True),
    sa.Column('set_at', lmis.db.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint('facility_id IS NOT NULL OR level_code IS NOT NULL', name=op.f('ck_stock_policy_somewhere')),
    sa.CheckConstraint('valid_to IS NULL OR valid_to >= valid_from', name=op.f('ck_stock_policy_in_order')),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_stock_policy_facility_id_facility')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_stock_policy_item_id_item')),
    sa.ForeignKeyConstraint(['level_code'], ['level.code'], name=op.f('fk_stock_policy_level_code_level')),
    sa.ForeignKeyConstraint(['set_by'], ['user_account.id'], name=op.f('fk_stock_policy_set_by_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stock_policy')),
    sa.UniqueConstraint('uuid', name=op.f('uq_stock_policy_uuid'))
    )
    with op.batch_alter_table('stock_policy', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_stock_policy_facility_id_valid_from'), ['facility_id', 'valid_from'], unique=False)

    op.create_table('delivery',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.Uuid(), nullable=False),
    sa.Column('shipment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('facility_id', sa.Integer(), nullable=False),
    sa.Column('confirmed_on', sa.Date(), nullable=False),
    sa.Column('recorded_at', lmis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('note', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('digest', sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
    sa.Column('movement_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('found_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('undone_at', lmis.db.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_delivery_facility_id_facility')),
    sa.ForeignKeyConstraint(['found_id'], ['stock_movement.id'], name=op.f('fk_delivery_found_id_stock_movement')),
    sa.ForeignKeyConstraint(['movement_id'], ['stock_movement.id'], name=op.f('fk_delivery_movement_id_stock_movement')),
    sa.ForeignKeyConstraint(['shipment_id'], ['stock_movement.id'], name=op.f('fk_delivery_shipment_id_stock_movement')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_delivery_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery')),
    sa.UniqueConstraint('uuid', name=op.f('uq_delivery_uuid'))
    )
    with op.batch_alter_table('delivery', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_delivery_shipment_id'), ['shipment_id'], unique=False)

    op.create_table('disposal_record',
    sa.Column('movement_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('method', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('decision', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('place', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('members', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.ForeignKeyConstraint(['movement_id'], ['stock_movement.id'], name=op.f('fk_disposal_record_movement_id_stock_movement')),
    sa.PrimaryKeyConstraint('movement_id', name=op.f('pk_disposal_record'))
    )
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

    op.create_table('lot_recall_holding',
    sa.Column('recall_id', sa.Integer(), nullable=False),
    sa.Column('facility_id', sa.Integer(), nullable=False),
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('held', sa.BigInteger(), nullable=False),
    sa.Column('coming', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('held >= 0 AND coming >= 0', name=op.f('ck_lot_recall_holding_not_negative')),
    sa.ForeignKeyConstraint(['channel'], ['channel.code'], name=op.f('fk_lot_recall_holding_channel_channel')),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_lot_recall_holding_facility_id_facility')),
    sa.ForeignKeyConstraint(['recall_id'], ['lot_recall.id'], name=op.f('fk_lot_recall_holding_recall_id_lot_recall')),
    sa.PrimaryKeyConstraint('recall_id', 'facility_id', 'channel', name=op.f('pk_lot_recall_holding')),
    sqlite_with_rowid=False
    )
    op.create_table('requisition',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('uuid', sa.Uuid(), nullable=False),
    sa.Column('facility_id', sa.Integer(), nullable=False),
    sa.Column('supplier_id', sa.Integer(), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
    sa.Column('period', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('status', sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('note', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('shipment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint("kind IN ('regular', 'emergency')", name=op.f('ck_requisition_kind')),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_requisition_facility_id_facility')),
    sa.ForeignKeyConstraint(['shipment_id'], ['stock_movement.id'], name=op.f('fk_requisition_shipment_id_stock_movement')),
    sa.ForeignKeyConstraint(['supplier_id'], ['facility.id'], name=op.f('fk_requisition_supplier_id_facility')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_requisition')),
    sa.UniqueConstraint('facility_id', 'year', 'number', name=op.f('uq_requisition_facility_id_year_number')),
    sa.UniqueConstraint('uuid', name=op.f('uq_requisition_uuid'))
    )
    with op.batch_alter_table('requisition', schema=None) as batch_op:
        batch_op.create_index('ix_requisition_maker', ['facility_id', 'status'], unique=False)
        batch_op.create_index('ix_requisition_supplier', ['supplier_id', 'status'], unique=False)
        batch_op.create_index('uq_requisition_open', ['facility_id'], unique=True, sqlite_where=sa.text("kind = 'regular' AND status NOT IN ('released', 'skipped')"), postgresql_where=sa.text("kind = 'regular' AND status NOT IN ('released', 'skipped')"))
        batch_op.create_index('uq_requisition_period', ['facility_id', 'period'], unique=True, sqlite_where=sa.text("kind = 'regular'"), postgresql_where=sa.text("kind = 'regular'"))

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

    op.create_table('stock_count_entry',
    sa.Column('count_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('line_no', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('counted', sa.Integer(), nullable=True),
    sa.Column('included', sa.Integer(), nullable=False),
    sa.Column('note', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('entered_at', lmis.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['count_id'], ['stock_count.id'], name=op.f('fk_stock_count_entry_count_id_stock_count')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_stock_count_entry_user_id_user_account')),
    sa.PrimaryKeyConstraint('count_id', 'line_no', 'version', name=op.f('pk_stock_count_entry')),
    sqlite_with_rowid=False
    )
    op.create_table('stock_count_line',
    sa.Column('count_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('line_no', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('lot_id', sa.Integer(), nullable=False),
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('status', sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
    sa.Column('book', sa.Integer(), nullable=False),
    sa.Column('added', sa.Boolean(), nullable=False),
    sa.Column('counted', sa.Integer(), nullable=True),
    sa.Column('included', sa.Integer(), nullable=False),
    sa.Column('note', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('difference', sa.Integer(), nullable=True),
    sa.CheckConstraint('counted >= 0', name=op.f('ck_stock_count_line_not_negative')),
    sa.ForeignKeyConstraint(['channel'], ['channel.code'], name=op.f('fk_stock_count_line_channel_channel')),
    sa.ForeignKeyConstraint(['count_id'], ['stock_count.id'], name=op.f('fk_stock_count_line_count_id_stock_count')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_stock_count_line_item_id_item')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_stock_count_line_lot_id_lot')),
    sa.ForeignKeyConstraint(['reason'], ['reason.code'], name=op.f('fk_stock_count_line_reason_reason')),
    sa.PrimaryKeyConstraint('count_id', 'line_no', name=op.f('pk_stock_count_line')),
    sa.UniqueConstraint('count_id', 'lot_id', 'channel', 'status', name=op.f('uq_stock_count_line_count_id_lot_id_channel_status')),
    sqlite_with_rowid=False
    )
    op.create_table('delivery_difference',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('delivery_id', sa.Integer(), nullable=False),
    sa.Column('shipment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sender_id', sa.Integer(), nullable=False),
    sa.Column('receiver_id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('lot_id', sa.Integer(), nullable=False),
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('status', sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('settled', sa.Integer(), nullable=False),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_delivery_difference_something')),
    sa.CheckConstraint('settled BETWEEN 0 AND quantity', name=op.f('ck_delivery_difference_settled')),
    sa.ForeignKeyConstraint(['channel'], ['channel.code'], name=op.f('fk_delivery_difference_channel_channel')),
    sa.ForeignKeyConstraint(['delivery_id'], ['delivery.id'], name=op.f('fk_delivery_difference_delivery_id_delivery')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_delivery_difference_item_id_item')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_delivery_difference_lot_id_lot')),
    sa.ForeignKeyConstraint(['reason'], ['reason.code'], name=op.f('fk_delivery_difference_reason_reason')),
    sa.ForeignKeyConstraint(['receiver_id'], ['facility.id'], name=op.f('fk_delivery_difference_receiver_id_facility')),
    sa.ForeignKeyConstraint(['sender_id'], ['facility.id'], name=op.f('fk_delivery_difference_sender_id_facility')),
    sa.ForeignKeyConstraint(['shipment_id'], ['stock_movement.id'], name=op.f('fk_delivery_difference_shipment_id_stock_movement')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery_difference'))
    )
    with op.batch_alter_table('delivery_difference', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_delivery_difference_delivery_id'), ['delivery_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_delivery_difference_lot_id'), ['lot_id'], unique=False)
        batch_op.create_index('ix_delivery_difference_receiver', ['receiver_id'], unique=False, sqlite_where=sa.text('settled < quantity'), postgresql_where=sa.text('settled < quantity'))
        batch_op.create_index('ix_delivery_difference_sender', ['sender_id'], unique=False, sqlite_where=sa.text('settled < quantity'), postgresql_where=sa.text('settled < quantity'))
        batch_op.create_index(batch_op.f('ix_delivery_difference_shipment_id'), ['shipment_id'], unique=False)

    op.create_table('requisition_line',
    sa.Column('requisition_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('opening', sa.BigInteger(), nullable=False),
    sa.Column('received', sa.BigInteger(), nullable=False),
    sa.Column('issued', sa.BigInteger(), nullable=False),
    sa.Column('dispensed', sa.BigInteger(), nullable=False),
    sa.Column('adjusted', sa.BigInteger(), nullable=False),
    sa.Column('lost', sa.BigInteger(), nullable=False),
    sa.Column('closing', sa.BigInteger(), nullable=False),
    sa.Column('days_out', sa.Integer(), nullable=False),
    sa.Column('amc', sa.Numeric(precision=16, scale=3), nullable=True),
    sa.Column('on_hand', sa.BigInteger(), nullable=False),
    sa.Column('in_transit', sa.BigInteger(), nullable=False),
    sa.Column('on_order', sa.BigInteger(), nullable=False),
    sa.Column('unfilled', sa.BigInteger(), nullable=False),
    sa.Column('maximum_months', sa.Numeric(precision=8, scale=2), nullable=True),
    sa.Column('maximum_level', sa.BigInteger(), nullable=True),
    sa.Column('proposed', sa.BigInteger(), nullable=False),
    sa.Column('requested', sa.Integer(), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('approved', sa.Integer(), nullable=True),
    sa.Column('released', sa.Integer(), nullable=True),
    sa.CheckConstraint('requested >= 0 AND approved >= 0 AND released >= 0', name=op.f('ck_requisition_line_not_negative')),
    sa.ForeignKeyConstraint(['channel'], ['channel.code'], name=op.f('fk_requisition_line_channel_channel')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_requisition_line_item_id_item')),
    sa.ForeignKeyConstraint(['requisition_id'], ['requisition.id'], name=op.f('fk_requisition_line_requisition_id_requisition')),
    sa.PrimaryKeyConstraint('requisition_id', 'item_id', 'channel', name=op.f('pk_requisition_line')),
    sqlite_with_rowid=False
    )
    op.create_table('requisition_part',
    sa.Column('whole_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('part_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['part_id'], ['requisition.id'], name=op.f('fk_requisition_part_part_id_requisition')),
    sa.ForeignKeyConstraint(['whole_id'], ['requisition.id'], name=op.f('fk_requisition_part_whole_id_requisition')),
    sa.PrimaryKeyConstraint('whole_id', 'part_id', name=op.f('pk_requisition_part')),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('requisition_part', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_requisition_part_part_id'), ['part_id'], unique=False)

    op.create_table('requisition_step',
    sa.Column('requisition_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('act', sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
    sa.Column('at', lmis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.ForeignKeyConstraint(['requisition_id'], ['requisition.id'], name=op.f('fk_requisition_step_requisition_id_requisition')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_requisition_step_user_id_user_account')),
    sa.PrimaryKeyConstraint('requisition_id', 'version', name=op.f('pk_requisition_step')),
    sqlite_with_rowid=False
    )
    op.create_table('difference_settlement',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.Uuid(), nullable=False),
    sa.Column('difference_id', sa.Integer(), nullable=False),
    sa.Column('settlement', sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=True),
    sa.Column('note', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('settled_at', lmis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('movement_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('delivery_id', sa.Integer(), nullable=True),
    sa.Column('undone_at', lmis.db.UtcDateTime(timezone=True), nullable=True),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_difference_settlement_something')),
    sa.ForeignKeyConstraint(['delivery_id'], ['delivery.id'], name=op.f('fk_difference_settlement_delivery_id_delivery')),
    sa.ForeignKeyConstraint(['difference_id'], ['delivery_difference.id'], name=op.f('fk_difference_settlement_difference_id_delivery_difference')),
    sa.ForeignKeyConstraint(['movement_id'], ['stock_movement.id'], name=op.f('fk_difference_settlement_movement_id_stock_movement')),
    sa.ForeignKeyConstraint(['reason'], ['reason.code'], name=op.f('fk_difference_settlement_reason_reason')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_difference_settlement_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_difference_settlement'))
    )
    with op.batch_alter_table('difference_settlement', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_difference_settlement_delivery_id'), ['delivery_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_difference_settlement_difference_id'), ['difference_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_difference_settlement_uuid'), ['uuid'], unique=False)

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

    with op.batch_alter_table('difference_settlement', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_difference_settlement_uuid'))
        batch_op.drop_index(batch_op.f('ix_difference_settlement_difference_id'))
        batch_op.drop_index(batch_op.f('ix_difference_settlement_delivery_id'))

    op.drop_table('difference_settlement')
    op.drop_table('requisition_step')
    with op.batch_alter_table('requisition_part', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_requisition_part_part_id'))

    op.drop_table('requisition_part')
    op.drop_table('requisition_line')
    with op.batch_alter_table('delivery_difference', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_delivery_difference_shipment_id'))
        batch_op.drop_index('ix_delivery_difference_sender', sqlite_where=sa.text('settled < quantity'), postgresql_where=sa.text('settled < quantity'))
        batch_op.drop_index('ix_delivery_difference_receiver', sqlite_where=sa.text('settled < quantity'), postgresql_where=sa.text('settled < quantity'))
        batch_op.drop_index(batch_op.f('ix_delivery_difference_lot_id'))
        batch_op.drop_index(batch_op.f('ix_delivery_difference_delivery_id'))

    op.drop_table('delivery_difference')
    op.drop_table('stock_count_line')
    op.drop_table('stock_count_entry')
    with op.batch_alter_table('shipment_document', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_shipment_document_shipment_id'))

    op.drop_table('shipment_document')
    with op.batch_alter_table('requisition', schema=None) as batch_op:
        batch_op.drop_index('uq_requisition_period', sqlite_where=sa.text("kind = 'regular'"), postgresql_where=sa.text("kind = 'regular'"))
        batch_op.drop_index('uq_requisition_open', sqlite_where=sa.text("kind = 'regular' AND status NOT IN ('released', 'skipped')"), postgresql_where=sa.text("kind = 'regular' AND status NOT IN ('released', 'skipped')"))
        batch_op.drop_index('ix_requisition_supplier')
        batch_op.drop_index('ix_requisition_maker')

    op.drop_table('requisition')
    op.drop_table('lot_recall_holding')
    with op.batch_alter_table('in_transit', schema=None) as batch_op:
        batch_op.drop_index('ix_in_transit_sender', sqlite_where=sa.text('quantity > 0'), postgresql_where=sa.text('quantity > 0'))
        batch_op.drop_index('ix_in_transit_receiver', sqlite_where=sa.text('quantity > 0'), postgresql_where=sa.text('quantity > 0'))
        batch_op.drop_index(batch_op.f('ix_in_transit_lot_id'))

    op.drop_table('in_transit')
    op.drop_table('disposal_record')
    with op.batch_alter_table('delivery', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_delivery_shipment_id'))

    op.drop_table('delivery')
    with op.batch_alter_table('stock_policy', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_stock_policy_facility_id_valid_from'))

    op.drop_table('stock_policy')
    with op.batch_alter_table('stock_count', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_stock_count_facility_id_state'))

    op.drop_table('stock_count')
    with op.batch_alter_table('lot_recall', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_lot_recall_lot_id'))
        batch_op.drop_index('ix_lot_recall_in_force', sqlite_where=sa.text('lifted_on IS NULL'), postgresql_where=sa.text('lifted_on IS NULL'))
        batch_op.drop_index(batch_op.f('ix_lot_recall_facility_id'))

    op.drop_table('lot_recall')
