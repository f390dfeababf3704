-- +goose Up
-- What Telegram sent is kept until it was handled: its offset is confirmed when the row is
-- committed, and a bot that died in the middle takes the row up again.
ALTER TABLE telegram_updates ADD COLUMN payload jsonb;
CREATE INDEX telegram_updates_waiting ON telegram_updates (tenant_id, bot_id, claimed_at) WHERE done_at IS NULL;
CREATE INDEX telegram_updates_done ON telegram_updates (tenant_id, done_at) WHERE done_at IS NOT NULL;
