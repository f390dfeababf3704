-- +goose Up
-- What the bot remembers between two messages of a person, and which message shows what.

-- Sealed, because it may name where money goes. A PIN or a code is never in it.
CREATE TABLE dialogues (
  tenant_id  bigint      NOT NULL,
  user_id    bigint      NOT NULL, -- at Telegram
  state      bytea       NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, user_id)
);

CREATE TABLE telegram_cards (
  tenant_id  bigint      NOT NULL,
  subject    text        NOT NULL,
  chat_id    bigint      NOT NULL,
  message_id bigint      NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, subject, chat_id)
);

SELECT fairground_fence('dialogues', 'telegram_cards');
INSERT INTO writable_tables (name) VALUES ('dialogues'), ('telegram_cards');
