"""forecasts"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
import lmis.db
from alembic import op

revision = '0003'
down_revision = '0002'


def upgrade() -> None:
    op.create_table('forecast_run',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('as_of', sa.Integer(), nullable=False),
    sa.Column('made_at', lmis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('horizon', sa.Integer(), nullable=False),
    sa.Column('seed', sa.Integer(), nullable=False),
    sa.Column('version', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_forecast_run')),
    sa.UniqueConstraint('as_of', name=op.f('uq_forecast_run_as_of'))
    )
    op.create_table('forecast_series',
    sa.Column('run_id', sa.Integer(), nullable=False),
    sa.Column('facility_id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('method', sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('parts', sa.Integer(), nullable=False),
    sa.Column('amc', sa.Float(), nullable=True),
    sa.Column('statistical', sa.Float(), nullable=True),
    sa.Column('backtest', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('model', sa.LargeBinary(), nullable=False),
    sa.Column('means', sa.LargeBinary(), nullable=False),
    sa.Column('quantiles', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_forecast_series_facility_id_facility')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_forecast_series_item_id_item')),
    sa.ForeignKeyConstraint(['run_id'], ['forecast_run.id'], name=op.f('fk_forecast_series_run_id_forecast_run')),
    sa.PrimaryKeyConstraint('run_id', 'facility_id', 'item_id', name=op.f('pk_forecast_series')),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('forecast_series', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_forecast_series_facility_id_item_id_run_id'), ['facility_id', 'item_id', 'run_id'], unique=False)

    op.create_table('campaign',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.Uuid(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('facility_id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=True),
    sa.Column('first_month', sa.Integer(), nullable=False),
    sa.Column('last_month', sa.Integer(), nullable=False),
    sa.Column('set_by', sa.Integer(), nullable=True),
    sa.Column('set_at', lmis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('withdrawn_at', lmis.db.UtcDateTime(timezone=True), nullable=True),
    sa.CheckConstraint('last_month >= first_month', name=op.f('ck_campaign_in_order')),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_campaign_facility_id_facility')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_campaign_item_id_item')),
    sa.ForeignKeyConstraint(['set_by'], ['user_account.id'], name=op.f('fk_campaign_set_by_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaign')),
    sa.UniqueConstraint('uuid', name=op.f('uq_campaign_uuid'))
    )
    with op.batch_alter_table('campaign', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_campaign_facility_id'), ['facility_id'], unique=False)

    op.create_table('forecast_override',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.Uuid(), nullable=False),
    sa.Column('facility_id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('month', sa.Integer(), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=True),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('set_by', sa.Integer(), nullable=True),
    sa.Column('set_at', lmis.db.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint('quantity >= 0', name=op.f('ck_forecast_override_not_negative')),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_forecast_override_facility_id_facility')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_forecast_override_item_id_item')),
    sa.ForeignKeyConstraint(['set_by'], ['user_account.id'], name=op.f('fk_forecast_override_set_by_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_forecast_override')),
    sa.UniqueConstraint('uuid', name=op.f('uq_forecast_override_uuid'))
    )
    with op.batch_alter_table('forecast_override', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_forecast_override_facility_id_item_id_month'), ['facility_id', 'item_id', 'month'], unique=False)

    op.create_table('planned_shipment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.Uuid(), nullable=False),
    sa.Column('facility_id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('month', sa.Integer(), nullable=False),
    sa.Column('quantity', sa.BigInteger(), nullable=False),
    sa.Column('expires_on_month', sa.Integer(), nullable=True),
    sa.Column('note', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('set_by', sa.Integer(), nullable=True),
    sa.Column('set_at', lmis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('withdrawn_at', lmis.db.UtcDateTime(timezone=True), nullable=True),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_planned_shipment_positive')),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_planned_shipment_facility_id_facility')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_planned_shipment_item_id_item')),
    sa.ForeignKeyConstraint(['set_by'], ['user_account.id'], name=op.f('fk_planned_shipment_set_by_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_planned_shipment')),
    sa.UniqueConstraint('uuid', name=op.f('uq_planned_shipment_uuid'))
    )
    with op.batch_alter_table('planned_shipment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_planned_shipment_facility_id_month'), ['facility_id', 'month'], unique=False)

    op.create_table('population',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.Uuid(), nullable=False),
    sa.Column('facility_id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('women', sa.BigInteger(), nullable=False),
    sa.Column('women_source', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('prevalence', sa.Numeric(precision=6, scale=5), nullable=False),
    sa.Column('prevalence_source', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('target', sa.Numeric(precision=6, scale=5), nullable=True),
    sa.Column('target_source', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('other', sa.Numeric(precision=6, scale=5), nullable=False),
    sa.Column('other_source', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('set_by', sa.Integer(), nullable=True),
    sa.Column('set_at', lmis.db.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint('other >= 0 AND other <= 1', name=op.f('ck_population_other')),
    sa.CheckConstraint('prevalence >= 0 AND prevalence <= 1', name=op.f('ck_population_prevalence')),
    sa.CheckConstraint('target >= 0 AND target <= 1', name=op.f('ck_population_target')),
    sa.CheckConstraint('women >= 0', name=op.f('ck_population_women')),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_population_facility_id_facility')),
    sa.ForeignKeyConstraint(['set_by'], ['user_account.id'], name=op.f('fk_population_set_by_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_population')),
    sa.UniqueConstraint('uuid', name=op.f('uq_population_uuid'))
    )
    with op.batch_alter_table('population', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_population_facility_id_year'), ['facility_id', 'year'], unique=False)

    op.create_table('brand_share',
    sa.Column('population_id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('share', sa.Numeric(precision=6, scale=5), nullable=False),
    sa.Column('source', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.CheckConstraint('share >= 0 AND share <= 1', name=op.f('ck_brand_share_share')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_brand_share_item_id_item')),
    sa.ForeignKeyConstraint(['population_id'], ['population.id'], name=op.f('fk_brand_share_population_id_population')),
    sa.PrimaryKeyConstraint('population_id', 'item_id', name=op.f('pk_brand_share')),
    sqlite_with_rowid=False
    )
    op.create_table('method_share',
    sa.Column('population_id', sa.Integer(), nullable=False),
    sa.Column('method_code', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('share', sa.Numeric(precision=6, scale=5), nullable=False),
    sa.Column('source', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.CheckConstraint('share >= 0 AND share <= 1', name=op.f('ck_method_share_share')),
    sa.ForeignKeyConstraint(['method_code'], ['method.code'], name=op.f('fk_method_share_method_code_method')),
    sa.ForeignKeyConstraint(['population_id'], ['population.id'], name=op.f('fk_method_share_population_id_population')),
    sa.PrimaryKeyConstraint('population_id', 'method_code', name=op.f('pk_method_share')),
    sqlite_with_rowid=False
    )
    op.add_column('requisition_line', sa.Column('basis', sqlmodel.sql.sqltypes.AutoString(length=8), nullable=True))
    op.add_column('requisition_line', sa.Column('span_months', sa.Numeric(precision=8, scale=2), nullable=True))
    op.add_column('requisition_line', sa.Column('expected', sa.Numeric(precision=16, scale=3), nullable=True))
    op.add_column('requisition_line', sa.Column('safety', sa.Numeric(precision=16, scale=3), nullable=True))
    op.add_column('requisition_line', sa.Column('forecast_level', sa.BigInteger(), nullable=True))
    op.add_column('requisition_line', sa.Column('by_amc', sa.BigInteger(), nullable=True))
    op.add_column('requisition_line', sa.Column('by_forecast', sa.BigInteger(), nullable=True))

    op.add_column('stock_policy', sa.Column('service_level', sa.Numeric(precision=4, scale=3), nullable=True))



def downgrade() -> None:
    op.drop_column('stock_policy', 'service_level')

    op.drop_column('requisition_line', 'by_forecast')
    op.drop_column('requisition_line', 'by_amc')
    op.drop_column('requisition_line', 'forecast_level')
    op.drop_column('requisition_line', 'safety')
    op.drop_column('requisition_line', 'expected')
    op.drop_column('requisition_line', 'span_months')
    op.drop_column('requisition_line', 'basis')

    op.drop_table('method_share')
    op.drop_table('brand_share')
    with op.batch_alter_table('population', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_population_facility_id_year'))

    op.drop_table('population')
    with op.batch_alter_table('planned_shipment', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_planned_shipment_facility_id_month'))

    op.drop_table('planned_shipment')
    with op.batch_alter_table('forecast_override', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_forecast_override_facility_id_item_id_month'))

    op.drop_table('forecast_override')
    with op.batch_alter_table('campaign', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_campaign_facility_id'))

    op.drop_table('campaign')
    with op.batch_alter_table('forecast_series', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_forecast_series_facility_id_item_id_run_id'))

    op.drop_table('forecast_series')
    op.drop_table('forecast_run')
