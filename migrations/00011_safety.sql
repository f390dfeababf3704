-- +goose Up
-- What keeps players safe: their own credential, limits, exclusion, freezing, and the check of their identity.
--
-- Whether somebody may deposit, withdraw or bet is asked inside the transaction that moves the money (player_refusal).
-- Exclusion and freezing hold in every asset and lie on the player's row, which a bet reads anyway for its seed, so a bet in
-- points costs no statement more. Money has limits, markets and ages on top, and takes one lock for each player.

-- The application role may not even read these; only functions that run as the owner do.
CREATE TABLE hidden_tables (name text PRIMARY KEY);
INSERT INTO hidden_tables (name) VALUES ('player_private');

ALTER TABLE players ADD COLUMN excluded_until timestamptz, ADD COLUMN frozen_at timestamptz,
  ADD COLUMN frozen_reason text NOT NULL DEFAULT '' CHECK (length(frozen_reason) <= 500);

-- The application role writes players directly, but not what restricts them. Nobody at all ends an exclusion early.
-- +goose StatementBegin
CREATE FUNCTION player_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE v_owner boolean := current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID);
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.excluded_until > clock_timestamp() OR OLD.frozen_at IS NOT NULL THEN
      RAISE EXCEPTION 'a restricted player stays' USING ERRCODE = '42501';
    END IF;
    RETURN OLD;
  END IF;
  IF NOT v_owner THEN
    RAISE EXCEPTION 'restrictions of a player change only through their functions' USING ERRCODE = '42501';
  END IF;
  IF TG_OP = 'UPDATE' AND (NEW.player_id, NEW.tenant_id) IS DISTINCT FROM (OLD.player_id, OLD.tenant_id) THEN
    RAISE EXCEPTION 'a player keeps their id' USING ERRCODE = '42501';
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.excluded_until > clock_timestamp() AND (NEW.excluded_until < OLD.excluded_until) IS NOT FALSE THEN
    RAISE EXCEPTION 'an exclusion is not shortened' USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER player_keeps_new BEFORE INSERT ON players FOR EACH ROW
  WHEN (NEW.excluded_until IS NOT NULL OR NEW.frozen_at IS NOT NULL OR NEW.frozen_reason <> '') EXECUTE FUNCTION player_keeps();
CREATE TRIGGER player_keeps_old BEFORE UPDATE ON players FOR EACH ROW
  WHEN ((OLD.excluded_until, OLD.frozen_at, OLD.frozen_reason, OLD.player_id, OLD.tenant_id)
        IS DISTINCT FROM (NEW.excluded_until, NEW.frozen_at, NEW.frozen_reason, NEW.player_id, NEW.tenant_id)) EXECUTE FUNCTION player_keeps();
CREATE TRIGGER player_keeps_row BEFORE DELETE ON players FOR EACH ROW EXECUTE FUNCTION player_keeps();

-- Every restriction there was; an operator's are in the operation log too.
CREATE TABLE player_restrictions (
  tenant_id      bigint      NOT NULL,
  restriction_id bigint      GENERATED ALWAYS AS IDENTITY,
  player_id      bigint      NOT NULL,
  kind           text        NOT NULL CHECK (kind IN ('excluded', 'frozen', 'unfrozen')),
  until          timestamptz,
  operator_id    bigint,
  reason         text        NOT NULL DEFAULT '',
  at             timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, restriction_id)
);
CREATE INDEX player_restrictions_player ON player_restrictions (tenant_id, player_id, restriction_id);
SELECT ledger_seal_table('player_restrictions');

-- What a player proves themselves with. No row holds what would prove it: a PIN is the SHA-256 of the key that argon2id
-- derives of it (keyed with the master secret before), a TOTP secret is sealed, and that the program judged a code is shown by
-- a value that only the master secret gives.
CREATE TABLE player_credentials (
  tenant_id    bigint      NOT NULL,
  player_id    bigint      NOT NULL,
  pin_kdf      text,
  pin_check    bytea       CHECK (length(pin_check) = 32),
  totp_pending bytea,
  totp_sealed  bytea,
  totp_step    bigint      NOT NULL DEFAULT 0, -- the last time step whose code was used
  attest_check bytea       CHECK (length(attest_check) = 32),
  failures     int         NOT NULL DEFAULT 0,
  locked_until timestamptz,
  changed_at   timestamptz, -- null: nothing was ever changed
  PRIMARY KEY (tenant_id, player_id),
  CHECK ((pin_kdf IS NULL) = (pin_check IS NULL))
);
CREATE TABLE player_verifications (
  tenant_id          bigint      NOT NULL,
  verification_check bytea       NOT NULL CHECK (length(verification_check) = 32),
  player_id          bigint      NOT NULL,
  purpose            text        NOT NULL CHECK (purpose IN ('withdraw', 'address', 'limits')),
  expires_at         timestamptz NOT NULL,
  used_at            timestamptz,
  PRIMARY KEY (tenant_id, verification_check)
);
CREATE INDEX player_verifications_player ON player_verifications (tenant_id, player_id);

-- A limit is null when there is none. A raise waits in pending_* and holds from pending_at on by itself.
CREATE TABLE player_limits (
  tenant_id      bigint      NOT NULL,
  player_id      bigint      NOT NULL,
  asset          text        NOT NULL REFERENCES assets (code),
  kind           text        NOT NULL CHECK (kind IN ('deposit', 'loss')),
  span           text        NOT NULL CHECK (span IN ('day', 'week', 'month')),
  set_by         text        NOT NULL CHECK (set_by IN ('player', 'operator')),
  amount         bigint      CHECK (amount >= 0),
  pending_amount bigint      CHECK (pending_amount >= 0),
  pending_at     timestamptz,
  updated_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, player_id, asset, kind, span, set_by)
);
CREATE TABLE tenant_limits (
  tenant_id  bigint      NOT NULL,
  asset      text        NOT NULL REFERENCES assets (code),
  kind       text        NOT NULL CHECK (kind IN ('deposit', 'loss')),
  span       text        NOT NULL CHECK (span IN ('day', 'week', 'month')),
  amount     bigint      NOT NULL CHECK (amount >= 0),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, asset, kind, span)
);
-- A player's accounts in one asset over all groups: what limits look at.
CREATE INDEX accounts_player ON accounts (tenant_id, owner, asset) WHERE purpose = 'player';

CREATE TABLE kyc_accounts (
  tenant_id    bigint      NOT NULL,
  account_id   text        NOT NULL UNIQUE CHECK (account_id ~ '^kyc_[a-z2-7]{16}$'),
  provider     text        NOT NULL,
  settings     bytea       NOT NULL, -- sealed
  attest_check bytea       NOT NULL CHECK (length(attest_check) = 32),
  enabled      boolean     NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, account_id),
  UNIQUE (tenant_id, provider)
);
CREATE UNIQUE INDEX kyc_accounts_one ON kyc_accounts (tenant_id) WHERE enabled;

CREATE TABLE player_kyc (
  tenant_id  bigint      NOT NULL,
  player_id  bigint      NOT NULL,
  status     text        NOT NULL CHECK (status IN ('none', 'pending', 'approved', 'rejected', 'expired')),
  level      int         NOT NULL DEFAULT 0 CHECK (level >= 0),
  account_id text,
  ref        text        NOT NULL DEFAULT '',
  reason     text        NOT NULL DEFAULT '',
  result_at  timestamptz, -- when whoever decided decided: an older result changes nothing
  expires_at timestamptz,
  decided_by bigint,      -- an operator; null for a provider
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, player_id)
);
-- Every result that came in, applied or not, without anything personal. The digest makes a repeat harmless.
CREATE TABLE kyc_results (
  tenant_id   bigint      NOT NULL,
  account_id  text        NOT NULL,
  digest      bytea       NOT NULL CHECK (length(digest) = 32),
  player_id   bigint      NOT NULL,
  status      text        NOT NULL,
  result_at   timestamptz NOT NULL,
  applied     boolean     NOT NULL,
  received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, account_id, digest)
);
SELECT ledger_seal_table('kyc_results');
-- What is personal, as far as ages and markets need it; no name, no document. Hidden from the application role.
CREATE TABLE player_private (
  tenant_id  bigint NOT NULL,
  player_id  bigint NOT NULL,
  birth_date date,
  country    text   CHECK (country ~ '^[A-Z]{2}$'),
  PRIMARY KEY (tenant_id, player_id)
);

SELECT fairground_fence('player_restrictions', 'player_credentials', 'player_verifications', 'player_limits', 'tenant_limits',
  'kyc_accounts', 'player_kyc', 'kyc_results', 'player_private');

-- As in 00001, with hidden_tables.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION fairground_grant(p_role text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
  -- Whoever may create functions in public could be called by the functions that run as the owner.
  REVOKE CREATE ON SCHEMA public FROM PUBLIC;
  EXECUTE format('REVOKE CREATE ON SCHEMA public FROM %I', p_role);
  EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', p_role);
  EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA public FROM %I', p_role);
  EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA public TO %I', p_role);
  FOR r IN SELECT name FROM hidden_tables LOOP
    EXECUTE format('REVOKE ALL ON %I FROM %I', r.name, p_role);
  END LOOP;
  EXECUTE format('GRANT USAGE ON SEQUENCE tenant_id_seq TO %I', p_role);
  FOR r IN SELECT name FROM writable_tables LOOP
    EXECUTE format('GRANT INSERT, UPDATE, DELETE ON %I TO %I', r.name, p_role);
  END LOOP;
  REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
  EXECUTE format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM %I', p_role);
  FOR r IN SELECT p.oid::regprocedure AS sig FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
           WHERE n.nspname = 'public' AND p.prokind = 'f' AND (p.proname LIKE 'api\_%' OR p.proname = 'fairground_tenant') LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', r.sig, p_role);
  END LOOP;
END $$;
-- +goose StatementEnd

-- One player's deposits, bets and limits in money, one at a time.
-- +goose StatementBegin
CREATE FUNCTION player_lock(p_tenant bigint, p_player bigint) RETURNS void LANGUAGE sql AS $$
  SELECT pg_advisory_xact_lock(7011, hashtext(p_tenant || '/' || p_player))
$$;
-- +goose StatementEnd

-- ---------- limits ----------

-- What a player has deposited or lost (stakes less winnings) in an asset since p_since, at most 30 days ago, by window. Lines
-- carry rising times with rising versions: each account is walked back from its newest line and no further than p_since.
-- +goose StatementBegin
CREATE FUNCTION player_used(p_tenant bigint, p_player bigint, p_asset text, p_kind text, p_since timestamptz,
  OUT o_day bigint, OUT o_week bigint, OUT o_month bigint) LANGUAGE plpgsql STABLE AS $$
DECLARE v_now timestamptz := clock_timestamp();
BEGIN
  SELECT coalesce(sum(l.amount) FILTER (WHERE l.posted_at > v_now - interval '24 hours'), 0),
         coalesce(sum(l.amount) FILTER (WHERE l.posted_at > v_now - interval '7 days'), 0), coalesce(sum(l.amount), 0) INTO o_day, o_week, o_month
    FROM accounts a CROSS JOIN LATERAL (
      SELECT CASE p_kind WHEN 'loss' THEN -n.delta ELSE n.delta END AS amount, n.posted_at FROM lines n
       WHERE n.tenant_id = p_tenant AND n.account_id = a.account_id
         AND n.version > coalesce((SELECT o.version FROM lines o WHERE o.tenant_id = p_tenant AND o.account_id = a.account_id
               AND o.posted_at <= greatest(p_since, v_now - interval '30 days') ORDER BY o.version DESC LIMIT 1), 0)
         AND CASE p_kind WHEN 'loss' THEN n.kind IN ('bet', 'settle', 'void', 'claim') ELSE n.kind = 'deposit' AND n.delta > 0 END) AS l
   WHERE a.tenant_id = p_tenant AND a.owner = p_player::text AND a.asset = p_asset AND a.purpose = 'player';
END $$;
-- +goose StatementEnd

-- The limits that hold for a player now, by window: the lowest of the player's own, the operators' and the tenant's.
-- +goose StatementBegin
CREATE FUNCTION player_bounds(p_tenant bigint, p_player bigint, p_asset text, p_kind text, OUT o_day bigint, OUT o_week bigint, OUT o_month bigint)
LANGUAGE sql STABLE AS $$
  SELECT min(amount) FILTER (WHERE span = 'day'), min(amount) FILTER (WHERE span = 'week'), min(amount) FILTER (WHERE span = 'month') FROM (
    SELECT span, CASE WHEN pending_at <= clock_timestamp() THEN pending_amount ELSE amount END AS amount FROM player_limits
     WHERE tenant_id = p_tenant AND player_id = p_player AND asset = p_asset AND kind = p_kind
    UNION ALL SELECT span, amount FROM tenant_limits WHERE tenant_id = p_tenant AND asset = p_asset AND kind = p_kind) AS l
$$;
-- +goose StatementEnd

-- Whether an amount more passes a limit: null, or the refusal with what is left of the tightest window.
-- +goose StatementBegin
CREATE FUNCTION player_over(p_tenant bigint, p_player bigint, p_asset text, p_kind text, p_amount bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE b record; u record; r record;
BEGIN
  b := player_bounds(p_tenant, p_player, p_asset, p_kind);
  IF b.o_day IS NULL AND b.o_week IS NULL AND b.o_month IS NULL THEN RETURN NULL; END IF;
  u := player_used(p_tenant, p_player, p_asset, p_kind, clock_timestamp() - CASE WHEN b.o_month IS NOT NULL THEN interval '30 days'
    WHEN b.o_week IS NOT NULL THEN interval '7 days' ELSE interval '24 hours' END);
  SELECT span, rest INTO r FROM (VALUES ('day', b.o_day - u.o_day), ('week', b.o_week - u.o_week), ('month', b.o_month - u.o_month)) AS v(span, rest)
   WHERE rest IS NOT NULL ORDER BY rest LIMIT 1;
  IF r.rest >= p_amount THEN RETURN NULL; END IF;
  RETURN jsonb_build_object('code', 'players.' || p_kind || '_limit', 'left', greatest(r.rest, 0), 'window', r.span);
END $$;
-- +goose StatementEnd

-- Whether a player may deposit, withdraw or bet an amount: null, or the refusal. Exclusion and freezing hold in every asset.
-- In money it takes the player's lock until the transaction ends, so that two requests at once can't both find room under a
-- limit, and looks at the asset's policy. Withdrawing is stopped by a freeze and by what the identity check says, never by
-- exclusion, limits, a closed market or an asset that was turned off: the money is the player's.
-- +goose StatementBegin
CREATE FUNCTION player_refusal(p_tenant bigint, p_group bigint, p_player bigint, p_act text, p_asset text, p_amount bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE v_cash boolean; v_until timestamptz; v_frozen timestamptz; c record; k record; v_out boolean := p_act = 'withdraw';
BEGIN
  IF p_asset <> 'points' THEN
    SELECT kind = 'cash' INTO v_cash FROM assets WHERE code = p_asset;
    IF v_cash THEN PERFORM player_lock(p_tenant, p_player); END IF;
  END IF;
  SELECT excluded_until, frozen_at INTO v_until, v_frozen FROM players WHERE tenant_id = p_tenant AND player_id = p_player;
  IF v_frozen IS NOT NULL THEN RETURN '{"code": "players.frozen"}'; END IF;
  IF NOT v_out AND v_until > clock_timestamp() THEN RETURN jsonb_build_object('code', 'players.excluded', 'until', v_until); END IF;
  IF v_cash IS NOT TRUE THEN RETURN NULL; END IF;

  SELECT * INTO c FROM cash_policies WHERE tenant_id = p_tenant AND asset = p_asset;
  IF NOT FOUND OR NOT (c.enabled OR v_out) THEN RETURN '{"code": "cashier.asset_off"}'; END IF;
  IF c.kyc_level > 0 OR c.min_age > 0 OR cardinality(c.markets) > 0 THEN
    SELECT i.status = 'approved' AND i.level >= c.kyc_level AND (i.expires_at IS NULL OR i.expires_at > clock_timestamp()) AS known,
           x.birth_date, x.country INTO k FROM (SELECT 1) AS one
      LEFT JOIN player_kyc i ON i.tenant_id = p_tenant AND i.player_id = p_player
      LEFT JOIN player_private x ON x.tenant_id = p_tenant AND x.player_id = p_player;
    IF k.known IS NOT TRUE OR (c.min_age > 0 AND k.birth_date IS NULL) OR (NOT v_out AND cardinality(c.markets) > 0 AND k.country IS NULL) THEN
      RETURN '{"code": "players.kyc_required"}';
    END IF;
    IF c.min_age > 0 AND k.birth_date + make_interval(years => c.min_age) > (clock_timestamp() AT TIME ZONE 'UTC')::date THEN
      RETURN '{"code": "players.under_age"}';
    END IF;
    IF NOT v_out AND cardinality(c.markets) > 0 AND k.country <> ALL (c.markets) THEN RETURN '{"code": "players.market_closed"}'; END IF;
  END IF;
  RETURN CASE WHEN p_amount <= 0 OR v_out THEN NULL
              WHEN p_act = 'deposit' THEN player_over(p_tenant, p_player, p_asset, 'deposit', p_amount)
              ELSE player_over(p_tenant, p_player, p_asset, 'loss', p_amount) END;
END $$;
-- +goose StatementEnd

-- A player's limits in an asset, both kinds and every window.
-- +goose StatementBegin
CREATE FUNCTION player_limit_rows(p_tenant bigint, p_player bigint, p_asset text) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE v_now timestamptz := clock_timestamp();
BEGIN
  RETURN (SELECT jsonb_agg(jsonb_build_object('kind', k.kind, 'window', w.span, 'used', w.used, 'amount', w.bound,
      'own', CASE WHEN o.pending_at <= v_now THEN o.pending_amount ELSE o.amount END,
      'pending_amount', CASE WHEN o.pending_at > v_now THEN o.pending_amount END, 'pending_at', CASE WHEN o.pending_at > v_now THEN o.pending_at END)
      ORDER BY k.kind, w.n)
    FROM (VALUES ('deposit'), ('loss')) AS k(kind)
    CROSS JOIN LATERAL player_bounds(p_tenant, p_player, p_asset, k.kind) AS b
    CROSS JOIN LATERAL player_used(p_tenant, p_player, p_asset, k.kind, v_now - interval '30 days') AS u
    CROSS JOIN LATERAL (VALUES (1, 'day', u.o_day, b.o_day), (2, 'week', u.o_week, b.o_week), (3, 'month', u.o_month, b.o_month)) AS w(n, span, used, bound)
    LEFT JOIN player_limits o ON o.tenant_id = p_tenant AND o.player_id = p_player AND o.asset = p_asset AND o.kind = k.kind AND o.span = w.span AND o.set_by = 'player');
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION api_player_limits(p_tenant bigint, p_player bigint, p_asset text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM ledger_guard(p_tenant);
  IF NOT EXISTS (SELECT 1 FROM players WHERE tenant_id = p_tenant AND player_id = p_player) THEN RETURN '{"code": "players.not_found"}'; END IF;
  RETURN jsonb_build_object('code', 'ok', 'limits', player_limit_rows(p_tenant, p_player, p_asset));
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION player_limit_sound(p_asset text, p_kind text, p_span text, p_amount bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT coalesce(p_kind IN ('deposit', 'loss') AND p_span IN ('day', 'week', 'month') AND coalesce(p_amount, 0) >= 0
    AND EXISTS (SELECT 1 FROM assets WHERE code = p_asset AND kind = 'cash'), false)
$$;
-- +goose StatementEnd

-- A player changes a limit of their own: lower at once, higher or none (null) after 24 hours. Setting what holds takes a
-- waiting raise back; a smaller raise keeps the time of the one that waits. Codes: ok, players.invalid_limit, players.not_found.
-- +goose StatementBegin
CREATE FUNCTION api_player_limit(p_tenant bigint, p_player bigint, p_asset text, p_kind text, p_span text, p_amount bigint) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE l player_limits; v_now timestamptz;
BEGIN
  PERFORM ledger_guard(p_tenant);
  IF NOT player_limit_sound(p_asset, p_kind, p_span, p_amount) THEN RETURN '{"code": "players.invalid_limit"}'; END IF;
  IF NOT EXISTS (SELECT 1 FROM players WHERE tenant_id = p_tenant AND player_id = p_player) THEN RETURN '{"code": "players.not_found"}'; END IF;
  PERFORM player_lock(p_tenant, p_player);
  v_now := clock_timestamp();
  SELECT * INTO l FROM player_limits WHERE tenant_id = p_tenant AND player_id = p_player AND asset = p_asset AND kind = p_kind AND span = p_span AND set_by = 'player';
  IF l.pending_at <= v_now THEN
    l.amount := l.pending_amount;
    l.pending_amount := NULL;
    l.pending_at := NULL;
  END IF;
  IF p_amount <= l.amount OR l.amount IS NULL THEN
    l.amount := p_amount;
    l.pending_amount := NULL;
    l.pending_at := NULL;
  ELSE
    l.pending_at := CASE WHEN l.pending_at IS NOT NULL AND (l.pending_amount IS NULL OR p_amount <= l.pending_amount) THEN l.pending_at
                         ELSE v_now + interval '24 hours' END;
    l.pending_amount := p_amount;
  END IF;
  INSERT INTO player_limits (tenant_id, player_id, asset, kind, span, set_by, amount, pending_amount, pending_at, updated_at)
  VALUES (p_tenant, p_player, p_asset, p_kind, p_span, 'player', l.amount, l.pending_amount, l.pending_at, v_now)
  ON CONFLICT (tenant_id, player_id, asset, kind, span, set_by) DO UPDATE SET amount = excluded.amount, pending_amount = excluded.pending_amount,
    pending_at = excluded.pending_at, updated_at = excluded.updated_at;
  RETURN jsonb_build_object('code', 'ok', 'limit', (SELECT r FROM jsonb_array_elements(player_limit_rows(p_tenant, p_player, p_asset)) AS r
    WHERE r->>'kind' = p_kind AND r->>'window' = p_span));
END $$;
-- +goose StatementEnd

-- The operators' limit of a player; null removes it. Codes: ok, players.invalid_limit, players.not_found,
-- cashier.own_account, operators.*.
-- +goose StatementBegin
CREATE FUNCTION api_player_limit_operator(p_tenant bigint, p_via text, p_proof bytea, p_player bigint, p_asset text, p_kind text, p_span text,
  p_amount bigint, p_reason text, p_request text) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record; v_public text; v_was bigint;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_acting(p_tenant, p_via, p_proof, 'players.restrict', true);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  IF operator_is_player(p_tenant, r.o_operator, p_player) THEN RETURN '{"code": "cashier.own_account"}'; END IF;
  IF NOT player_limit_sound(p_asset, p_kind, p_span, p_amount) THEN RETURN '{"code": "players.invalid_limit"}'; END IF;
  SELECT public_id INTO v_public FROM players WHERE tenant_id = p_tenant AND player_id = p_player;
  IF NOT FOUND THEN RETURN '{"code": "players.not_found"}'; END IF;
  PERFORM player_lock(p_tenant, p_player);
  SELECT amount INTO v_was FROM player_limits WHERE tenant_id = p_tenant AND player_id = p_player AND asset = p_asset AND kind = p_kind AND span = p_span AND set_by = 'operator';
  INSERT INTO player_limits (tenant_id, player_id, asset, kind, span, set_by, amount) VALUES (p_tenant, p_player, p_asset, p_kind, p_span, 'operator', p_amount)
  ON CONFLICT (tenant_id, player_id, asset, kind, span, set_by) DO UPDATE SET amount = excluded.amount, updated_at = clock_timestamp();
  PERFORM operation_note(p_tenant, r.o_operator, p_via, 'player.limit', 'player', v_public,
    jsonb_build_object('asset', p_asset, 'kind', p_kind, 'window', p_span, 'amount', v_was),
    jsonb_build_object('asset', p_asset, 'kind', p_kind, 'window', p_span, 'amount', p_amount), p_reason, p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- The tenant's limit for every player; null removes it. Codes: ok, players.invalid_limit, operators.*.
-- +goose StatementBegin
CREATE FUNCTION api_player_limit_default(p_tenant bigint, p_via text, p_proof bytea, p_asset text, p_kind text, p_span text, p_amount bigint,
  p_reason text, p_request text) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record; v_was bigint;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_acting(p_tenant, p_via, p_proof, 'cashier.configure', true);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  IF NOT player_limit_sound(p_asset, p_kind, p_span, p_amount) THEN RETURN '{"code": "players.invalid_limit"}'; END IF;
  SELECT amount INTO v_was FROM tenant_limits WHERE tenant_id = p_tenant AND asset = p_asset AND kind = p_kind AND span = p_span FOR UPDATE;
  IF p_amount IS NULL THEN
    DELETE FROM tenant_limits WHERE tenant_id = p_tenant AND asset = p_asset AND kind = p_kind AND span = p_span;
  ELSE
    INSERT INTO tenant_limits (tenant_id, asset, kind, span, amount) VALUES (p_tenant, p_asset, p_kind, p_span, p_amount)
    ON CONFLICT (tenant_id, asset, kind, span) DO UPDATE SET amount = excluded.amount, updated_at = clock_timestamp();
  END IF;
  PERFORM operation_note(p_tenant, r.o_operator, p_via, 'limit.default', 'asset', p_asset, jsonb_build_object('kind', p_kind, 'window', p_span, 'amount', v_was),
    jsonb_build_object('kind', p_kind, 'window', p_span, 'amount', p_amount), p_reason, p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- ---------- exclusion and freezing ----------

-- A player excludes themselves. Codes: ok, players.excluded (until later than that), players.invalid_exclusion, players.not_found.
-- +goose StatementBegin
CREATE FUNCTION api_player_exclude(p_tenant bigint, p_player bigint, p_until timestamptz) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_was timestamptz; v_now timestamptz;
BEGIN
  PERFORM ledger_guard(p_tenant);
  PERFORM player_lock(p_tenant, p_player);
  SELECT excluded_until INTO v_was FROM players WHERE tenant_id = p_tenant AND player_id = p_player FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "players.not_found"}'; END IF;
  v_now := clock_timestamp();
  IF p_until IS NULL OR p_until <= v_now OR p_until > v_now + interval '100 years' THEN RETURN '{"code": "players.invalid_exclusion"}'; END IF;
  IF v_was > v_now AND p_until < v_was THEN RETURN jsonb_build_object('code', 'players.excluded', 'until', v_was); END IF;
  IF p_until IS DISTINCT FROM v_was THEN
    UPDATE players SET excluded_until = p_until WHERE tenant_id = p_tenant AND player_id = p_player;
    INSERT INTO player_restrictions (tenant_id, player_id, kind, until) VALUES (p_tenant, p_player, 'excluded', p_until);
  END IF;
  RETURN jsonb_build_object('code', 'ok', 'until', p_until);
END $$;
-- +goose StatementEnd

-- Freezes a player or lifts it. A repeat changes nothing. Codes: ok, players.not_found, cashier.own_account, operators.*.
-- +goose StatementBegin
CREATE FUNCTION api_player_freeze(p_tenant bigint, p_via text, p_proof bytea, p_player bigint, p_frozen boolean, p_reason text, p_request text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record; o record;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_acting(p_tenant, p_via, p_proof, 'players.restrict', true);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  IF operator_is_player(p_tenant, r.o_operator, p_player) THEN RETURN '{"code": "cashier.own_account"}'; END IF;
  PERFORM player_lock(p_tenant, p_player);
  SELECT public_id, frozen_at, frozen_reason INTO o FROM players WHERE tenant_id = p_tenant AND player_id = p_player FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "players.not_found"}'; END IF;
  IF p_frozen = (o.frozen_at IS NOT NULL) THEN RETURN '{"code": "ok"}'; END IF;
  UPDATE players SET frozen_at = CASE WHEN p_frozen THEN clock_timestamp() END, frozen_reason = CASE WHEN p_frozen THEN left(p_reason, 500) ELSE '' END
   WHERE tenant_id = p_tenant AND player_id = p_player;
  INSERT INTO player_restrictions (tenant_id, player_id, kind, operator_id, reason)
  VALUES (p_tenant, p_player, CASE WHEN p_frozen THEN 'frozen' ELSE 'unfrozen' END, r.o_operator, left(p_reason, 500));
  PERFORM operation_note(p_tenant, r.o_operator, p_via, CASE WHEN p_frozen THEN 'player.freeze' ELSE 'player.unfreeze' END, 'player', o.public_id,
    jsonb_build_object('frozen', NOT p_frozen, 'reason', o.frozen_reason), jsonb_build_object('frozen', p_frozen), p_reason, p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- What keeps a player from playing or paying. The birth date stays here. Codes: ok, players.not_found.
-- +goose StatementBegin
CREATE FUNCTION api_player_restrictions(p_tenant bigint, p_player bigint) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v jsonb;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT jsonb_build_object('code', 'ok', 'excluded_until', CASE WHEN p.excluded_until > clock_timestamp() THEN p.excluded_until END, 'frozen_at', p.frozen_at,
      'frozen_reason', p.frozen_reason, 'level', coalesce(k.level, 0), 'reason', coalesce(k.reason, ''), 'expires_at', k.expires_at,
      'kyc', CASE WHEN k.status = 'approved' AND k.expires_at <= clock_timestamp() THEN 'expired' ELSE coalesce(k.status, 'none') END,
      'birth_date_known', x.birth_date IS NOT NULL, 'country', coalesce(x.country, '')) INTO v
    FROM players p LEFT JOIN player_kyc k ON k.tenant_id = p_tenant AND k.player_id = p_player
    LEFT JOIN player_private x ON x.tenant_id = p_tenant AND x.player_id = p_player
   WHERE p.tenant_id = p_tenant AND p.player_id = p_player;
  RETURN coalesce(v, '{"code": "players.not_found"}');
END $$;
-- +goose StatementEnd

-- ---------- credentials ----------

-- The player's row of credentials, made if need be and locked; null for no such player.
-- +goose StatementBegin
CREATE FUNCTION player_credential(p_tenant bigint, p_player bigint) RETURNS player_credentials LANGUAGE plpgsql AS $$
DECLARE c player_credentials;
BEGIN
  INSERT INTO player_credentials (tenant_id, player_id) SELECT tenant_id, player_id FROM players WHERE tenant_id = p_tenant AND player_id = p_player
  ON CONFLICT DO NOTHING;
  SELECT * INTO c FROM player_credentials WHERE tenant_id = p_tenant AND player_id = p_player FOR UPDATE;
  RETURN c;
END $$;
-- +goose StatementEnd

-- Counts a wrong try; the fifth in a row locks for 15 minutes.
-- +goose StatementBegin
CREATE FUNCTION player_failed(c player_credentials) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE v_n int := c.failures + 1; v_until timestamptz;
BEGIN
  IF v_n >= 5 THEN
    v_n := 0;
    v_until := clock_timestamp() + interval '15 minutes';
  END IF;
  UPDATE player_credentials SET failures = v_n, locked_until = v_until WHERE tenant_id = c.tenant_id AND player_id = c.player_id;
  IF v_until IS NOT NULL THEN RETURN jsonb_build_object('code', 'players.credential_locked', 'until', v_until); END IF;
  RETURN jsonb_build_object('code', 'players.wrong_code', 'left', 5 - v_n);
END $$;
-- +goose StatementEnd

-- Whether the player showed the PIN (the key it derives) or a fresh TOTP code (its step, attested): null, or the refusal.
-- +goose StatementBegin
CREATE FUNCTION player_shown(c player_credentials, p_key bytea, p_step bigint, p_attest bytea) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE v_totp boolean;
BEGIN
  IF c.pin_check IS NULL AND c.totp_sealed IS NULL THEN RETURN '{"code": "players.no_credential"}'; END IF;
  IF c.locked_until > clock_timestamp() THEN RETURN jsonb_build_object('code', 'players.credential_locked', 'until', c.locked_until); END IF;
  v_totp := coalesce(c.totp_sealed IS NOT NULL AND p_step > c.totp_step AND c.attest_check = sha256(p_attest), false);
  IF NOT v_totp AND (c.pin_check = sha256(p_key)) IS NOT TRUE THEN RETURN player_failed(c); END IF;
  UPDATE player_credentials SET failures = 0, locked_until = NULL, totp_step = CASE WHEN v_totp THEN p_step ELSE totp_step END
   WHERE tenant_id = c.tenant_id AND player_id = c.player_id;
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- Sets a PIN. The former PIN or a code is needed when there is either; only the very first credential starts no cool-down.
-- Codes: ok, players.wrong_code, players.credential_locked, players.not_found.
-- +goose StatementBegin
CREATE FUNCTION api_player_pin_set(p_tenant bigint, p_player bigint, p_key bytea, p_step bigint, p_attest bytea, p_kdf text, p_check bytea, p_attest_check bytea)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE c player_credentials; v jsonb; v_had boolean;
BEGIN
  PERFORM ledger_guard(p_tenant);
  c := player_credential(p_tenant, p_player);
  IF c.player_id IS NULL THEN RETURN '{"code": "players.not_found"}'; END IF;
  v_had := c.pin_check IS NOT NULL OR c.totp_sealed IS NOT NULL;
  IF v_had THEN
    v := player_shown(c, p_key, p_step, p_attest);
    IF v IS NOT NULL THEN RETURN v; END IF;
  END IF;
  -- An enrolment that waits may have been begun by somebody who knew no PIN.
  UPDATE player_credentials SET pin_kdf = p_kdf, pin_check = p_check, attest_check = coalesce(attest_check, p_attest_check), totp_pending = NULL,
         changed_at = CASE WHEN v_had OR changed_at IS NOT NULL THEN clock_timestamp() END WHERE tenant_id = p_tenant AND player_id = p_player;
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- Keeps a sealed TOTP secret until it is confirmed. Codes as of api_player_pin_set.
-- +goose StatementBegin
CREATE FUNCTION api_player_totp_enrol(p_tenant bigint, p_player bigint, p_key bytea, p_step bigint, p_attest bytea, p_sealed bytea, p_attest_check bytea)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE c player_credentials; v jsonb;
BEGIN
  PERFORM ledger_guard(p_tenant);
  c := player_credential(p_tenant, p_player);
  IF c.player_id IS NULL THEN RETURN '{"code": "players.not_found"}'; END IF;
  IF c.pin_check IS NOT NULL OR c.totp_sealed IS NOT NULL THEN
    v := player_shown(c, p_key, p_step, p_attest);
    IF v IS NOT NULL THEN RETURN v; END IF;
  END IF;
  UPDATE player_credentials SET totp_pending = p_sealed, attest_check = coalesce(attest_check, p_attest_check) WHERE tenant_id = p_tenant AND player_id = p_player;
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- Puts the enrolled secret in force. Codes: ok, players.wrong_code, players.credential_locked, players.no_credential, players.not_found.
-- +goose StatementBegin
CREATE FUNCTION api_player_totp_confirm(p_tenant bigint, p_player bigint, p_sealed bytea, p_step bigint, p_attest bytea) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE c player_credentials;
BEGIN
  PERFORM ledger_guard(p_tenant);
  c := player_credential(p_tenant, p_player);
  IF c.player_id IS NULL THEN RETURN '{"code": "players.not_found"}'; END IF;
  IF c.totp_pending IS DISTINCT FROM p_sealed OR p_sealed IS NULL THEN RETURN '{"code": "players.no_credential"}'; END IF;
  IF c.locked_until > clock_timestamp() THEN RETURN jsonb_build_object('code', 'players.credential_locked', 'until', c.locked_until); END IF;
  IF p_step IS NULL OR (c.attest_check = sha256(p_attest)) IS NOT TRUE THEN RETURN player_failed(c); END IF;
  UPDATE player_credentials SET totp_sealed = p_sealed, totp_pending = NULL, totp_step = p_step, failures = 0, locked_until = NULL,
         changed_at = CASE WHEN c.pin_check IS NOT NULL OR c.totp_sealed IS NOT NULL OR changed_at IS NOT NULL THEN clock_timestamp() END
   WHERE tenant_id = p_tenant AND player_id = p_player;
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- Gives a verification for a PIN or a code. Codes: ok, players.no_credential, players.wrong_code, players.credential_locked, players.not_found.
-- +goose StatementBegin
CREATE FUNCTION api_player_verify(p_tenant bigint, p_player bigint, p_key bytea, p_step bigint, p_attest bytea, p_purpose text, p_verification bytea)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE c player_credentials; v jsonb;
BEGIN
  PERFORM ledger_guard(p_tenant);
  c := player_credential(p_tenant, p_player);
  IF c.player_id IS NULL THEN RETURN '{"code": "players.not_found"}'; END IF;
  v := player_shown(c, p_key, p_step, p_attest);
  IF v IS NOT NULL THEN RETURN v; END IF;
  DELETE FROM player_verifications WHERE tenant_id = p_tenant AND player_id = p_player AND expires_at < clock_timestamp();
  INSERT INTO player_verifications (tenant_id, verification_check, player_id, purpose, expires_at)
  VALUES (p_tenant, p_verification, p_player, p_purpose, clock_timestamp() + interval '5 minutes');
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- Uses a verification up, in the caller's transaction. False when it is unknown, used, too old, of another player or purpose.
-- +goose StatementBegin
CREATE FUNCTION player_verified(p_tenant bigint, p_player bigint, p_purpose text, p_verification text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  UPDATE player_verifications SET used_at = clock_timestamp()
   WHERE tenant_id = p_tenant AND verification_check = sha256(convert_to(p_verification, 'UTF8')) AND player_id = p_player AND purpose = p_purpose
     AND used_at IS NULL AND expires_at > clock_timestamp();
  RETURN FOUND;
END $$;
-- +goose StatementEnd

-- When the player's credential was changed last; null for never.
-- +goose StatementBegin
CREATE FUNCTION player_cooldown(p_tenant bigint, p_player bigint) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT changed_at FROM player_credentials WHERE tenant_id = p_tenant AND player_id = p_player
$$;
-- +goose StatementEnd

-- Takes a player's PIN and authenticator away; the cool-down starts. Codes: ok, players.not_found, cashier.own_account,
-- operators.*.
-- +goose StatementBegin
CREATE FUNCTION api_player_reset_credential(p_tenant bigint, p_via text, p_proof bytea, p_player bigint, p_reason text, p_request text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record; c player_credentials;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_acting(p_tenant, p_via, p_proof, 'players.restrict', true);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  IF operator_is_player(p_tenant, r.o_operator, p_player) THEN RETURN '{"code": "cashier.own_account"}'; END IF;
  c := player_credential(p_tenant, p_player);
  IF c.player_id IS NULL THEN RETURN '{"code": "players.not_found"}'; END IF;
  UPDATE player_credentials SET pin_kdf = NULL, pin_check = NULL, totp_pending = NULL, totp_sealed = NULL, failures = 0, locked_until = NULL,
         changed_at = clock_timestamp() WHERE tenant_id = p_tenant AND player_id = p_player;
  DELETE FROM player_verifications WHERE tenant_id = p_tenant AND player_id = p_player;
  PERFORM operation_note(p_tenant, r.o_operator, p_via, 'player.reset_credential', 'player',
    (SELECT public_id FROM players WHERE tenant_id = p_tenant AND player_id = p_player),
    jsonb_build_object('pin', c.pin_check IS NOT NULL, 'totp', c.totp_sealed IS NOT NULL), '{"pin": false, "totp": false}', p_reason, p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- ---------- identity ----------

-- +goose StatementBegin
CREATE FUNCTION kyc_account_put(p_tenant bigint, p_account text, p_provider text, p_settings bytea, p_attest_check bytea, p_enabled boolean) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  IF p_enabled THEN UPDATE kyc_accounts SET enabled = false, updated_at = clock_timestamp() WHERE tenant_id = p_tenant AND enabled AND provider <> p_provider; END IF;
  -- The settings are sealed for their account: one that another request has made meanwhile has another id.
  INSERT INTO kyc_accounts AS k (tenant_id, account_id, provider, settings, attest_check, enabled)
  VALUES (p_tenant, p_account, p_provider, p_settings, p_attest_check, p_enabled)
  ON CONFLICT (tenant_id, provider) DO UPDATE SET settings = excluded.settings, enabled = excluded.enabled, updated_at = clock_timestamp()
   WHERE k.account_id = excluded.account_id;
  IF NOT FOUND THEN RAISE EXCEPTION 'another account was made meanwhile' USING ERRCODE = 'P0F02'; END IF;
  INSERT INTO directory (kind, key, tenant_id) VALUES ('kyc', p_account, p_tenant) ON CONFLICT DO NOTHING;
  RETURN jsonb_build_object('code', 'ok', 'account', p_account, 'provider', p_provider, 'enabled', p_enabled);
END $$;
-- +goose StatementEnd

-- Chooses the tenant's identity provider. Codes: ok, operators.*.
-- +goose StatementBegin
CREATE FUNCTION api_player_kyc_configure(p_tenant bigint, p_account text, p_provider text, p_settings bytea, p_attest_check bytea, p_enabled boolean,
  p_via text, p_proof bytea, p_reason text, p_request text) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record; v jsonb; v_was jsonb;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_acting(p_tenant, p_via, p_proof, 'gateways.configure', true);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  SELECT jsonb_build_object('account', account_id, 'provider', provider, 'enabled', enabled) INTO v_was FROM kyc_accounts
   WHERE tenant_id = p_tenant AND enabled FOR UPDATE;
  v := kyc_account_put(p_tenant, p_account, p_provider, p_settings, p_attest_check, p_enabled);
  PERFORM operation_note(p_tenant, r.o_operator, p_via, 'kyc.configure', 'kyc', p_account, v_was, v - 'code', p_reason, p_request);
  RETURN v;
END $$;
-- +goose StatementEnd

-- The first provider of a tenant, by the installation itself; another time it answers with the one there is.
-- +goose StatementBegin
CREATE FUNCTION api_player_kyc_seed(p_tenant bigint, p_account text, p_provider text, p_settings bytea, p_attest_check bytea, p_enabled boolean) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v jsonb;
BEGIN
  PERFORM ledger_guard(p_tenant);
  PERFORM 1 FROM tenants WHERE tenant_id = p_tenant FOR NO KEY UPDATE;
  SELECT jsonb_build_object('code', 'ok', 'account', account_id, 'provider', provider, 'enabled', enabled) INTO v FROM kyc_accounts
   WHERE tenant_id = p_tenant ORDER BY enabled DESC, created_at LIMIT 1;
  IF FOUND THEN RETURN v; END IF;
  v := kyc_account_put(p_tenant, p_account, p_provider, p_settings, p_attest_check, p_enabled);
  PERFORM operation_note(p_tenant, NULL, NULL, 'kyc.configure', 'kyc', p_account, NULL, v - 'code', 'first start', NULL);
  RETURN v;
END $$;
-- +goose StatementEnd

-- The player's row of the check, made if need be and locked; null for no such player.
-- +goose StatementBegin
CREATE FUNCTION player_kyc_row(p_tenant bigint, p_player bigint) RETURNS player_kyc LANGUAGE plpgsql AS $$
DECLARE k player_kyc;
BEGIN
  INSERT INTO player_kyc (tenant_id, player_id, status) SELECT tenant_id, player_id, 'none' FROM players WHERE tenant_id = p_tenant AND player_id = p_player
  ON CONFLICT DO NOTHING;
  SELECT * INTO k FROM player_kyc WHERE tenant_id = p_tenant AND player_id = p_player FOR UPDATE;
  RETURN k;
END $$;
-- +goose StatementEnd

-- Notes that a check was opened. An approval that holds stays. Codes: ok, players.not_found.
-- +goose StatementBegin
CREATE FUNCTION api_player_kyc_start(p_tenant bigint, p_player bigint, p_account text, p_ref text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE k player_kyc;
BEGIN
  PERFORM ledger_guard(p_tenant);
  k := player_kyc_row(p_tenant, p_player);
  IF k.player_id IS NULL THEN RETURN '{"code": "players.not_found"}'; END IF;
  UPDATE player_kyc SET account_id = p_account, ref = p_ref, updated_at = clock_timestamp(),
         status = CASE WHEN k.status = 'approved' AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp()) THEN 'approved' ELSE 'pending' END
   WHERE tenant_id = p_tenant AND player_id = p_player;
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- Takes a provider's result that the program has verified, as it attests. A repeat and an older result change nothing; of two
-- of the same moment the stricter final one holds. Codes: ok (with applied), players.not_found.
-- +goose StatementBegin
CREATE FUNCTION api_player_kyc_result(p_tenant bigint, p_account text, p_attest bytea, p_digest bytea, p jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE k player_kyc; v_player bigint; v_at timestamptz; v_status text := p->>'status'; v_newer boolean; v_rank constant text[] := ARRAY['none', 'pending', 'approved', 'expired', 'rejected'];
BEGIN
  PERFORM ledger_guard(p_tenant);
  IF NOT EXISTS (SELECT 1 FROM kyc_accounts WHERE tenant_id = p_tenant AND account_id = p_account AND enabled AND attest_check = sha256(p_attest)) THEN
    RAISE EXCEPTION 'nobody attests this result' USING ERRCODE = '42501';
  END IF;
  SELECT player_id INTO v_player FROM players WHERE tenant_id = p_tenant AND public_id = p->>'player';
  IF NOT FOUND THEN RETURN '{"code": "players.not_found"}'; END IF;
  k := player_kyc_row(p_tenant, v_player);
  -- A provider's clock that runs ahead must not shut out what comes later.
  v_at := least((p->>'created_at')::timestamptz, clock_timestamp());
  v_newer := k.result_at IS NULL OR v_at > k.result_at OR (v_at = k.result_at AND array_position(v_rank, v_status) > array_position(v_rank, k.status));
  INSERT INTO kyc_results (tenant_id, account_id, digest, player_id, status, result_at, applied)
  VALUES (p_tenant, p_account, p_digest, v_player, v_status, v_at, v_newer) ON CONFLICT DO NOTHING;
  IF NOT FOUND OR NOT v_newer THEN RETURN '{"code": "ok", "applied": false}'; END IF;
  UPDATE player_kyc SET status = v_status, account_id = p_account, ref = p->>'ref', reason = left(p->>'reason', 500), result_at = v_at, decided_by = NULL,
         level = CASE WHEN v_status = 'approved' THEN (p->>'level')::int ELSE level END,
         expires_at = CASE WHEN v_status = 'approved' THEN (p->>'expires_at')::timestamptz ELSE expires_at END, updated_at = clock_timestamp()
   WHERE tenant_id = p_tenant AND player_id = v_player;
  IF v_status = 'approved' THEN
    INSERT INTO player_private AS x (tenant_id, player_id, birth_date, country) VALUES (p_tenant, v_player, (p->>'birth_date')::date, p->>'country')
    ON CONFLICT (tenant_id, player_id) DO UPDATE SET birth_date = coalesce(excluded.birth_date, x.birth_date), country = coalesce(excluded.country, x.country);
  END IF;
  RETURN '{"code": "ok", "applied": true}';
END $$;
-- +goose StatementEnd

-- An operator decides a check by hand; it holds against results of before. Codes: ok, players.invalid_decision, players.not_found,
-- cashier.own_account, operators.*.
-- +goose StatementBegin
CREATE FUNCTION api_player_kyc_decide(p_tenant bigint, p_via text, p_proof bytea, p_player bigint, p_status text, p_reason text, p_request text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record; k player_kyc; v_now timestamptz;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_acting(p_tenant, p_via, p_proof, 'players.kyc', true);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  IF operator_is_player(p_tenant, r.o_operator, p_player) THEN RETURN '{"code": "cashier.own_account"}'; END IF;
  IF (p_status IN ('approved', 'rejected', 'expired')) IS NOT TRUE THEN RETURN '{"code": "players.invalid_decision"}'; END IF;
  k := player_kyc_row(p_tenant, p_player);
  IF k.player_id IS NULL THEN RETURN '{"code": "players.not_found"}'; END IF;
  v_now := clock_timestamp();
  UPDATE player_kyc SET status = p_status, reason = CASE WHEN p_status = 'approved' THEN '' ELSE left(p_reason, 500) END, result_at = v_now, decided_by = r.o_operator,
         level = CASE WHEN p_status = 'approved' THEN greatest(k.level, 1) ELSE k.level END,
         expires_at = CASE WHEN p_status = 'approved' THEN v_now + interval '2 years' ELSE k.expires_at END, updated_at = v_now
   WHERE tenant_id = p_tenant AND player_id = p_player;
  PERFORM operation_note(p_tenant, r.o_operator, p_via, 'player.kyc', 'player', (SELECT public_id FROM players WHERE tenant_id = p_tenant AND player_id = p_player),
    jsonb_build_object('status', k.status, 'level', k.level), jsonb_build_object('status', p_status), p_reason, p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- ---------- rounds ----------
-- The three functions of 00004 that take a player's stake, with the refusal in them.

-- Codes: those of 00004 and of player_refusal.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION api_round_open(p_tenant bigint, p_key text, p_hash bytea, p jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v jsonb; v_refused jsonb; g groups; v_round text := p->>'round'; v_group bigint := (p->>'group')::bigint; v_player bigint := (p->>'player')::bigint;
  v_asset text := p->>'asset'; v_escrow bigint; v_house bigint; v_purse bigint; v_transfer bigint; r record; v_now timestamptz; v_closes timestamptz;
  v_scope text := 'open.' || (p->>'player'); v_exposure bigint := coalesce((p->>'max_exposure')::bigint, 0);
BEGIN
  PERFORM ledger_guard(p_tenant);
  v := ledger_seen(p_tenant, v_scope, p_key, p_hash);
  IF v IS NOT NULL THEN RETURN v; END IF;
  SELECT * INTO g FROM groups WHERE tenant_id = p_tenant AND group_id = v_group;
  IF NOT FOUND OR g.status <> 'active' THEN RETURN '{"code": "games.group_inactive"}'; END IF;
  IF NOT round_member(p_tenant, v_group, v_player) THEN RETURN '{"code": "players.not_member"}'; END IF;
  v_refused := player_refusal(p_tenant, v_group, v_player, 'bet', v_asset, coalesce((p->'bet'->>'stake')::bigint, 0));
  IF v_refused IS NOT NULL THEN
    -- The refusal may have waited for a twin of this very request.
    RETURN coalesce(ledger_seen(p_tenant, v_scope, p_key, p_hash), v_refused);
  END IF;

  v_escrow := ledger_account(p_tenant, v_group, v_asset, 'escrow', v_round);
  v_now := clock_timestamp();
  v_closes := v_now + make_interval(secs => (p->>'window_ms')::bigint / 1000.0);
  INSERT INTO rounds (tenant_id, round_id, group_id, game, config_version, asset, bank, acting, exclusive, escrow_id, opened_by, params,
                      seats, bets_each, slots, act_reserve, max_exposure, commit_hash, seed_sealed, client_seed, outcome, drawn_at, opens_at, closes_at)
  VALUES (p_tenant, v_round, v_group, p->>'game', (p->>'config_version')::int, v_asset, p->>'bank', (p->>'acting')::boolean, (p->>'exclusive')::boolean,
          v_escrow, v_player, p->'params', coalesce((p->>'seats')::int, 0), coalesce((p->>'bets_each')::int, 0), jsonb_array_length(p->'slots'),
          coalesce((p->>'act_reserve')::bigint, 0), v_exposure, decode(p->>'commit', 'hex'), decode(p->>'seed_sealed', 'hex'),
          p->>'client_seed', p->'outcome', CASE WHEN p ? 'outcome' THEN v_now END, v_now, v_closes)
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    -- The insert may have waited for a twin of this very request.
    DELETE FROM accounts WHERE tenant_id = p_tenant AND account_id = v_escrow;
    v := ledger_seen(p_tenant, v_scope, p_key, p_hash);
    IF v IS NOT NULL THEN RETURN v; END IF;
    RETURN jsonb_build_object('code', 'games.round_running', 'round', (SELECT round_id FROM rounds
      WHERE tenant_id = p_tenant AND group_id = v_group AND exclusive AND status IN ('open', 'closed', 'drawn')));
  END IF;

  IF p->>'bank' = 'house' AND v_asset = 'points' THEN
    IF ledger_issued_today(p_tenant, ledger_account(p_tenant, v_group, v_asset, 'issuer', '')) >= g.issuer_daily_cap THEN
      RETURN round_undo_open(p_tenant, v_round, '{"code": "games.house_limit"}');
    END IF;
  ELSIF p->>'bank' = 'house' THEN
    v_house := ledger_account(p_tenant, v_group, v_asset, 'house', '');
    r := ledger_apply(p_tenant, 'round.exposure', v_round, ARRAY[v_house], ARRAY[v_escrow], ARRAY[v_exposure]);
    IF r.o_short IS NOT NULL THEN RETURN round_undo_open(p_tenant, v_round, '{"code": "games.house_limit"}'); END IF;
    v_transfer := r.o_transfer;
  END IF;

  IF p ? 'bet' THEN
    v_purse := round_purse(p_tenant, v_group, v_asset, v_player);
    SELECT * INTO r FROM ledger_debit(p_tenant, v_group, v_asset, 'bet', v_round, v_purse, v_escrow, (p->'bet'->>'stake')::bigint);
    IF r.o_transfer IS NULL THEN
      PERFORM round_undo_open(p_tenant, v_round, NULL);
      RETURN ledger_remember(p_tenant, v_scope, p_key, p_hash, NULL::bigint, jsonb_build_object('code', 'ledger.insufficient_funds',
        'balance', coalesce((SELECT posted FROM balances WHERE tenant_id = p_tenant AND account_id = v_purse), 0), 'needed', (p->'bet'->>'stake')::bigint));
    END IF;
    v_transfer := r.o_transfer;
    INSERT INTO bets (tenant_id, round_id, player_id, choice, stake, max_payout, seed, transfer_id, placed_at)
    VALUES (p_tenant, v_round, v_player, p->'bet'->>'choice', (p->'bet'->>'stake')::bigint, (p->'bet'->>'max_payout')::bigint, p->'bet'->>'seed', v_transfer, r.o_at);
  END IF;
  INSERT INTO round_slots (tenant_id, round_id, slot, amount, loss)
  SELECT p_tenant, v_round, n - 1, (s->>'amount')::bigint, coalesce((s->>'loss')::bigint, 0) FROM jsonb_array_elements(p->'slots') WITH ORDINALITY AS x(s, n);
  INSERT INTO directory (kind, key, tenant_id) VALUES ('round', v_round, p_tenant);
  PERFORM round_event(p_tenant, 'round.opened.v1', jsonb_build_object('round', v_round, 'group', g.public_id, 'game', p->>'game', 'closes_at', v_closes, 'acting', (p->>'acting')::boolean));
  RETURN ledger_remember(p_tenant, v_scope, p_key, p_hash, v_transfer, jsonb_build_object('code', 'ok', 'round', v_round, 'group', g.public_id, 'closes_at', v_closes));
END $$;
-- +goose StatementEnd

-- As in 00004. A player who is frozen or excluded is found with the row that is read for the seed; only a bet in money asks
-- player_refusal. A refusal is not kept: the same key may pass later.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION api_round_bets(p_tenant bigint, p_round text[], p_player bigint[], p_choice text[], p_stake bigint[], p_max_payout bigint[],
  p_seed text[], p_fresh text[], p_key text[], p_hash bytea[]) RETURNS jsonb[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off SET enable_material = off AS $$
DECLARE v_code text[]; v_old jsonb[]; v_group bigint[]; v_asset text[]; v_escrow bigint[]; v_purse bigint[]; v_seed text[];
  v_counted boolean; v_money boolean; v_n int; v_count record; v_twin jsonb; v_full boolean := false; v_answers jsonb[]; v_wanted bigint; v_stored bigint;
BEGIN
  PERFORM ledger_guard(p_tenant);
  -- Bets share a round's lock; its closer takes it alone and so waits out the bets in flight.
  PERFORM pg_advisory_xact_lock_shared(7002, h) FROM (SELECT DISTINCT hashtext(r) AS h FROM unnest(p_round) AS r ORDER BY 1) AS s;

  SELECT array_agg(CASE WHEN i.hash <> x.hash THEN 'ledger.key_reused' WHEN i.hash IS NOT NULL THEN 'replay'
                        WHEN o.round_id IS NULL THEN 'games.round_not_found'
                        WHEN o.status <> 'open' OR o.closes_at <= clock_timestamp() THEN 'games.round_closed'
                        WHEN l.frozen_at IS NOT NULL OR l.excluded_until > clock_timestamp() THEN 'refused'
                        WHEN m.player_id IS NULL THEN 'players.not_member' ELSE 'ok' END ORDER BY x.n),
         array_agg(CASE WHEN i.hash IS NOT NULL THEN i.outcome || '{"replayed": true}'
                        WHEN l.frozen_at IS NOT NULL THEN '{"code": "players.frozen"}'
                        WHEN l.excluded_until IS NOT NULL THEN jsonb_build_object('code', 'players.excluded', 'until', l.excluded_until) END ORDER BY x.n), array_agg(o.group_id ORDER BY x.n), array_agg(o.asset ORDER BY x.n),
         array_agg(o.escrow_id ORDER BY x.n), array_agg(a.account_id ORDER BY x.n),
         array_agg(coalesce(nullif(x.seed, ''), l.seed, x.fresh) ORDER BY x.n),
         bool_or(o.seats > 0 OR o.bets_each > 0 OR o.max_exposure > 0), bool_or(o.asset <> 'points')
    INTO v_code, v_old, v_group, v_asset, v_escrow, v_purse, v_seed, v_counted, v_money
    FROM unnest(p_round, p_player, p_seed, p_fresh, p_key, p_hash) WITH ORDINALITY AS x(round, player, seed, fresh, key, hash, n)
    LEFT JOIN LATERAL (SELECT * FROM idem WHERE tenant_id = p_tenant AND scope = 'bet.' || x.player AND key = x.key LIMIT 1) i ON true
    LEFT JOIN LATERAL (SELECT * FROM rounds WHERE tenant_id = p_tenant AND round_id = x.round AND NOT acting LIMIT 1) o ON true
    LEFT JOIN LATERAL (SELECT account_id FROM accounts WHERE tenant_id = p_tenant AND group_id = o.group_id AND asset = o.asset
                          AND purpose = 'player' AND owner = x.player::text LIMIT 1) a ON true
    LEFT JOIN LATERAL (SELECT player_id FROM members WHERE tenant_id = p_tenant AND group_id = o.group_id AND player_id = x.player
                          AND status IN ('member', 'administrator', 'creator', 'restricted') LIMIT 1) m ON true
    LEFT JOIN LATERAL (SELECT seed, excluded_until, frozen_at FROM players WHERE tenant_id = p_tenant AND player_id = x.player LIMIT 1) l ON true;
  IF v_money THEN
    -- Money has limits: each player's lock, in one order, before any balance.
    FOR v_n IN SELECT n FROM generate_subscripts(v_code, 1) AS n WHERE v_code[n] = 'ok' AND v_asset[n] <> 'points'
                ORDER BY hashtext(p_tenant || '/' || p_player[n]) LOOP
      v_old[v_n] := player_refusal(p_tenant, v_group[v_n], p_player[v_n], 'bet', v_asset[v_n], p_stake[v_n]);
      IF v_old[v_n] IS NOT NULL THEN
        v_code[v_n] := 'refused';
        -- The lock may have waited for a twin of this very request.
        v_old[v_n] := coalesce(ledger_seen(p_tenant, 'bet.' || p_player[v_n], p_key[v_n], p_hash[v_n]), v_old[v_n]);
      END IF;
    END LOOP;
  END IF;
  IF v_counted THEN
    IF cardinality(p_round) > 1 THEN RAISE EXCEPTION 'a round that counts its bets must come alone' USING ERRCODE = '22023'; END IF;
    IF v_code[1] = 'ok' THEN
      SELECT * INTO v_count FROM round_count(p_tenant, p_round[1], p_player[1], p_max_payout[1] - p_stake[1]);
      v_code[1] := v_count.code;
      v_full := v_count.filled;
      -- The count may have waited for a twin of this very request.
      v_twin := ledger_seen(p_tenant, 'bet.' || p_player[1], p_key[1], p_hash[1]);
      IF v_twin IS NOT NULL THEN RETURN ARRAY[v_twin]; END IF;
    END IF;
  END IF;
  PERFORM 1 FROM balances WHERE tenant_id = p_tenant AND account_id = ANY (v_purse) ORDER BY account_id FOR NO KEY UPDATE;

  WITH x AS MATERIALIZED (
    SELECT * FROM unnest(p_round, p_player, p_choice, p_stake, p_max_payout, p_key, p_hash, v_code, v_old, v_group, v_asset, v_escrow, v_purse, v_seed)
      WITH ORDINALITY AS x(round, player, choice, stake, max_payout, key, hash, code, old, group_id, asset, escrow, purse, seed, n)),
  b AS (
    UPDATE balances SET posted = posted - x.stake, version = version + 1, last_at = greatest(clock_timestamp(), last_at + interval '1 microsecond')
      FROM x WHERE x.code = 'ok' AND tenant_id = p_tenant AND account_id = x.purse AND posted - x.stake >= floor
    RETURNING x.*, posted, version, last_at),
  w AS MATERIALIZED (SELECT b.*, nextval('transfer_id_seq') AS transfer_id, nextval('bet_id_seq') AS bet_id FROM b),
  t AS (INSERT INTO transfers (tenant_id, transfer_id, group_id, asset, kind, ref, posted_at)
        SELECT p_tenant, transfer_id, group_id, asset, 'bet', round, last_at FROM w),
  p AS (INSERT INTO postings (tenant_id, transfer_id, seq, from_account, to_account, amount, posted_at)
        SELECT p_tenant, transfer_id, 1, purse, escrow, stake, last_at FROM w),
  s AS (INSERT INTO lines (tenant_id, account_id, version, transfer_id, kind, ref, delta, after, posted_at)
        SELECT p_tenant, purse, version, transfer_id, 'bet', round, -stake, posted, last_at FROM w),
  g AS (INSERT INTO bets (tenant_id, round_id, bet_id, player_id, choice, stake, max_payout, seed, transfer_id, placed_at)
        SELECT p_tenant, round, bet_id, player, choice, stake, max_payout, seed, transfer_id, last_at FROM w),
  o AS MATERIALIZED (
    SELECT x.n, x.player, x.key, x.hash, w.transfer_id, x.code IN ('ok', 'games.round_closed') AS keep,
           CASE WHEN w.n IS NOT NULL THEN jsonb_build_object('code', 'ok', 'bet', w.bet_id, 'balance', w.posted, 'full', v_full)
                WHEN x.code = 'ok' THEN jsonb_build_object('code', 'ledger.insufficient_funds', 'needed', x.stake, 'balance',
                  coalesce((SELECT posted FROM balances WHERE tenant_id = p_tenant AND account_id = x.purse), 0))
                WHEN x.code IN ('replay', 'refused') THEN x.old
                ELSE jsonb_build_object('code', x.code) END AS answer
      FROM x LEFT JOIN w ON w.n = x.n),
  i AS (INSERT INTO idem (tenant_id, scope, key, hash, accepted, transfer_id, outcome)
        SELECT p_tenant, 'bet.' || player, key, hash, transfer_id IS NOT NULL, transfer_id, answer FROM o WHERE keep
        ON CONFLICT DO NOTHING RETURNING 1)
  SELECT array_agg(answer ORDER BY n), count(*) FILTER (WHERE keep), (SELECT count(*) FROM i) INTO v_answers, v_wanted, v_stored FROM o;
  IF v_stored <> v_wanted THEN RAISE EXCEPTION 'a key was stored by a concurrent request' USING ERRCODE = '40001'; END IF;
  IF v_full AND v_answers[1]->>'code' = 'ok' THEN PERFORM round_event(p_tenant, 'round.full.v1', jsonb_build_object('round', p_round[1])); END IF;
  RETURN v_answers;
END $$;
-- +goose StatementEnd

-- Codes: those of 00004 and of player_refusal; a mine may cost its reserve.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION api_round_claim(p_tenant bigint, p_round text, p_player bigint, p_key text, p_hash bytea) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v jsonb; v_refused jsonb; o rounds; s round_slots; r record; v_purse bigint; v_opener bigint; v_posted bigint; v_left bigint; v_loss bigint;
  v_scope text := 'claim.' || p_player; v_from bigint[]; v_to bigint[]; v_amount bigint[];
BEGIN
  PERFORM ledger_guard(p_tenant);
  v := ledger_seen(p_tenant, v_scope, p_key, p_hash);
  IF v IS NOT NULL THEN RETURN v; END IF;
  PERFORM pg_advisory_xact_lock_shared(7002, hashtext(p_round));
  SELECT * INTO o FROM rounds WHERE tenant_id = p_tenant AND round_id = p_round AND acting;
  IF NOT FOUND THEN RETURN '{"code": "games.round_not_found"}'; END IF;
  IF NOT round_member(p_tenant, o.group_id, p_player) THEN RETURN '{"code": "players.not_member"}'; END IF;
  v_refused := player_refusal(p_tenant, o.group_id, p_player, 'bet', o.asset, o.act_reserve);
  IF v_refused IS NOT NULL THEN RETURN coalesce(ledger_seen(p_tenant, v_scope, p_key, p_hash), v_refused); END IF;
  v_purse := ledger_account(p_tenant, o.group_id, o.asset, 'player', p_player::text);
  v_opener := ledger_account(p_tenant, o.group_id, o.asset, 'player', o.opened_by::text);
  -- A mine pays the opener: both balances at once, in the order every transfer locks them.
  PERFORM 1 FROM balances WHERE tenant_id = p_tenant AND account_id IN (v_purse, CASE WHEN o.act_reserve > 0 THEN v_opener ELSE v_purse END)
    ORDER BY account_id FOR NO KEY UPDATE;
  SELECT posted INTO v_posted FROM balances WHERE tenant_id = p_tenant AND account_id = v_purse;
  -- The lock may have waited for a twin of this very request.
  v := ledger_seen(p_tenant, v_scope, p_key, p_hash);
  IF v IS NOT NULL THEN RETURN v; END IF;
  IF EXISTS (SELECT 1 FROM round_slots WHERE tenant_id = p_tenant AND round_id = p_round AND taken_by = p_player) THEN
    RETURN '{"code": "games.already_claimed"}';
  END IF;
  IF o.status <> 'open' OR o.closes_at <= clock_timestamp() THEN
    RETURN ledger_remember(p_tenant, v_scope, p_key, p_hash, NULL::bigint,
      CASE WHEN EXISTS (SELECT 1 FROM round_slots WHERE tenant_id = p_tenant AND round_id = p_round AND taken_by IS NULL)
           THEN '{"code": "games.round_closed"}'::jsonb ELSE '{"code": "games.nothing_left"}'::jsonb END);
  END IF;
  IF v_posted < o.act_reserve THEN
    RETURN ledger_remember(p_tenant, v_scope, p_key, p_hash, NULL::bigint,
      jsonb_build_object('code', 'ledger.insufficient_funds', 'balance', v_posted, 'needed', o.act_reserve));
  END IF;
  SELECT * INTO s FROM round_slots WHERE tenant_id = p_tenant AND round_id = p_round AND taken_by IS NULL ORDER BY slot LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    SELECT * INTO s FROM round_slots WHERE tenant_id = p_tenant AND round_id = p_round AND taken_by IS NULL ORDER BY slot LIMIT 1 FOR UPDATE;
    IF NOT FOUND THEN RETURN ledger_remember(p_tenant, v_scope, p_key, p_hash, NULL::bigint, '{"code": "games.nothing_left"}'); END IF;
  END IF;
  v_loss := CASE WHEN p_player = o.opened_by THEN 0 ELSE s.loss END;
  v_from := ARRAY[o.escrow_id]; v_to := ARRAY[v_purse]; v_amount := ARRAY[s.amount];
  IF v_loss > 0 THEN
    v_from := v_from || v_purse; v_to := v_to || v_opener; v_amount := v_amount || v_loss;
  END IF;
  r := ledger_apply(p_tenant, 'claim', p_round, v_from, v_to, v_amount);
  IF r.o_short IS NOT NULL THEN RAISE EXCEPTION 'round %: slot % is not covered', p_round, s.slot USING ERRCODE = 'XX000'; END IF;
  UPDATE round_slots SET taken_by = p_player, taken_at = r.o_at, transfer_id = r.o_transfer
   WHERE tenant_id = p_tenant AND round_id = p_round AND slot = s.slot;
  SELECT count(*) INTO v_left FROM round_slots WHERE tenant_id = p_tenant AND round_id = p_round AND taken_by IS NULL;
  IF v_left = 0 THEN PERFORM round_event(p_tenant, 'round.full.v1', jsonb_build_object('round', p_round)); END IF;
  RETURN ledger_remember(p_tenant, v_scope, p_key, p_hash, r.o_transfer, jsonb_build_object('code', 'ok', 'slot', s.slot, 'amount', s.amount, 'loss', v_loss,
    'left', v_left, 'balance', (SELECT posted FROM balances WHERE tenant_id = p_tenant AND account_id = v_purse)));
END $$;
-- +goose StatementEnd
