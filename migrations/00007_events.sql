-- +goose Up
-- Events that were set aside are counted every few seconds and must not cost a scan.
CREATE INDEX outbox_parked ON outbox (tenant_id, event_id) WHERE parked IS NOT NULL AND published_at IS NULL;
