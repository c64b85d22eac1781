"""alerts"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
import lmis.db
from alembic import op

revision = '0004'
down_revision = '0003'


def upgrade() -> None:
    op.create_table('job_lease',
    sa.Column('job', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('holder', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('until', lmis.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('job', name=op.f('pk_job_lease'))
    )
    op.create_table('worker',
    sa.Column('holder', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('started_at', lmis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('seen_at', lmis.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('holder', name=op.f('pk_worker'))
    )
    op.create_table('alert',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sqlmodel.sql.sqltypes.AutoString(length=160), nullable=False),
    sa.Column('topic', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('rule', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('facility_id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=True),
    sa.Column('lot_id', sa.Integer(), nullable=True),
    sa.Column('subject', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('severity', sa.Integer(), nullable=False),
    sa.Column('facts', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('units', sa.BigInteger(), nullable=False),
    sa.Column('dong', sa.BigInteger(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('action', sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
    sa.Column('action_facts', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
    sa.Column('opened_at', lmis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('times', sa.Integer(), nullable=False),
    sa.Column('raised_at', lmis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('seen_at', lmis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('resolved_at', lmis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('acknowledged_at', lmis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('acknowledged_by', sa.Integer(), nullable=True),
    sa.Column('snoozed_until', sa.Date(), nullable=True),
    sa.Column('note', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('escalated_to', sa.Integer(), nullable=True),
    sa.Column('escalated_at', lmis.db.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['acknowledged_by'], ['user_account.id'], name=op.f('fk_alert_acknowledged_by_user_account')),
    sa.ForeignKeyConstraint(['escalated_to'], ['facility.id'], name=op.f('fk_alert_escalated_to_facility')),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_alert_facility_id_facility')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_alert_item_id_item')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_alert_lot_id_lot')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alert')),
    sa.UniqueConstraint('key', name=op.f('uq_alert_key'))
    )
    with op.batch_alter_table('alert', schema=None) as batch_op:
        batch_op.create_index('ix_alert_escalated', ['escalated_to'], unique=False, sqlite_where=sa.text("state <> 'resolved'"), postgresql_where=sa.text("state <> 'resolved'"))
        batch_op.create_index(batch_op.f('ix_alert_facility_id_resolved_at'), ['facility_id', 'resolved_at'], unique=False)
        batch_op.create_index('ix_alert_open', ['facility_id', 'severity', 'state', 'rule', 'due_on', 'dong', 'units'], unique=False, sqlite_where=sa.text("state <> 'resolved'"), postgresql_where=sa.text("state <> 'resolved'"))
        batch_op.create_index(batch_op.f('ix_alert_raised_at'), ['raised_at'], unique=False)

    op.create_table('job_request',
    sa.Column('job', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('asked_by', sa.Integer(), nullable=True),
    sa.Column('asked_at', lmis.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['asked_by'], ['user_account.id'], name=op.f('fk_job_request_asked_by_user_account')),
    sa.PrimaryKeyConstraint('job', name=op.f('pk_job_request'))
    )
    op.create_table('mail',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sqlmodel.sql.sqltypes.AutoString(length=160), nullable=False),
    sa.Column('message_id', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('address', sqlmodel.sql.sqltypes.AutoString(length=254), nullable=False),
    sa.Column('subject', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('created_at', lmis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('due_at', lmis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
    sa.Column('claimed_at', lmis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('claimed_by', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=True),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('sent_at', lmis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('fault', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('settled_at', lmis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('settled_by', sa.Integer(), nullable=True),
    sa.Column('message', sa.LargeBinary(), nullable=True),
    sa.ForeignKeyConstraint(['settled_by'], ['user_account.id'], name=op.f('fk_mail_settled_by_user_account')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_mail_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail')),
    sa.UniqueConstraint('key', name=op.f('uq_mail_key')),
    sa.UniqueConstraint('message_id', name=op.f('uq_mail_message_id'))
    )
    with op.batch_alter_table('mail', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mail_sent_at'), ['sent_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_mail_state_due_at'), ['state', 'due_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_mail_user_id_created_at'), ['user_id', 'created_at'], unique=False)

    op.create_table('mail_preference',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('digest', sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
    sa.Column('hour', sa.Integer(), nullable=False),
    sa.Column('least_severity', sa.Integer(), nullable=False),
    sa.Column('at_once', sa.Boolean(), nullable=False),
    sa.Column('summaries', sa.Boolean(), nullable=False),
    sa.Column('muted', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('changed_at', lmis.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_mail_preference_user_id_user_account')),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_mail_preference'))
    )
    op.create_table('transfer_proposal',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('made_at', lmis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('parent_id', sa.Integer(), nullable=False),
    sa.Column('from_id', sa.Integer(), nullable=False),
    sa.Column('to_id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('lot_id', sa.Integer(), nullable=False),
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('saves', sa.Integer(), nullable=False),
    sa.Column('fills', sa.Integer(), nullable=False),
    sa.Column('on_hand', sa.Integer(), nullable=False),
    sa.Column('usable', sa.Integer(), nullable=False),
    sa.Column('out_since', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['channel'], ['channel.code'], name=op.f('fk_transfer_proposal_channel_channel')),
    sa.ForeignKeyConstraint(['from_id'], ['facility.id'], name=op.f('fk_transfer_proposal_from_id_facility')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_transfer_proposal_item_id_item')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_transfer_proposal_lot_id_lot')),
    sa.ForeignKeyConstraint(['parent_id'], ['facility.id'], name=op.f('fk_transfer_proposal_parent_id_facility')),
    sa.ForeignKeyConstraint(['to_id'], ['facility.id'], name=op.f('fk_transfer_proposal_to_id_facility')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_transfer_proposal'))
    )
    with op.batch_alter_table('transfer_proposal', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_transfer_proposal_from_id'), ['from_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_transfer_proposal_parent_id'), ['parent_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_transfer_proposal_to_id'), ['to_id'], unique=False)

    op.create_table('alert_event',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('alert_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('at', lmis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('what', sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
    sa.Column('rule', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('severity', sa.Integer(), nullable=False),
    sa.Column('by_user', sa.Integer(), nullable=True),
    sa.Column('facility_id', sa.Integer(), nullable=True),
    sa.Column('note', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.ForeignKeyConstraint(['alert_id'], ['alert.id'], name=op.f('fk_alert_event_alert_id_alert')),
    sa.ForeignKeyConstraint(['by_user'], ['user_account.id'], name=op.f('fk_alert_event_by_user_user_account')),
    sa.ForeignKeyConstraint(['facility_id'], ['facility.id'], name=op.f('fk_alert_event_facility_id_facility')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alert_event'))
    )
    with op.batch_alter_table('alert_event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_alert_event_alert_id'), ['alert_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_alert_event_at'), ['at'], unique=False)

    op.add_column('job_run', sa.Column('runs', sa.Integer(), server_default='1', nullable=False))
    op.add_column('job_run', sa.Column('counts', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.add_column('job_run', sa.Column('holder', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=True))

    op.add_column('stock_policy', sa.Column('run_out_risk', sa.Numeric(precision=4, scale=3), nullable=True))
    op.add_column('stock_policy', sa.Column('loss_share', sa.Numeric(precision=4, scale=3), nullable=True))
    op.add_column('stock_policy', sa.Column('near_expiry_days', sa.Integer(), nullable=True))
    op.add_column('stock_policy', sa.Column('unconfirmed_days', sa.Integer(), nullable=True))
    op.add_column('stock_policy', sa.Column('waiting_days', sa.Integer(), nullable=True))
    op.add_column('stock_policy', sa.Column('count_grace_days', sa.Integer(), nullable=True))
    op.add_column('stock_policy', sa.Column('quiet_days', sa.Integer(), nullable=True))
    op.add_column('stock_policy', sa.Column('escalation_days', sa.Integer(), nullable=True))

    op.add_column('user_account', sa.Column('email', sqlmodel.sql.sqltypes.AutoString(length=254), nullable=True))
    op.add_column('user_account', sa.Column('email_bounced_at', lmis.db.UtcDateTime(timezone=True), nullable=True))



def downgrade() -> None:
    op.drop_column('user_account', 'email_bounced_at')
    op.drop_column('user_account', 'email')

    op.drop_column('stock_policy', 'escalation_days')
    op.drop_column('stock_policy', 'quiet_days')
    op.drop_column('stock_policy', 'count_grace_days')
    op.drop_column('stock_policy', 'waiting_days')
    op.drop_column('stock_policy', 'unconfirmed_days')
    op.drop_column('stock_policy', 'near_expiry_days')
    op.drop_column('stock_policy', 'loss_share')
    op.drop_column('stock_policy', 'run_out_risk')

    op.drop_column('job_run', 'holder')
    op.drop_column('job_run', 'counts')
    op.drop_column('job_run', 'runs')

    with op.batch_alter_table('alert_event', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_alert_event_at'))
        batch_op.drop_index(batch_op.f('ix_alert_event_alert_id'))

    op.drop_table('alert_event')
    with op.batch_alter_table('transfer_proposal', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_transfer_proposal_to_id'))
        batch_op.drop_index(batch_op.f('ix_transfer_proposal_parent_id'))
        batch_op.drop_index(batch_op.f('ix_transfer_proposal_from_id'))

    op.drop_table('transfer_proposal')
    op.drop_table('mail_preference')
    with op.batch_alter_table('mail', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mail_user_id_created_at'))
        batch_op.drop_index(batch_op.f('ix_mail_state_due_at'))
        batch_op.drop_index(batch_op.f('ix_mail_sent_at'))

    op.drop_table('mail')
    op.drop_table('job_request')
    with op.batch_alter_table('alert', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_alert_raised_at'))
        batch_op.drop_index('ix_alert_open', sqlite_where=sa.text("state <> 'resolved'"), postgresql_where=sa.text("state <> 'resolved'"))
        batch_op.drop_index(batch_op.f('ix_alert_facility_id_resolved_at'))
        batch_op.drop_index('ix_alert_escalated', sqlite_where=sa.text("state <> 'resolved'"), postgresql_where=sa.text("state <> 'resolved'"))

    op.drop_table('alert')
    op.drop_table('worker')
    op.drop_table('job_lease')
