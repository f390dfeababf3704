-- +goose Up
-- Rounds, bets and what they leave behind. The application role reads these tables and
-- changes rounds only through the api_round_* functions of the next migration.

CREATE TABLE game_configs (
  tenant_id  bigint      NOT NULL,
  game       text        NOT NULL,
  version    int         NOT NULL CHECK (version >= 1),
  config     jsonb       NOT NULL,
  hash       text        NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, game, version)
);
SELECT ledger_seal_table('game_configs');

CREATE TABLE rounds (
  tenant_id      bigint      NOT NULL,
  round_id       text        NOT NULL CHECK (round_id ~ '^r_[a-z2-7]{16}$'),
  group_id       bigint      NOT NULL,
  game           text        NOT NULL,
  config_version int         NOT NULL,
  asset          text        NOT NULL,
  bank           text        NOT NULL CHECK (bank IN ('pool', 'house')),
  status         text        NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'closed', 'drawn', 'settled', 'voided')),
  acting         boolean     NOT NULL DEFAULT false,
  exclusive      boolean     NOT NULL,
  escrow_id      bigint      NOT NULL,
  opened_by      bigint      NOT NULL,
  params         jsonb       NOT NULL,
  seats          int         NOT NULL DEFAULT 0,
  bets_each      int         NOT NULL DEFAULT 0,
  slots          int         NOT NULL DEFAULT 0,
  act_reserve    bigint      NOT NULL DEFAULT 0,
  max_exposure   bigint      NOT NULL DEFAULT 0,
  commit_hash    bytea       NOT NULL,
  seed_sealed    bytea       NOT NULL,
  seed           bytea,
  client_seed    text,
  outcome        jsonb,
  void_reason    text,
  message_id     bigint,
  opens_at       timestamptz NOT NULL,
  closes_at      timestamptz NOT NULL,
  closed_at      timestamptz,
  drawn_at       timestamptz,
  settled_at     timestamptz,
  PRIMARY KEY (tenant_id, round_id)
);
CREATE UNIQUE INDEX rounds_one_timed ON rounds (tenant_id, group_id) WHERE exclusive AND status IN ('open', 'closed', 'drawn');
CREATE INDEX rounds_live ON rounds (tenant_id, closes_at) WHERE status IN ('open', 'closed', 'drawn');
CREATE INDEX rounds_group ON rounds (tenant_id, group_id, opens_at DESC, round_id);

CREATE SEQUENCE bet_id_seq;
CREATE TABLE bets (
  tenant_id   bigint      NOT NULL,
  round_id    text        NOT NULL,
  bet_id      bigint      NOT NULL DEFAULT nextval('bet_id_seq'),
  player_id   bigint      NOT NULL,
  choice      text        NOT NULL,
  stake       bigint      NOT NULL CHECK (stake > 0),
  max_payout  bigint      NOT NULL,
  seed        text        NOT NULL,
  transfer_id bigint      NOT NULL,
  placed_at   timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, round_id, bet_id)
);
CREATE INDEX bets_player ON bets (tenant_id, player_id, bet_id);

CREATE TABLE round_slots (
  tenant_id  bigint      NOT NULL,
  round_id   text        NOT NULL,
  slot       int         NOT NULL,
  amount     bigint      NOT NULL CHECK (amount > 0),
  loss       bigint      NOT NULL DEFAULT 0 CHECK (loss >= 0),
  taken_by   bigint,
  taken_at   timestamptz,
  transfer_id bigint,
  PRIMARY KEY (tenant_id, round_id, slot)
);
CREATE UNIQUE INDEX round_slots_once ON round_slots (tenant_id, round_id, taken_by) WHERE taken_by IS NOT NULL;

CREATE TABLE settlements (
  tenant_id   bigint      NOT NULL,
  round_id    text        NOT NULL,
  transfer_id bigint,
  bet_ids     bigint[]    NOT NULL,
  payouts     bigint[]    NOT NULL,
  paid        bigint      NOT NULL,
  house       bigint      NOT NULL,
  hash        text        NOT NULL,
  settled_at  timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, round_id)
);
SELECT ledger_seal_table('bets');
SELECT ledger_seal_table('settlements');

CREATE TABLE outbox (
  tenant_id    bigint      NOT NULL,
  event_id     bigint      GENERATED ALWAYS AS IDENTITY,
  type         text        NOT NULL,
  payload      jsonb       NOT NULL,
  attempts     int         NOT NULL DEFAULT 0,
  not_before   timestamptz NOT NULL DEFAULT '-infinity',
  parked       text,
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  published_at timestamptz,
  PRIMARY KEY (tenant_id, event_id)
);
CREATE INDEX outbox_waiting ON outbox (tenant_id, event_id) WHERE published_at IS NULL AND parked IS NULL;

CREATE TABLE inbox (
  tenant_id  bigint      NOT NULL,
  consumer   text        NOT NULL,
  event_id   bigint      NOT NULL,
  handled_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, consumer, event_id)
);

CREATE TABLE notifications (
  tenant_id       bigint      NOT NULL,
  notification_id bigint      GENERATED ALWAYS AS IDENTITY,
  chat_id         bigint      NOT NULL,
  topic_id        bigint,
  kind            text        NOT NULL,
  payload         jsonb       NOT NULL,
  priority        int         NOT NULL DEFAULT 5,
  status          text        NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'sent', 'failed', 'dead')),
  attempts        int         NOT NULL DEFAULT 0,
  not_before      timestamptz NOT NULL DEFAULT '-infinity',
  last_error      text,
  created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  sent_at         timestamptz,
  PRIMARY KEY (tenant_id, notification_id)
);
CREATE INDEX notifications_waiting ON notifications (tenant_id, priority, notification_id) WHERE status IN ('queued', 'failed');

CREATE TABLE telegram_updates (
  tenant_id  bigint      NOT NULL,
  bot_id     bigint      NOT NULL,
  update_id  bigint      NOT NULL,
  claimed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  done_at    timestamptz,
  PRIMARY KEY (tenant_id, bot_id, update_id)
);

SELECT fairground_fence('game_configs', 'rounds', 'bets', 'round_slots', 'settlements', 'outbox', 'inbox', 'notifications', 'telegram_updates');
INSERT INTO writable_tables (name) VALUES ('game_configs'), ('outbox'), ('inbox'), ('notifications'), ('telegram_updates');
