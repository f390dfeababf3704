-- +goose Up
-- Deposits: money on its way in. An intent (deposits) is what a player means to pay, a payment (deposit_payments) what a
-- gateway says came in; one payment at most is taken for an intent. What fits no intent is kept in quarantine.
--
-- The application role writes none of these tables. Which moves of a deposit exist is said once, in deposit_may, and a
-- trigger holds every function to it. Locks: the payment, then the deposit, then the player, then balances.

CREATE TABLE gateway_accounts (
  tenant_id         bigint      NOT NULL,
  account_id        text        NOT NULL CHECK (account_id ~ '^gw_[a-z2-7]{16}$'),
  kind              text        NOT NULL CHECK (length(kind) BETWEEN 1 AND 32),
  title             text        NOT NULL CHECK (length(title) BETWEEN 1 AND 128),
  assets            text[]      NOT NULL CHECK (cardinality(assets) BETWEEN 1 AND 32),
  enabled           boolean     NOT NULL DEFAULT true,
  deposits          boolean     NOT NULL,
  payouts           boolean     NOT NULL,
  refunds           boolean     NOT NULL,
  settings          text[]      NOT NULL, -- the names of those that are set
  settings_sealed   bytea       NOT NULL,
  attest_check      bytea       NOT NULL CHECK (length(attest_check) = 32), -- of what the program shows for a gateway's word
  min_confirmations int         NOT NULL DEFAULT 0 CHECK (min_confirmations BETWEEN 0 AND 1000),
  intent_ttl        interval    NOT NULL DEFAULT '1 hour' CHECK (intent_ttl BETWEEN '1 second' AND '30 days'),
  late_credit       interval    NOT NULL DEFAULT '24 hours' CHECK (late_credit BETWEEN '0' AND '30 days'), -- 0: never
  seeded            boolean     NOT NULL DEFAULT false,
  version           int         NOT NULL DEFAULT 1,
  created_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, account_id),
  UNIQUE (tenant_id, title)
);

-- Callbacks that were refused, by day: a number for operators, not a log.
CREATE TABLE gateway_refusals (
  tenant_id  bigint NOT NULL,
  account_id text   NOT NULL,
  day        date   NOT NULL,
  reason     text   NOT NULL CHECK (reason IN ('forged', 'stale', 'malformed', 'unsupported')),
  refused    bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (tenant_id, account_id, day, reason)
);

-- Everything that a gateway told, once by its own name for it.
CREATE TABLE gateway_inbox (
  tenant_id   bigint      NOT NULL,
  account_id  text        NOT NULL,
  event_id    text        NOT NULL CHECK (length(event_id) BETWEEN 1 AND 200),
  kind        text        NOT NULL CHECK (kind IN ('deposit', 'payout')),
  notice      jsonb       NOT NULL,
  body_hash   bytea       NOT NULL, -- of the callback it came with
  received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, account_id, event_id)
);

-- What Stars buy. A version is published whole and never changes; the highest is in force.
CREATE TABLE stars_prices (
  tenant_id    bigint      NOT NULL,
  version      int         NOT NULL,
  stars        bigint      NOT NULL CHECK (stars BETWEEN 1 AND 100000),
  points       bigint      NOT NULL CHECK (points BETWEEN 1 AND 1000000000000),
  published_by bigint,     -- null: the installation
  published_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, version, stars)
);

CREATE TABLE deposits (
  tenant_id     bigint      NOT NULL,
  deposit_id    text        NOT NULL CHECK (deposit_id ~ '^dep_[a-z2-7]{16}$'),
  group_id      bigint      NOT NULL,
  player_id     bigint      NOT NULL,
  account_id    text        NOT NULL,
  asset         text        NOT NULL, -- what is paid; Stars are xtr
  scale         int         NOT NULL CHECK (scale BETWEEN 0 AND 8),
  amount        bigint      NOT NULL CHECK (amount > 0),
  credit_asset  text        NOT NULL REFERENCES assets (code),
  credit        bigint      NOT NULL CHECK (credit > 0),
  price_version int,
  status        text        NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'confirming', 'credited', 'expired', 'failed', 'quarantined', 'refunded')),
  reason        text        NOT NULL DEFAULT '',
  ref           text        NOT NULL DEFAULT '',
  url           text        NOT NULL DEFAULT '',
  address       text        NOT NULL DEFAULT '',
  memo          text        NOT NULL DEFAULT '',
  tx            text,       -- the payment that was taken for it
  key           text        NOT NULL CHECK (length(key) BETWEEN 1 AND 128),
  hash          bytea       NOT NULL,
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at    timestamptz NOT NULL,
  credited_at   timestamptz,
  ended_at      timestamptz,
  PRIMARY KEY (tenant_id, deposit_id),
  FOREIGN KEY (tenant_id, account_id) REFERENCES gateway_accounts,
  UNIQUE (tenant_id, player_id, key),
  UNIQUE (tenant_id, account_id, tx),
  CHECK ((ended_at IS NOT NULL) = (status IN ('credited', 'expired', 'failed', 'refunded'))),
  CHECK (status <> 'credited' OR (credited_at IS NOT NULL AND tx IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX deposits_time ON deposits (tenant_id, created_at, deposit_id);
CREATE INDEX deposits_player ON deposits (tenant_id, player_id, created_at, deposit_id);
CREATE INDEX deposits_ref ON deposits (tenant_id, account_id, ref) WHERE ref <> '';
CREATE INDEX deposits_expiring ON deposits (tenant_id, expires_at) WHERE status = 'pending';

CREATE TABLE deposit_payments (
  tenant_id     bigint      NOT NULL,
  account_id    text        NOT NULL,
  tx            text        NOT NULL CHECK (length(tx) BETWEEN 1 AND 200),
  intent        text        NOT NULL DEFAULT '', -- as the gateway says
  ref           text        NOT NULL DEFAULT '',
  deposit_id    text,       -- the intent, where it is one of ours
  asset         text        NOT NULL,
  scale         int         NOT NULL CHECK (scale BETWEEN 0 AND 18),
  amount        bigint      NOT NULL CHECK (amount >= 0),
  payer         bigint,     -- of Stars, by Telegram id
  state         text        NOT NULL CHECK (state IN ('pending', 'confirmed', 'failed')),
  confirmations int         NOT NULL DEFAULT 0,
  needed        int         NOT NULL DEFAULT 0,
  changed       boolean     NOT NULL DEFAULT false, -- notices disagree on amount or asset
  after_failed  boolean     NOT NULL DEFAULT false, -- it was called failed before it was called confirmed
  outcome       text        NOT NULL DEFAULT 'open' CHECK (outcome IN ('open', 'credited', 'quarantined', 'refunded', 'dismissed', 'failed')),
  credited_to   text,       -- a deposit
  transfer_id   bigint,
  paid_at       timestamptz NOT NULL, -- by the gateway's clock, never later than the arrival of the first notice
  first_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, account_id, tx),
  CHECK ((transfer_id IS NOT NULL) = (credited_to IS NOT NULL)),
  CHECK (outcome <> 'credited' OR transfer_id IS NOT NULL)
) WITH (fillfactor = 80);
CREATE INDEX deposit_payments_deposit ON deposit_payments (tenant_id, deposit_id);
CREATE INDEX deposit_payments_paid ON deposit_payments (tenant_id, account_id, paid_at);

CREATE TABLE deposit_quarantine (
  tenant_id   bigint      NOT NULL,
  item_id     text        NOT NULL CHECK (item_id ~ '^q_[a-z2-7]{16}$'),
  account_id  text        NOT NULL,
  tx          text        NOT NULL,
  extra       boolean     NOT NULL DEFAULT false, -- of a payment that was credited: only to be looked at
  deposit_id  text,
  asset       text        NOT NULL,
  scale       int         NOT NULL,
  amount      bigint      NOT NULL,
  why         text        NOT NULL CHECK (length(why) BETWEEN 1 AND 64),
  status      text        NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'refunding', 'credited', 'refunded', 'dismissed')),
  reason      text        NOT NULL DEFAULT '' CHECK (length(reason) <= 1000),
  resolved_by bigint,
  credited_to text,
  received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  resolved_at timestamptz,
  PRIMARY KEY (tenant_id, item_id),
  UNIQUE (tenant_id, account_id, tx, extra),
  FOREIGN KEY (tenant_id, account_id, tx) REFERENCES deposit_payments,
  CHECK ((resolved_at IS NOT NULL) = (status IN ('credited', 'refunded', 'dismissed')))
);
CREATE INDEX deposit_quarantine_time ON deposit_quarantine (tenant_id, received_at, item_id);

-- Written before the gateway is asked; its id is the key at the gateway.
CREATE TABLE deposit_refunds (
  tenant_id   bigint      NOT NULL,
  refund_id   text        NOT NULL CHECK (refund_id ~ '^rf_[a-z2-7]{16}$'),
  account_id  text        NOT NULL,
  tx          text        NOT NULL,
  deposit_id  text,
  item_id     text,
  asset       text        NOT NULL,
  scale       int         NOT NULL,
  amount      bigint      NOT NULL CHECK (amount > 0),
  state       text        NOT NULL DEFAULT 'begun' CHECK (state IN ('begun', 'unknown', 'done', 'refused')),
  taken_id    bigint,     -- the transfer that took the money from the player
  returned_id bigint,     -- the one that gave it back after a refusal
  operator_id bigint      NOT NULL,
  reason      text        NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
  note        text        NOT NULL DEFAULT '',
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, refund_id),
  FOREIGN KEY (tenant_id, account_id, tx) REFERENCES deposit_payments,
  CHECK (returned_id IS NULL OR (state = 'refused' AND taken_id IS NOT NULL))
);
CREATE UNIQUE INDEX deposit_refunds_once ON deposit_refunds (tenant_id, account_id, tx) WHERE state <> 'refused';

CREATE TABLE deposit_events (
  tenant_id   bigint      NOT NULL,
  event_id    bigint      GENERATED ALWAYS AS IDENTITY,
  deposit_id  text,
  account_id  text        NOT NULL,
  tx          text,
  at          timestamptz NOT NULL DEFAULT clock_timestamp(),
  kind        text        NOT NULL CHECK (kind IN ('created', 'instructed', 'noticed', 'ignored', 'moved', 'quarantined', 'resolved', 'refund')),
  actor       text        NOT NULL CHECK (actor IN ('player', 'operator', 'gateway', 'system')),
  operator_id bigint,
  from_status text        NOT NULL DEFAULT '',
  to_status   text        NOT NULL DEFAULT '',
  reason      text        NOT NULL DEFAULT '',
  detail      text        NOT NULL DEFAULT '',
  PRIMARY KEY (tenant_id, event_id),
  CHECK ((actor = 'operator') = (operator_id IS NOT NULL))
);
CREATE INDEX deposit_events_deposit ON deposit_events (tenant_id, deposit_id, event_id);

SELECT ledger_seal_table(t) FROM unnest(ARRAY['gateway_inbox', 'stars_prices', 'deposit_events']) AS t;
SELECT fairground_fence('gateway_accounts', 'gateway_refusals', 'gateway_inbox', 'stars_prices', 'deposits', 'deposit_payments', 'deposit_quarantine',
  'deposit_refunds', 'deposit_events');

-- The state machine: which status may follow which. Expired gives way to a late payment, credited to a refund; nothing
-- follows failed and refunded.
-- +goose StatementBegin
CREATE FUNCTION deposit_may(p_from text, p_to text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT p_to = ANY (CASE p_from
    WHEN 'pending'     THEN ARRAY['confirming', 'expired', 'failed']
    WHEN 'confirming'  THEN ARRAY['credited', 'failed', 'quarantined']
    WHEN 'expired'     THEN ARRAY['confirming']
    WHEN 'quarantined' THEN ARRAY['credited', 'refunded', 'failed']
    WHEN 'credited'    THEN ARRAY['refunded']
    ELSE ARRAY[]::text[] END)
$$;
-- +goose StatementEnd

-- No function moves a deposit but along deposit_may, none changes what was asked for, and what is credited is fixed unless a
-- person takes it out of quarantine. A credit needs its transfer.
-- +goose StatementBegin
CREATE FUNCTION deposit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'a deposit is not deleted' USING ERRCODE = '42501'; END IF;
  IF (NEW.tenant_id, NEW.deposit_id, NEW.group_id, NEW.player_id, NEW.account_id, NEW.asset, NEW.scale, NEW.amount, NEW.credit_asset, NEW.key, NEW.created_at)
     IS DISTINCT FROM (OLD.tenant_id, OLD.deposit_id, OLD.group_id, OLD.player_id, OLD.account_id, OLD.asset, OLD.scale, OLD.amount, OLD.credit_asset, OLD.key, OLD.created_at) THEN
    RAISE EXCEPTION 'what a deposit asks for does not change' USING ERRCODE = '42501';
  END IF;
  IF NEW.credit <> OLD.credit AND (OLD.status, NEW.status) IS DISTINCT FROM ('quarantined', 'credited') THEN
    RAISE EXCEPTION 'what a deposit credits changes in quarantine only' USING ERRCODE = '42501';
  END IF;
  IF NEW.status <> OLD.status AND NOT deposit_may(OLD.status, NEW.status) THEN
    RAISE EXCEPTION 'deposit % does not go from % to %', OLD.deposit_id, OLD.status, NEW.status USING ERRCODE = '42501';
  END IF;
  IF NEW.status = 'credited' AND NOT EXISTS (SELECT 1 FROM deposit_payments WHERE tenant_id = NEW.tenant_id AND account_id = NEW.account_id AND tx = NEW.tx
       AND outcome = 'credited' AND credited_to = NEW.deposit_id) THEN
    RAISE EXCEPTION 'deposit % is credited without a payment', NEW.deposit_id USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER deposit_guard BEFORE UPDATE OR DELETE ON deposits FOR EACH ROW EXECUTE FUNCTION deposit_guard();
CREATE TRIGGER deposit_stays BEFORE TRUNCATE ON deposits FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();

-- A payment ends once: what was credited is at most refunded afterwards, and no payment is credited twice.
-- +goose StatementBegin
CREATE FUNCTION deposit_payment_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'a payment is not deleted' USING ERRCODE = '42501'; END IF;
  IF OLD.transfer_id IS NOT NULL AND (NEW.transfer_id, NEW.credited_to) IS DISTINCT FROM (OLD.transfer_id, OLD.credited_to) THEN
    RAISE EXCEPTION 'payment % was credited', OLD.tx USING ERRCODE = '42501';
  END IF;
  IF NEW.outcome <> OLD.outcome AND NOT (NEW.outcome = ANY (CASE OLD.outcome
       WHEN 'open' THEN ARRAY['credited', 'quarantined', 'failed'] WHEN 'failed' THEN ARRAY['open']
       WHEN 'quarantined' THEN ARRAY['credited', 'refunded', 'dismissed'] WHEN 'credited' THEN ARRAY['refunded'] WHEN 'dismissed' THEN ARRAY['quarantined'] ELSE ARRAY[]::text[] END)) THEN
    RAISE EXCEPTION 'payment % does not go from % to %', OLD.tx, OLD.outcome, NEW.outcome USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER deposit_payment_guard BEFORE UPDATE OR DELETE ON deposit_payments FOR EACH ROW EXECUTE FUNCTION deposit_payment_guard();
CREATE TRIGGER deposit_payment_stays BEFORE TRUNCATE ON deposit_payments FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();

-- A deposit as people see it. It runs with the caller's rights.
-- +goose StatementBegin
CREATE FUNCTION api_deposit_view(p_tenant bigint, p_id text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('tenant', d.tenant_id, 'group', d.group_id, 'player', d.player_id, 'id', d.deposit_id, 'group_id', g.public_id,
           'player_id', p.public_id, 'player_name', p.name, 'account', d.account_id, 'kind', a.kind, 'asset', d.asset, 'scale', d.scale, 'amount', d.amount,
           'credit_asset', d.credit_asset, 'credit_scale', s.scale, 'credit', d.credit, 'status', d.status, 'reason', d.reason)
      || jsonb_build_object('url', d.url, 'address', d.address, 'memo', d.memo, 'ref', d.ref, 'tx', coalesce(d.tx, ''),
           'confirmations', coalesce(y.confirmations, 0), 'needed', coalesce(greatest(y.needed, a.min_confirmations), 0),
           'refund', coalesce((SELECT state FROM deposit_refunds r WHERE r.tenant_id = d.tenant_id AND r.account_id = d.account_id AND r.tx = d.tx
                                ORDER BY created_at DESC LIMIT 1), ''),
           'created_at', d.created_at, 'updated_at', d.updated_at, 'expires_at', d.expires_at, 'ended_at', d.ended_at)
    FROM deposits d
    JOIN groups g ON g.tenant_id = d.tenant_id AND g.group_id = d.group_id
    JOIN players p ON p.tenant_id = d.tenant_id AND p.player_id = d.player_id
    JOIN gateway_accounts a ON a.tenant_id = d.tenant_id AND a.account_id = d.account_id
    JOIN assets s ON s.code = d.credit_asset
    LEFT JOIN deposit_payments y ON y.tenant_id = d.tenant_id AND y.account_id = d.account_id AND y.tx = d.tx
   WHERE d.tenant_id = p_tenant AND d.deposit_id = p_id AND p_tenant = fairground_tenant()
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION deposit_event(p_tenant bigint, p_deposit text, p_account text, p_tx text, p_kind text, p jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO deposit_events (tenant_id, deposit_id, account_id, tx, kind, actor, operator_id, from_status, to_status, reason, detail)
  VALUES (p_tenant, p_deposit, p_account, p_tx, p_kind, coalesce(p->>'actor', 'system'), (p->>'operator')::bigint, coalesce(p->>'from', ''),
          coalesce(p->>'to', ''), coalesce(p->>'reason', ''), coalesce(p->>'detail', ''));
END $$;
-- +goose StatementEnd

-- Every change of a status goes through here: the row, the history and the player's notice. The caller has locked the row
-- and may have set tx and credit in d.
-- +goose StatementBegin
CREATE FUNCTION deposit_move(d deposits, p_to text, p jsonb) RETURNS deposits LANGUAGE plpgsql AS $$
DECLARE v_from text := d.status; v_now timestamptz := clock_timestamp();
BEGIN
  UPDATE deposits SET status = p_to, reason = coalesce(p->>'reason', ''), tx = d.tx, credit = d.credit, updated_at = v_now,
         credited_at = CASE WHEN p_to = 'credited' THEN v_now ELSE credited_at END,
         ended_at = CASE WHEN p_to IN ('credited', 'expired', 'failed', 'refunded') THEN v_now END
   WHERE tenant_id = d.tenant_id AND deposit_id = d.deposit_id RETURNING * INTO STRICT d;
  PERFORM deposit_event(d.tenant_id, d.deposit_id, d.account_id, d.tx, 'moved', p || jsonb_build_object('from', v_from, 'to', p_to));
  INSERT INTO notifications (tenant_id, chat_id, kind, payload)
  SELECT d.tenant_id, telegram_id, 'deposit.status', jsonb_build_object('deposit', d.deposit_id) FROM players WHERE tenant_id = d.tenant_id AND player_id = d.player_id;
  PERFORM pg_notify('fairground_notify', d.tenant_id::text);
  RETURN d;
END $$;
-- +goose StatementEnd

-- An amount said in another scale; null when that would round or does not fit.
-- +goose StatementBegin
CREATE FUNCTION deposit_units(p_amount bigint, p_from int, p_to int) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN x BETWEEN 1 AND 9223372036854775807 THEN x::bigint END
    FROM (SELECT CASE WHEN p_from <= p_to THEN p_amount::numeric * ('1e' || (p_to - p_from))::numeric
                      WHEN mod(p_amount::numeric, ('1e' || (p_from - p_to))::numeric) = 0 THEN div(p_amount::numeric, ('1e' || (p_from - p_to))::numeric) END AS x) AS y
$$;
-- +goose StatementEnd

-- Points for any number of Stars by the prices in force: a package, or else the share of the largest one below it (of the
-- smallest, for less than any), rounded down. Null without prices or when it rounds to nothing.
-- +goose StatementBegin
CREATE FUNCTION deposit_points(p_tenant bigint, p_stars bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT nullif(trunc(p_stars::numeric * points / stars), 0)::bigint FROM stars_prices
   WHERE tenant_id = p_tenant AND version = (SELECT max(version) FROM stars_prices WHERE tenant_id = p_tenant)
   ORDER BY stars <= p_stars DESC, CASE WHEN stars <= p_stars THEN -stars ELSE stars END LIMIT 1
$$;
-- +goose StatementEnd
