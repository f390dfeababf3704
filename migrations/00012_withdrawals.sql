-- +goose Up
-- Withdrawals: money on its way out, who looked at it, and what the gateway said.
--
-- The application role writes none of these tables. An operator's act comes with the operator's own proof, which
-- operator_acting checks here; a workflow can only apply what such an act wrote. Which moves exist is said once, in
-- withdrawal_may, and a trigger holds every function to it.

INSERT INTO assets (code, scale, kind) VALUES ('sbx', 2, 'cash'), ('usd', 2, 'cash'), ('eur', 2, 'cash'), ('usdt', 6, 'cash'), ('btc', 8, 'cash');

-- Without a row an asset of money is off.
CREATE TABLE cash_policies (
  tenant_id           bigint      NOT NULL,
  asset               text        NOT NULL REFERENCES assets (code),
  enabled             boolean     NOT NULL,
  min_amount          bigint      NOT NULL CHECK (min_amount >= 1),
  max_amount          bigint      NOT NULL CHECK (max_amount = 0 OR max_amount >= min_amount),
  daily_amount        bigint      NOT NULL CHECK (daily_amount >= 0),
  auto_below          bigint      NOT NULL CHECK (auto_below >= 0),
  single_below        bigint      NOT NULL CHECK (single_below >= 0),
  step_up_above       bigint      NOT NULL CHECK (step_up_above >= 0),
  claim_for           interval    NOT NULL CHECK (claim_for > '0'),
  escalate_after      interval    NOT NULL CHECK (escalate_after > '0'),
  expire_after        interval    NOT NULL CHECK (expire_after > escalate_after),
  kyc_level           int         NOT NULL CHECK (kyc_level >= 0),
  min_age             int         NOT NULL CHECK (min_age >= 0),
  markets             text[]      NOT NULL,
  credential_cooldown interval    NOT NULL CHECK (credential_cooldown >= '0'),
  address_wait        interval    NOT NULL CHECK (address_wait >= '0'),
  updated_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_by          bigint,
  PRIMARY KEY (tenant_id, asset)
);

CREATE TABLE cashier_settings (
  tenant_id       bigint NOT NULL PRIMARY KEY,
  review_chat_id  bigint,
  review_topic_id bigint
);

CREATE TABLE payout_addresses (
  tenant_id          bigint      NOT NULL,
  address_id         text        NOT NULL CHECK (address_id ~ '^a_[a-z2-7]{16}$'),
  player_id          bigint      NOT NULL,
  gateway            text        NOT NULL,
  asset              text        NOT NULL REFERENCES assets (code),
  label              text        NOT NULL DEFAULT '' CHECK (length(label) <= 64),
  destination_sealed bytea       NOT NULL,
  destination_hash   bytea       NOT NULL CHECK (length(destination_hash) = 32),
  masked             text        NOT NULL,
  added_at           timestamptz NOT NULL DEFAULT clock_timestamp(),
  usable_at          timestamptz NOT NULL,
  removed_at         timestamptz,
  PRIMARY KEY (tenant_id, address_id)
);
CREATE UNIQUE INDEX payout_addresses_once ON payout_addresses (tenant_id, player_id, destination_hash) WHERE removed_at IS NULL;

CREATE TABLE withdrawals (
  tenant_id     bigint      NOT NULL,
  withdrawal_id text        NOT NULL CHECK (withdrawal_id ~ '^w_[a-z2-7]{16}$'),
  group_id      bigint      NOT NULL,
  player_id     bigint      NOT NULL,
  asset         text        NOT NULL,
  amount        bigint      NOT NULL CHECK (amount > 0),
  gateway       text        NOT NULL,
  address_id    text        NOT NULL,
  status        text        NOT NULL DEFAULT 'requested' CHECK (status IN ('requested', 'initial_review', 'secondary_review', 'approved', 'paying',
                'unknown', 'paid', 'rejected', 'cancelled', 'expired', 'failed')),
  version       int         NOT NULL DEFAULT 1,
  cycle         int         NOT NULL DEFAULT 1, -- of reviews: one more after each sending back
  resolution    int         NOT NULL DEFAULT 1, -- of the payout: one more after each retry
  reviews       int         NOT NULL CHECK (reviews BETWEEN 0 AND 2),
  step_up       boolean     NOT NULL,
  reason_code   text        NOT NULL DEFAULT '',
  reason        text        NOT NULL DEFAULT '',
  initial_by    bigint,
  secondary_by  bigint,
  claimed_by    bigint,
  claimed_until timestamptz,
  due_at        timestamptz,
  expires_at    timestamptz,
  escalated     boolean     NOT NULL DEFAULT false,
  needs_person  boolean     NOT NULL DEFAULT false,
  was_unknown   boolean     NOT NULL DEFAULT false,
  payout        text        NOT NULL DEFAULT '' CHECK (payout IN ('', 'accepted', 'paid', 'failed', 'unknown', 'manual')),
  gateway_ref   text        NOT NULL DEFAULT '',
  requested_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at      timestamptz,
  CHECK (secondary_by <> initial_by),
  CHECK ((ended_at IS NOT NULL) = (status IN ('paid', 'rejected', 'cancelled', 'expired', 'failed')))
) WITH (fillfactor = 80);
CREATE INDEX withdrawals_player ON withdrawals (tenant_id, player_id, requested_at, withdrawal_id);
CREATE INDEX withdrawals_time ON withdrawals (tenant_id, requested_at, withdrawal_id);
CREATE INDEX withdrawals_open ON withdrawals (tenant_id, asset) WHERE ended_at IS NULL;
-- Last: of indexes that seem to cost the same, as all do before the table was ever analysed, the planner takes the newest.
ALTER TABLE withdrawals ADD PRIMARY KEY (tenant_id, withdrawal_id);

-- One row a stage and cycle, written by api_withdrawal_decide alone.
CREATE TABLE withdrawal_decisions (
  tenant_id         bigint      NOT NULL,
  decision_id       text        NOT NULL CHECK (decision_id ~ '^dec_[a-z2-7]{16}$'),
  withdrawal_id     text        NOT NULL,
  stage             text        NOT NULL CHECK (stage IN ('initial', 'secondary', 'resolution')),
  cycle             int         NOT NULL,
  verdict           text        NOT NULL CHECK (verdict IN ('approve', 'reject', 'send_back', 'pay_confirmed', 'pay_failed', 'retry')),
  operator_id       bigint      NOT NULL,
  operator_telegram bigint,     -- linked at that moment
  via               text        NOT NULL,
  reason_code       text        NOT NULL DEFAULT '' CHECK (reason_code IN ('', 'KYC_INCOMPLETE', 'THRESHOLD', 'RISK_BLOCK', 'DESTINATION_MISMATCH',
                    'PLAYER_REQUEST', 'OTHER')),
  reason            text        NOT NULL DEFAULT '' CHECK (length(reason) <= 1000),
  gateway_ref       text        NOT NULL DEFAULT '' CHECK (length(gateway_ref) <= 200),
  key               text        NOT NULL CHECK (length(key) BETWEEN 1 AND 128),
  decided_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, decision_id),
  UNIQUE (tenant_id, withdrawal_id, stage, cycle),
  UNIQUE (tenant_id, operator_id, key),
  FOREIGN KEY (tenant_id, withdrawal_id) REFERENCES withdrawals,
  FOREIGN KEY (tenant_id, operator_id) REFERENCES operators
);

CREATE TABLE withdrawal_events (
  tenant_id     bigint      NOT NULL,
  withdrawal_id text        NOT NULL,
  event_id      bigint      GENERATED ALWAYS AS IDENTITY,
  at            timestamptz NOT NULL DEFAULT clock_timestamp(),
  kind          text        NOT NULL CHECK (kind IN ('requested', 'moved', 'escalated', 'claimed', 'released', 'resumed', 'answered', 'needs_person')),
  actor         text        NOT NULL CHECK (actor IN ('player', 'operator', 'gateway', 'system')),
  operator_id   bigint,
  from_status   text,
  to_status     text        NOT NULL,
  reason_code   text        NOT NULL DEFAULT '',
  note          text        NOT NULL DEFAULT '',
  detail        text        NOT NULL DEFAULT '',
  decision_id   text,
  PRIMARY KEY (tenant_id, withdrawal_id, event_id),
  CHECK ((actor = 'operator') = (operator_id IS NOT NULL))
);
CREATE UNIQUE INDEX withdrawal_events_decision ON withdrawal_events (tenant_id, decision_id) WHERE decision_id IS NOT NULL;

-- Written before the gateway is called, and every new word of the gateway after it.
CREATE TABLE payout_attempts (
  tenant_id     bigint      NOT NULL,
  withdrawal_id text        NOT NULL,
  attempt       int         NOT NULL,
  begun_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, withdrawal_id, attempt)
);
CREATE TABLE payout_answers (
  tenant_id     bigint      NOT NULL,
  withdrawal_id text        NOT NULL,
  answer_id     bigint      GENERATED ALWAYS AS IDENTITY,
  at            timestamptz NOT NULL DEFAULT clock_timestamp(),
  source        text        NOT NULL CHECK (source IN ('payout', 'status', 'notice')),
  state         text        NOT NULL CHECK (state IN ('accepted', 'paid', 'failed', 'unknown', 'manual')),
  ref           text        NOT NULL DEFAULT '',
  reason        text        NOT NULL DEFAULT '',
  PRIMARY KEY (tenant_id, withdrawal_id, answer_id)
);

-- The messages that show a withdrawal; the bot edits them.
CREATE TABLE withdrawal_cards (
  tenant_id     bigint      NOT NULL,
  withdrawal_id text        NOT NULL,
  kind          text        NOT NULL CHECK (kind IN ('player', 'review')),
  chat_id       bigint      NOT NULL,
  message_id    bigint      NOT NULL,
  updated_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, withdrawal_id, kind, chat_id)
);

SELECT ledger_seal_table(t) FROM unnest(ARRAY['withdrawal_decisions', 'withdrawal_events', 'payout_attempts', 'payout_answers']) AS t;
SELECT fairground_fence('cash_policies', 'cashier_settings', 'payout_addresses', 'withdrawals', 'withdrawal_decisions', 'withdrawal_events',
  'payout_attempts', 'payout_answers', 'withdrawal_cards');
INSERT INTO writable_tables (name) VALUES ('withdrawal_cards');

-- Money between two accounts of one group and asset, the first one strict: fewer statements than ledger_apply. Null when
-- the money is short.
-- +goose StatementBegin
CREATE FUNCTION ledger_move(p_tenant bigint, p_group bigint, p_asset text, p_kind text, p_ref text, p_from bigint, p_to bigint, p_amount bigint,
  OUT o_transfer bigint, OUT o_at timestamptz) LANGUAGE plpgsql AS $$
DECLARE v_last timestamptz; v_free bigint;
BEGIN
  SELECT max(b.last_at), max(b.posted - b.floor) FILTER (WHERE b.account_id = p_from) INTO v_last, v_free FROM (
    SELECT account_id, last_at, posted, floor FROM balances WHERE tenant_id = p_tenant AND account_id IN (p_from, p_to)
     ORDER BY account_id FOR NO KEY UPDATE) AS b;
  IF v_free IS NULL OR v_free < p_amount THEN RETURN; END IF;
  o_at := greatest(clock_timestamp(), v_last + interval '1 microsecond');
  o_transfer := nextval('transfer_id_seq');
  WITH t AS (INSERT INTO transfers (tenant_id, transfer_id, group_id, asset, kind, ref, posted_at)
             VALUES (p_tenant, o_transfer, p_group, p_asset, p_kind, p_ref, o_at)),
       p AS (INSERT INTO postings (tenant_id, transfer_id, seq, from_account, to_account, amount, posted_at)
             VALUES (p_tenant, o_transfer, 1, p_from, p_to, p_amount, o_at)),
       u AS (UPDATE balances AS b SET posted = b.posted + CASE WHEN b.account_id = p_from THEN -p_amount ELSE p_amount END, version = b.version + 1, last_at = o_at
              WHERE b.tenant_id = p_tenant AND b.account_id IN (p_from, p_to) RETURNING b.account_id, b.version, b.posted)
  INSERT INTO lines (tenant_id, account_id, version, transfer_id, kind, ref, delta, after, posted_at)
  SELECT p_tenant, u.account_id, u.version, o_transfer, p_kind, p_ref, CASE WHEN u.account_id = p_from THEN -p_amount ELSE p_amount END, u.posted, o_at FROM u;
END $$;
-- +goose StatementEnd

-- Sets a player's money aside. The caller keeps the key. Null when the money is short.
-- +goose StatementBegin
CREATE FUNCTION ledger_hold(p_tenant bigint, p_group bigint, p_asset text, p_player bigint, p_hold text, p_amount bigint, p_kind text,
  OUT o_transfer bigint, OUT o_at timestamptz, OUT o_account bigint) LANGUAGE plpgsql AS $$
DECLARE v_to bigint;
BEGIN
  o_account := ledger_account(p_tenant, p_group, p_asset, 'player', p_player::text);
  v_to := ledger_account(p_tenant, p_group, p_asset, 'player_withheld', p_player::text);
  SELECT m.o_transfer, m.o_at INTO o_transfer, o_at FROM ledger_move(p_tenant, p_group, p_asset, p_kind, p_hold, o_account, v_to, p_amount) AS m;
  IF o_transfer IS NULL THEN RETURN; END IF;
  INSERT INTO holds (tenant_id, hold_id, account_id, held_id, amount, transfer_id) VALUES (p_tenant, p_hold, o_account, v_to, p_amount, o_transfer);
END $$;
-- +goose StatementEnd

-- Ends a hold that the caller has locked and found open, and keeps the key.
-- +goose StatementBegin
CREATE FUNCTION ledger_resolve(p_tenant bigint, p_hold holds, p_group bigint, p_asset text, p_resolution text, p_to_owner text, p_hash bytea, p_kind text)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE v_to bigint; v_transfer bigint; v_at timestamptz;
BEGIN
  v_to := CASE WHEN p_resolution = 'posted' THEN ledger_account(p_tenant, p_group, p_asset, 'clearing', p_to_owner) ELSE p_hold.account_id END;
  SELECT m.o_transfer, m.o_at INTO v_transfer, v_at
    FROM ledger_move(p_tenant, p_group, p_asset, p_kind, p_hold.hold_id, p_hold.held_id, v_to, p_hold.amount) AS m;
  IF v_transfer IS NULL THEN RAISE EXCEPTION 'hold % is not covered by its withheld account', p_hold.hold_id USING ERRCODE = 'XX000'; END IF;
  INSERT INTO hold_resolutions (tenant_id, hold_id, resolution, transfer_id) VALUES (p_tenant, p_hold.hold_id, p_resolution, v_transfer);
  RETURN ledger_remember(p_tenant, 'hold.' || p_resolution, p_hold.hold_id, p_hash, v_transfer, jsonb_build_object('code', 'ok', 'transfer', v_transfer, 'at', v_at));
END $$;
-- +goose StatementEnd

-- As before, but no hold may be named like a withdrawal.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION api_ledger_hold(p_tenant bigint, p_group bigint, p_asset text, p_player bigint, p_hold text, p_amount bigint, p_hash bytea, p_kind text)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v jsonb; r record;
BEGIN
  PERFORM ledger_guard(p_tenant);
  IF p_hold LIKE 'w\_%' THEN RAISE EXCEPTION 'a hold named like a withdrawal is made by a withdrawal' USING ERRCODE = '42501'; END IF;
  v := ledger_seen(p_tenant, 'hold', p_hold, p_hash);
  IF v IS NOT NULL THEN RETURN v; END IF;
  r := ledger_hold(p_tenant, p_group, p_asset, p_player, p_hold, p_amount, p_kind);
  IF r.o_transfer IS NULL THEN
    RETURN ledger_remember(p_tenant, 'hold', p_hold, p_hash, NULL::bigint, jsonb_build_object('code', 'ledger.insufficient_funds', 'needed', p_amount,
      'balance', (SELECT posted FROM balances WHERE tenant_id = p_tenant AND account_id = r.o_account)));
  END IF;
  RETURN ledger_remember(p_tenant, 'hold', p_hold, p_hash, r.o_transfer, jsonb_build_object('code', 'ok', 'transfer', r.o_transfer, 'at', r.o_at));
END $$;
-- +goose StatementEnd

-- As before, but a withdrawal's hold ends with its withdrawal only, and money leaves through withdrawals only.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION api_ledger_resolve(p_tenant bigint, p_hold text, p_resolution text, p_to_owner text, p_hash bytea, p_kind text)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v jsonb; h holds; v_group bigint; v_asset text; v_was text;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO h FROM holds WHERE tenant_id = p_tenant AND hold_id = p_hold;
  IF NOT FOUND THEN RETURN '{"code": "ledger.hold_not_found"}'; END IF;
  IF p_hold LIKE 'w\_%' THEN RAISE EXCEPTION 'the hold of a withdrawal ends with its withdrawal' USING ERRCODE = '42501'; END IF;
  PERFORM pg_advisory_xact_lock(7003, hashtext(p_tenant || '/' || p_hold));
  v := ledger_seen(p_tenant, 'hold.' || p_resolution, p_hold, p_hash);
  IF v IS NOT NULL THEN RETURN v; END IF;
  SELECT resolution INTO v_was FROM hold_resolutions WHERE tenant_id = p_tenant AND hold_id = p_hold;
  IF FOUND THEN RETURN jsonb_build_object('code', 'ledger.hold_resolved', 'resolution', v_was); END IF;
  SELECT group_id, asset INTO v_group, v_asset FROM accounts WHERE tenant_id = p_tenant AND account_id = h.account_id;
  IF p_resolution = 'posted' AND ledger_is_cash(v_asset) THEN
    RAISE EXCEPTION 'money leaves through a withdrawal only' USING ERRCODE = '42501';
  END IF;
  RETURN ledger_resolve(p_tenant, h, v_group, v_asset, p_resolution, p_to_owner, p_hash, p_kind);
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION ledger_is_cash(p_asset text) RETURNS boolean LANGUAGE sql STABLE AS
$$ SELECT EXISTS (SELECT 1 FROM assets WHERE code = p_asset AND kind = 'cash') $$;
-- +goose StatementEnd

-- As before, but not in an asset of cash: that moves by deposits, withdrawals, rounds and adjustments, each with its own checks.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION api_ledger_post(p_tenant bigint, p_group bigint, p_asset text, p_scope text, p_key text, p_hash bytea, p_kind text, p_ref text,
  p_from_purpose text[], p_from_owner text[], p_to_purpose text[], p_to_owner text[], p_amount bigint[])
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v jsonb; v_from bigint[]; v_to bigint[]; r record;
BEGIN
  PERFORM ledger_guard(p_tenant);
  v := ledger_seen(p_tenant, p_scope, p_key, p_hash);
  IF v IS NOT NULL THEN RETURN v; END IF;
  IF p_from_purpose && ARRAY['issuer', 'escrow', 'player_withheld', 'player_debt'] OR p_to_purpose && ARRAY['escrow', 'player_withheld']
     OR (p_asset = 'points' AND 'house' = ANY (p_from_purpose)) THEN
    RAISE EXCEPTION 'a posting may not take from an issuer, a debt or the house of points, nor touch escrow or withheld money' USING ERRCODE = '22023';
  END IF;
  IF ledger_is_cash(p_asset) THEN
    RAISE EXCEPTION 'cash moves by deposits, withdrawals, rounds and adjustments only' USING ERRCODE = '42501';
  END IF;
  SELECT array_agg(ledger_account(p_tenant, p_group, p_asset, fp, fo) ORDER BY n), array_agg(ledger_account(p_tenant, p_group, p_asset, tp, t_o) ORDER BY n)
    INTO v_from, v_to FROM unnest(p_from_purpose, p_from_owner, p_to_purpose, p_to_owner) WITH ORDINALITY AS m(fp, fo, tp, t_o, n);
  r := ledger_apply(p_tenant, p_kind, p_ref, v_from, v_to, p_amount);
  IF r.o_short IS NOT NULL THEN
    RETURN ledger_remember(p_tenant, p_scope, p_key, p_hash, NULL::bigint, jsonb_build_object('code', 'ledger.insufficient_funds', 'needed', r.o_needed,
      'balance', (SELECT posted FROM balances WHERE tenant_id = p_tenant AND account_id = r.o_short)));
  END IF;
  RETURN ledger_remember(p_tenant, p_scope, p_key, p_hash, r.o_transfer, jsonb_build_object('code', 'ok', 'transfer', r.o_transfer, 'at', r.o_at));
END $$;
-- +goose StatementEnd

-- The state machine: which status may follow which. Nothing follows an end.
-- +goose StatementBegin
CREATE FUNCTION withdrawal_may(p_from text, p_to text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT p_to = ANY (CASE p_from
    WHEN 'requested'        THEN ARRAY['initial_review', 'approved', 'cancelled', 'expired']
    WHEN 'initial_review'   THEN ARRAY['secondary_review', 'approved', 'rejected', 'cancelled', 'expired']
    WHEN 'secondary_review' THEN ARRAY['initial_review', 'approved', 'rejected', 'cancelled', 'expired']
    WHEN 'approved'         THEN ARRAY['paying', 'cancelled', 'expired']
    WHEN 'paying'           THEN ARRAY['paid', 'failed', 'unknown', 'paying']
    WHEN 'unknown'          THEN ARRAY['paid', 'failed', 'paying']
    ELSE ARRAY[]::text[] END)
$$;
-- +goose StatementEnd

-- No function moves a withdrawal but along withdrawal_may, one version at a time, and none changes what was asked for. Money
-- and status agree at every end, and nothing is approved without its reviews.
-- +goose StatementBegin
CREATE FUNCTION withdrawal_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE v_was text; v_people int;
BEGIN
  IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'a withdrawal is not deleted' USING ERRCODE = '42501'; END IF;
  IF (NEW.tenant_id, NEW.withdrawal_id, NEW.group_id, NEW.player_id, NEW.asset, NEW.amount, NEW.gateway, NEW.address_id, NEW.reviews, NEW.step_up, NEW.requested_at)
     IS DISTINCT FROM (OLD.tenant_id, OLD.withdrawal_id, OLD.group_id, OLD.player_id, OLD.asset, OLD.amount, OLD.gateway, OLD.address_id, OLD.reviews, OLD.step_up, OLD.requested_at) THEN
    RAISE EXCEPTION 'what a withdrawal asks for does not change' USING ERRCODE = '42501';
  END IF;
  IF NEW.version = OLD.version AND NEW.status = OLD.status THEN RETURN NEW; END IF;
  IF NEW.version <> OLD.version + 1 OR NOT withdrawal_may(OLD.status, NEW.status) THEN
    RAISE EXCEPTION 'withdrawal % does not go from % to %', OLD.withdrawal_id, OLD.status, NEW.status USING ERRCODE = '42501';
  END IF;
  IF NEW.ended_at IS NOT NULL THEN
    SELECT resolution INTO v_was FROM hold_resolutions WHERE tenant_id = NEW.tenant_id AND hold_id = NEW.withdrawal_id;
    IF v_was IS DISTINCT FROM (CASE WHEN NEW.status = 'paid' THEN 'posted' ELSE 'voided' END) THEN
      RAISE EXCEPTION 'withdrawal % can''t end as % with its hold %', NEW.withdrawal_id, NEW.status, coalesce(v_was, 'open') USING ERRCODE = '42501';
    END IF;
  ELSIF NEW.status = 'approved' AND NEW.reviews > 0 THEN
    SELECT count(DISTINCT operator_id) INTO v_people FROM withdrawal_decisions
     WHERE tenant_id = NEW.tenant_id AND withdrawal_id = NEW.withdrawal_id AND cycle = NEW.cycle AND verdict = 'approve'
       AND ((stage = 'initial' AND operator_id = NEW.initial_by) OR (stage = 'secondary' AND operator_id = NEW.secondary_by));
    IF v_people < NEW.reviews THEN RAISE EXCEPTION 'withdrawal % lacks reviews', NEW.withdrawal_id USING ERRCODE = '42501'; END IF;
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER withdrawal_guard BEFORE UPDATE OR DELETE ON withdrawals FOR EACH ROW EXECUTE FUNCTION withdrawal_guard();
CREATE TRIGGER withdrawal_stays BEFORE TRUNCATE ON withdrawals FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();

-- Nobody fills both review stages of a withdrawal, in whatever cycles.
-- +goose StatementBegin
CREATE FUNCTION withdrawal_two_people() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.stage <> 'resolution' AND EXISTS (SELECT 1 FROM withdrawal_decisions WHERE tenant_id = NEW.tenant_id AND withdrawal_id = NEW.withdrawal_id
       AND operator_id = NEW.operator_id AND stage NOT IN ('resolution', NEW.stage)) THEN
    RAISE EXCEPTION 'one person decides one stage of withdrawal %', NEW.withdrawal_id USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER withdrawal_two_people BEFORE INSERT ON withdrawal_decisions FOR EACH ROW EXECUTE FUNCTION withdrawal_two_people();

-- A withdrawal as people see it, of a reader who has the names at hand. Who reviews it is not in it.
-- +goose StatementBegin
CREATE FUNCTION withdrawal_face(w withdrawals, p_group text, p_player text, p_name text, p_scale int, p_masked text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('tenant', w.tenant_id, 'group', w.group_id, 'player', w.player_id, 'id', w.withdrawal_id, 'group_id', p_group,
           'player_id', p_player, 'player_name', p_name, 'asset', w.asset, 'scale', p_scale, 'amount', w.amount, 'gateway', w.gateway,
           'destination', p_masked, 'status', w.status, 'version', w.version, 'cycle', w.cycle, 'reviews', w.reviews, 'step_up', w.step_up,
           'reason_code', w.reason_code, 'reason', w.reason, 'due_at', w.due_at, 'expires_at', w.expires_at, 'escalated', w.escalated,
           'payout', w.payout, 'gateway_ref', w.gateway_ref, 'requested_at', w.requested_at, 'updated_at', w.updated_at, 'ended_at', w.ended_at)
$$;
-- +goose StatementEnd

-- A withdrawal as people see it.
-- +goose StatementBegin
CREATE FUNCTION withdrawal_json(w withdrawals) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE v jsonb; v_live boolean := coalesce(w.claimed_until > clock_timestamp(), false);
BEGIN
  SELECT withdrawal_face(w, g.public_id, p.public_id, p.name, a.scale, d.masked)
    INTO v FROM groups g, players p, payout_addresses d, assets a
   WHERE g.tenant_id = w.tenant_id AND g.group_id = w.group_id AND p.tenant_id = w.tenant_id AND p.player_id = w.player_id
     AND d.tenant_id = w.tenant_id AND d.address_id = w.address_id AND a.code = w.asset;
  IF w.initial_by IS NOT NULL OR v_live THEN
    v := v || jsonb_build_object('claimed_until', CASE WHEN v_live THEN w.claimed_until END) || (SELECT jsonb_object_agg(n.name, coalesce(o.public_id, ''))
      FROM (VALUES ('initial_by', w.initial_by), ('secondary_by', w.secondary_by), ('claimed_by', CASE WHEN v_live THEN w.claimed_by END)) AS n(name, id)
      LEFT JOIN operators o ON o.tenant_id = w.tenant_id AND o.operator_id = n.id);
  END IF;
  RETURN v;
END $$;
-- +goose StatementEnd

-- Null when there is none.
-- +goose StatementBegin
CREATE FUNCTION api_withdrawal_view(p_tenant bigint, p_id text) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE w withdrawals;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO w FROM withdrawals WHERE tenant_id = p_tenant AND withdrawal_id = p_id;
  RETURN CASE WHEN FOUND THEN withdrawal_json(w) END;
END $$;
-- +goose StatementEnd

-- What a workflow needs to know.
-- +goose StatementBegin
CREATE FUNCTION withdrawal_state(w withdrawals) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN jsonb_build_object('code', 'ok', 'status', w.status, 'version', w.version, 'cycle', w.cycle,
    'initial_by', coalesce((SELECT public_id FROM operators WHERE tenant_id = w.tenant_id AND operator_id = w.initial_by), ''),
    'escalate_at', coalesce(w.due_at, '0001-01-01 00:00:00+00'), 'expire_at', coalesce(w.expires_at, '0001-01-01 00:00:00+00'),
    'payout', w.payout, 'reason', CASE WHEN w.reason_code <> '' THEN w.reason_code ELSE w.reason END);
END $$;
-- +goose StatementEnd

-- Whose turn it is: the stage that a decision would belong to; null when nobody decides.
-- +goose StatementBegin
CREATE FUNCTION withdrawal_stage(w withdrawals) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN w.status = 'initial_review' THEN 'initial' WHEN w.status = 'secondary_review' THEN 'secondary'
              WHEN w.status = 'unknown' OR (w.status = 'paying' AND w.payout = 'manual') THEN 'resolution' END
$$;
-- +goose StatementEnd

-- A decision of the present stage that waits to be applied.
-- +goose StatementBegin
CREATE FUNCTION withdrawal_pending(w withdrawals) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM withdrawal_decisions d WHERE d.tenant_id = w.tenant_id AND d.withdrawal_id = w.withdrawal_id AND d.stage = withdrawal_stage(w)
    AND d.cycle = CASE WHEN withdrawal_stage(w) = 'resolution' THEN w.resolution ELSE w.cycle END)
$$;
-- +goose StatementEnd

-- Whether anything of the tenant waits for the relay, or for the bot. They are woken only when nothing does: a notification
-- makes commits wait for each other, and who is at work, or looks every second, finds the row anyway.
-- +goose StatementBegin
CREATE FUNCTION outbox_waits(p_tenant bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN coalesce((SELECT true FROM outbox WHERE tenant_id = p_tenant AND published_at IS NULL AND parked IS NULL AND not_before <= clock_timestamp()
    ORDER BY event_id DESC LIMIT 1), false);
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION notices_wait(p_tenant bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN coalesce((SELECT true FROM notifications WHERE tenant_id = p_tenant AND status IN ('queued', 'failed') AND priority = 5
    AND not_before <= clock_timestamp() ORDER BY notification_id DESC LIMIT 1), false);
END $$;
-- +goose StatementEnd

-- Writes an event.
-- +goose StatementBegin
CREATE FUNCTION withdrawal_event(p_tenant bigint, p_type text, p_payload jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE v_waits boolean := outbox_waits(p_tenant);
BEGIN
  INSERT INTO outbox (tenant_id, type, payload) VALUES (p_tenant, p_type, p_payload);
  IF NOT v_waits THEN PERFORM pg_notify('fairground_outbox', p_tenant::text); END IF;
END $$;
-- +goose StatementEnd

-- Tells the player, and the reviewers once the withdrawal was before them.
-- +goose StatementBegin
CREATE FUNCTION withdrawal_notice(p_tenant bigint, p_id text, p_player bigint, p_review boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE v_waits boolean := notices_wait(p_tenant);
BEGIN
  IF p_player IS NOT NULL THEN
    INSERT INTO notifications (tenant_id, chat_id, kind, payload)
    SELECT p_tenant, telegram_id, 'withdrawal.status', jsonb_build_object('withdrawal', p_id) FROM players WHERE tenant_id = p_tenant AND player_id = p_player;
  END IF;
  IF p_review THEN
    INSERT INTO notifications (tenant_id, chat_id, topic_id, kind, payload)
    SELECT p_tenant, review_chat_id, review_topic_id, 'withdrawal.review', jsonb_build_object('withdrawal', p_id)
      FROM cashier_settings WHERE tenant_id = p_tenant AND review_chat_id IS NOT NULL;
  END IF;
  IF NOT v_waits THEN PERFORM pg_notify('fairground_notify', p_tenant::text); END IF;
END $$;
-- +goose StatementEnd

-- Every change of a status goes through here, but for those of players (00020): the money, the row, the history, the notices and the event. The caller has
-- locked the row and may have set initial_by, secondary_by, cycle, resolution, payout and gateway_ref in w.
-- +goose StatementBegin
CREATE FUNCTION withdrawal_move(w withdrawals, p_to text, p jsonb) RETURNS withdrawals LANGUAGE plpgsql AS $$
DECLARE v_from text := w.status; v_final boolean := p_to IN ('paid', 'rejected', 'cancelled', 'expired', 'failed'); v_review boolean := p_to IN ('initial_review', 'secondary_review');
  h holds; c cash_policies;
BEGIN
  IF v_final THEN
    SELECT * INTO STRICT h FROM holds WHERE tenant_id = w.tenant_id AND hold_id = w.withdrawal_id;
    PERFORM ledger_resolve(w.tenant_id, h, w.group_id, w.asset, CASE WHEN p_to = 'paid' THEN 'posted' ELSE 'voided' END, w.gateway,
      sha256(convert_to(w.gateway, 'UTF8')), CASE WHEN p_to = 'paid' THEN 'withdraw.paid' ELSE 'withdraw.back' END);
  ELSIF v_review THEN
    SELECT * INTO STRICT c FROM cash_policies WHERE tenant_id = w.tenant_id AND asset = w.asset;
  ELSIF v_from = 'unknown' AND p->>'decision' IS NULL AND withdrawal_pending(w) THEN
    -- The gateway spoke before a person's word was applied: should doubt come back, that word is not about it.
    w.resolution := w.resolution + 1;
  END IF;
  UPDATE withdrawals SET status = p_to, version = version + 1, cycle = w.cycle, resolution = w.resolution, initial_by = w.initial_by,
         secondary_by = w.secondary_by, claimed_by = NULL, claimed_until = NULL, escalated = false,
         due_at = CASE WHEN v_review THEN clock_timestamp() + c.escalate_after END,
         expires_at = CASE WHEN v_review THEN clock_timestamp() + c.expire_after END,
         was_unknown = was_unknown OR p_to = 'unknown', payout = w.payout, gateway_ref = w.gateway_ref,
         reason_code = coalesce(p->>'reason_code', ''), reason = coalesce(p->>'note', ''),
         updated_at = clock_timestamp(), ended_at = CASE WHEN v_final THEN clock_timestamp() END
   WHERE tenant_id = w.tenant_id AND withdrawal_id = w.withdrawal_id AND status = v_from AND version = w.version
   RETURNING * INTO w;
  IF NOT FOUND THEN RAISE EXCEPTION 'the withdrawal changed meanwhile' USING ERRCODE = '40001'; END IF;
  INSERT INTO withdrawal_events (tenant_id, withdrawal_id, kind, actor, operator_id, from_status, to_status, reason_code, note, detail, decision_id)
  VALUES (w.tenant_id, w.withdrawal_id, 'moved', p->>'actor', (p->>'operator')::bigint, v_from, p_to, w.reason_code, w.reason, coalesce(p->>'detail', ''), p->>'decision');
  PERFORM withdrawal_notice(w.tenant_id, w.withdrawal_id, w.player_id, w.needs_person OR (w.reviews > 0 AND (v_from <> 'requested' OR v_review)));
  PERFORM withdrawal_event(w.tenant_id, 'withdrawal.changed.v1', jsonb_build_object('withdrawal', w.withdrawal_id, 'status', p_to));
  RETURN w;
END $$;
-- +goose StatementEnd
