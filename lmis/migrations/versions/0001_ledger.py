"""the ledger the network and the catalogue"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
import lmis.db
from alembic import op

SQLITE_GUARD = """
CREATE TRIGGER {table}_{action} BEFORE {action} ON {table}
BEGIN SELECT RAISE(ABORT, 'the ledger is only ever inserted into'); END
"""
POSTGRESQL_REFUSAL = """
CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the ledger is only ever inserted into'; END $$
"""
POSTGRESQL_GUARD = """
CREATE TRIGGER {table}_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change()
"""
LEDGER = ("stock_movement", "stock_movement_line")

revision = '0001'
down_revision = None


def upgrade() -> None:
    op.create_table('administrative_unit',
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('parent_code', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=True),
    sa.Column('parent_valid_from', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['parent_code', 'parent_valid_from'], ['administrative_unit.code', 'administrative_unit.valid_from'], name='fk_administrative_unit_parent'),
    sa.PrimaryKeyConstraint('code', 'valid_from', name=op.f('pk_administrative_unit'))
    )
    op.create_table('channel',
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('name_vi', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name_en', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('priced', sa.Boolean(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_channel'))
    )
    op.create_table('job_run',
    sa.Column('job', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('started_at', lmis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('finished_at', lmis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('outcome', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=True),
    sa.Column('detail', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.PrimaryKeyConstraint('job', 'due_on', name=op.f('pk_job_run'))
    )
    op.create_table('level',
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('name_vi', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name_en', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('rank', sa.Integer(), nullable=False),
    sa.Column('dispenses', sa.Boolean(), nullable=False),
    sa.Column('capabilities', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_level'))
    )
    op.create_table('method',
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('name_vi', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name_en', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('capability', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=True),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_method'))
    )
    op.create_table('reason',
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('name_vi', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name_en', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('kinds', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_reason'))
    )
    op.create_table('sign_in_failure',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('username', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('address', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('failed_at', lmis.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_in_failure'))
    )
    with op.batch_alter_table('sign_in_failure', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sign_in_failure_username'), ['username'], unique=False)

    op.create_table('facility',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name_sort', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name_search', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('level_code', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('capabilities', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('unit_code', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=True),
    sa.Column('unit_valid_from', sa.Date(), nullable=True),
    sa.Column('latitude', sa.Float(), nullable=True),
    sa.Column('longitude', sa.Float(), nullable=True),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.Column('closed_through', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['level_code'], ['level.code'], name=op.f('fk_facility_level_code_level')),
    sa.ForeignKeyConstraint(['unit_code', 'unit_valid_from'], ['administrative_unit.code', 'administrative_unit.valid_from'], name='fk_facility_unit'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_facility')),
    sa.UniqueConstraint('code', name=op.f('uq_facility_code'))
    )
    op.create_table('item',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('name_vi', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name_en', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name_sort', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name_search', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('method_code', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('unit', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('pack_size', sa.Integer(), nullable=False),
    sa.CheckConstraint('pack_size >= 1', name=op.f('ck_item_pack_size')),
    sa.ForeignKeyConstraint(['method_code'], ['method.code'], name=op.f('fk_item_method_code_method')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_item')),
    sa.UniqueConstraint('code', name=op.f('uq_item_code'))
    )
    op.create_table('cyp_factor',
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('cyp', sa.Numeric(precision=14, scale=10), nullable=False),
    sa.Column('source', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.CheckConstraint('cyp > 0', name=op.f('ck_cyp_factor_positive')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_cyp_factor_item_id_item')),
    sa.PrimaryKeyConstraint('item_id', 'valid_from', name=op.f('pk_cyp_factor'))
    )
    op.create_table('document_counter',
    sa.Column('facility_id', sa.Integer(), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('last', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_document_counter_facility_id_facility')),
    sa.PrimaryKeyConstraint('facility_id', 'kind', 'year', name=op.f('pk_document_counter')),
    sqlite_with_rowid=False
    )
    op.create_table('facility_parent',
    sa.Column('facility_id', sa.Integer(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('parent_id', sa.Integer(), nullable=False),
    sa.CheckConstraint('facility_id <> parent_id', name=op.f('ck_facility_parent_not_itself')),
    sa.CheckConstraint('valid_to IS NULL OR valid_to > valid_from', name=op.f('ck_facility_parent_in_order')),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_facility_parent_facility_id_facility')),
    sa.ForeignKeyConstraint(['parent_id'], ['facility.id'], name=op.f('fk_facility_parent_parent_id_facility')),
    sa.PrimaryKeyConstraint('facility_id', 'valid_from', name=op.f('pk_facility_parent'))
    )
    with op.batch_alter_table('facility_parent', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_facility_parent_parent_id_facility_id'), ['parent_id', 'facility_id'], unique=False)

    op.create_table('item_channel',
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('channel_code', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.ForeignKeyConstraint(['channel_code'], ['channel.code'], name=op.f('fk_item_channel_channel_code_channel')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_item_channel_item_id_item')),
    sa.PrimaryKeyConstraint('item_id', 'channel_code', name=op.f('pk_item_channel'))
    )
    op.create_table('lot',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('number', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('number_key', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=True),
    sa.Column('manufacturer', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('gtin', sqlmodel.sql.sqltypes.AutoString(length=14), nullable=True),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_lot_item_id_item')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lot')),
    sa.UniqueConstraint('item_id', 'number_key', name=op.f('uq_lot_item_id_number_key'))
    )
    with op.batch_alter_table('lot', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_lot_expires_on'), ['expires_on'], unique=False)

    op.create_table('price',
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('channel_code', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('dong', sa.Integer(), nullable=False),
    sa.CheckConstraint('dong >= 0', name=op.f('ck_price_not_negative')),
    sa.ForeignKeyConstraint(['channel_code'], ['channel.code'], name=op.f('fk_price_channel_code_channel')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_price_item_id_item')),
    sa.PrimaryKeyConstraint('item_id', 'channel_code', 'valid_from', name=op.f('pk_price'))
    )
    op.create_table('reported_month',
    sa.Column('facility_id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('month', sa.Integer(), nullable=False),
    sa.Column('days_out', sa.Integer(), nullable=True),
    sa.Column('ordered', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_reported_month_facility_id_facility')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_reported_month_item_id_item')),
    sa.PrimaryKeyConstraint('facility_id', 'item_id', 'month', name=op.f('pk_reported_month'))
    )
    op.create_table('stock_month',
    sa.Column('facility_id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('month', sa.Integer(), nullable=False),
    sa.Column('opening', sa.BigInteger(), nullable=False),
    sa.Column('received', sa.BigInteger(), nullable=False),
    sa.Column('issued', sa.BigInteger(), nullable=False),
    sa.Column('dispensed', sa.BigInteger(), nullable=False),
    sa.Column('adjusted', sa.BigInteger(), nullable=False),
    sa.Column('lost', sa.BigInteger(), nullable=False),
    sa.Column('consumed', sa.BigInteger(), nullable=False),
    sa.Column('closing', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['channel'], ['channel.code'], name=op.f('fk_stock_month_channel_channel')),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_stock_month_facility_id_facility')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_stock_month_item_id_item')),
    sa.PrimaryKeyConstraint('facility_id', 'item_id', 'channel', 'month', name=op.f('pk_stock_month')),
    sqlite_with_rowid=False
    )
    op.create_table('stock_series',
    sa.Column('facility_id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('first_on', sa.Date(), nullable=False),
    sa.Column('last_on', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['channel'], ['channel.code'], name=op.f('fk_stock_series_channel_channel')),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_stock_series_facility_id_facility')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_stock_series_item_id_item')),
    sa.PrimaryKeyConstraint('facility_id', 'item_id', 'channel', name=op.f('pk_stock_series')),
    sqlite_with_rowid=False
    )
    op.create_table('stockout',
    sa.Column('facility_id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('started_on', sa.Date(), nullable=False),
    sa.Column('ended_on', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_stockout_facility_id_facility')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_stockout_item_id_item')),
    sa.PrimaryKeyConstraint('facility_id', 'item_id', 'started_on', name=op.f('pk_stockout'))
    )
    with op.batch_alter_table('stockout', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_stockout_facility_id_ended_on'), ['facility_id', 'ended_on'], unique=False)

    op.create_table('user_account',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('username', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('password_hash', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('role', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('facility_id', sa.Integer(), nullable=False),
    sa.Column('language', sqlmodel.sql.sqltypes.AutoString(length=2), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_user_account_facility_id_facility')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user_account')),
    sa.UniqueConstraint('username', name=op.f('uq_user_account_username'))
    )
    op.create_table('stock_movement',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('uuid', sa.Uuid(), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('occurred_on', sa.Date(), nullable=False),
    sa.Column('recorded_at', lmis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('facility_id', sa.Integer(), nullable=False),
    sa.Column('counterparty_id', sa.Integer(), nullable=True),
    sa.Column('party', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('reference', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('note', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('reverses_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('digest', sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
    sa.ForeignKeyConstraint(['counterparty_id'], ['facility.id'], name=op.f('fk_stock_movement_counterparty_id_facility')),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_stock_movement_facility_id_facility')),
    sa.ForeignKeyConstraint(['reverses_id'], ['stock_movement.id'], name=op.f('fk_stock_movement_reverses_id_stock_movement')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_stock_movement_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stock_movement')),
    sa.UniqueConstraint('facility_id', 'kind', 'year', 'number', name=op.f('uq_stock_movement_facility_id_kind_year_number')),
    sa.UniqueConstraint('reverses_id', name=op.f('uq_stock_movement_reverses_id')),
    sa.UniqueConstraint('uuid', name=op.f('uq_stock_movement_uuid'))
    )
    with op.batch_alter_table('stock_movement', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_stock_movement_counterparty_id'), ['counterparty_id'], unique=False)

    op.create_table('stock_on_hand',
    sa.Column('facility_id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('lot_id', sa.Integer(), nullable=False),
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('status', sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
    sa.Column('on_hand', sa.Integer(), nullable=False),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.Column('last_on', sa.Date(), nullable=False),
    sa.Column('settled_on', sa.Date(), nullable=True),
    sa.Column('settled_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint('on_hand >= 0', name=op.f('ck_stock_on_hand_not_negative')),
    sa.ForeignKeyConstraint(['channel'], ['channel.code'], name=op.f('fk_stock_on_hand_channel_channel')),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_stock_on_hand_facility_id_facility')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_stock_on_hand_item_id_item')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_stock_on_hand_lot_id_lot')),
    sa.PrimaryKeyConstraint('facility_id', 'item_id', 'lot_id', 'channel', 'status', name=op.f('pk_stock_on_hand')),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('stock_on_hand', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_stock_on_hand_lot_id'), ['lot_id'], unique=False)

    op.create_table('user_session',
    sa.Column('token_digest', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('expires_at', lmis.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_user_session_user_id_user_account')),
    sa.PrimaryKeyConstraint('token_digest', name=op.f('pk_user_session'))
    )
    with op.batch_alter_table('user_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_user_session_user_id'), ['user_id'], unique=False)

    op.create_table('stock_movement_line',
    sa.Column('movement_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('line_no', sa.Integer(), nullable=False),
    sa.Column('account', sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
    sa.Column('facility_id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('lot_id', sa.Integer(), nullable=False),
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('status', sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
    sa.Column('measure', sqlmodel.sql.sqltypes.AutoString(length=12), nullable=True),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('counted', sa.Integer(), nullable=True),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=True),
    sa.Column('occurred_on', sa.Date(), nullable=False),
    sa.CheckConstraint("quantity <> 0 OR counted IS NOT NULL OR measure = 'opening'", name=op.f('ck_stock_movement_line_quantity')),
    sa.ForeignKeyConstraint(['channel'], ['channel.code'], name=op.f('fk_stock_movement_line_channel_channel')),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_stock_movement_line_facility_id_facility')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_stock_movement_line_item_id_item')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_stock_movement_line_lot_id_lot')),
    sa.ForeignKeyConstraint(['movement_id'], ['stock_movement.id'], name=op.f('fk_stock_movement_line_movement_id_stock_movement')),
    sa.ForeignKeyConstraint(['reason'], ['reason.code'], name=op.f('fk_stock_movement_line_reason_reason')),
    sa.PrimaryKeyConstraint('movement_id', 'line_no', name=op.f('pk_stock_movement_line')),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('stock_movement_line', schema=None) as batch_op:
        batch_op.create_index('ix_stock_movement_line_card', ['facility_id', 'item_id', 'occurred_on', 'movement_id'], unique=False, sqlite_where=sa.text("account = 'stock'"), postgresql_where=sa.text("account = 'stock'"))


    guard_the_ledger()


def guard_the_ledger() -> None:
    """What is posted is never changed: the database itself refuses."""
    if op.get_bind().dialect.name == "sqlite":
        for table in LEDGER:
            for action in ("UPDATE", "DELETE"):
                op.execute(SQLITE_GUARD.format(table=table, action=action))
        return
    op.execute(POSTGRESQL_REFUSAL)
    for table in LEDGER:
        op.execute(POSTGRESQL_GUARD.format(table=table))


def downgrade() -> None:
    with op.batch_alter_table('stock_movement_line', schema=None) as batch_op:
        batch_op.drop_index('ix_stock_movement_line_card', sqlite_where=sa.text("account = 'stock'"), postgresql_where=sa.text("account = 'stock'"))

    op.drop_table('stock_movement_line')
    with op.batch_alter_table('user_session', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_user_session_user_id'))

    op.drop_table('user_session')
    with op.batch_alter_table('stock_on_hand', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_stock_on_hand_lot_id'))

    op.drop_table('stock_on_hand')
    with op.batch_alter_table('stock_movement', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_stock_movement_counterparty_id'))

    op.drop_table('stock_movement')
    op.drop_table('user_account')
    with op.batch_alter_table('stockout', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_stockout_facility_id_ended_on'))

    op.drop_table('stockout')
    op.drop_table('stock_series')
    op.drop_table('stock_month')
    op.drop_table('reported_month')
    op.drop_table('price')
    with op.batch_alter_table('lot', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_lot_expires_on'))

    op.drop_table('lot')
    op.drop_table('item_channel')
    with op.batch_alter_table('facility_parent', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_facility_parent_parent_id_facility_id'))

    op.drop_table('facility_parent')
    op.drop_table('document_counter')
    op.drop_table('cyp_factor')
    op.drop_table('item')
    op.drop_table('facility')
    with op.batch_alter_table('sign_in_failure', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sign_in_failure_username'))

    op.drop_table('sign_in_failure')
    op.drop_table('reason')
    op.drop_table('method')
    op.drop_table('level')
    op.drop_table('job_run')
    op.drop_table('channel')
    op.drop_table('administrative_unit')
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_ledger_change()")
