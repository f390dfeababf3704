-- +goose Up
-- Providers of outside games and the seamless wallet they call.
--
-- The application role writes none of these tables. A provider's call comes with what only the program can derive, so that
-- nobody who holds the role alone makes up wins. A transaction's uuid lies in idem for good, in the scope wallet.<provider>,
-- with the answer that every repeat gets. Locks: the nonce, then the player at the provider, then the player's money lock,
-- then balances.

-- Other migrations name kinds of their own: this one adds to whatever the list is.
-- +goose StatementBegin
DO $$
DECLARE v_kinds text;
BEGIN
  SELECT string_agg(DISTINCT quote_literal(k.m[1]), ', ') INTO v_kinds
    FROM pg_constraint c CROSS JOIN LATERAL regexp_matches(pg_get_constraintdef(c.oid), '''([a-z_]+)''', 'g') AS k(m)
   WHERE c.conrelid = 'directory'::regclass AND c.conname = 'directory_kind_check';
  ALTER TABLE directory DROP CONSTRAINT directory_kind_check;
  EXECUTE format('ALTER TABLE directory ADD CONSTRAINT directory_kind_check CHECK (kind IN (%s, ''provider''))', v_kinds);
END $$;
-- +goose StatementEnd

-- A provider's money goes to one tenant for ever.
-- +goose StatementBegin
CREATE FUNCTION directory_keeps_provider() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% of a provider in the directory is refused', TG_OP USING ERRCODE = '42501';
END $$;
-- +goose StatementEnd
CREATE TRIGGER directory_keeps_provider BEFORE UPDATE OR DELETE ON directory FOR EACH ROW WHEN (OLD.kind = 'provider')
  EXECUTE FUNCTION directory_keeps_provider();

INSERT INTO role_permissions (role, permission) VALUES
  ('owner', 'providers.read'), ('owner', 'providers.configure'), ('owner', 'providers.resolve'),
  ('finance', 'providers.read'), ('finance', 'providers.resolve'),
  ('risk', 'providers.read'), ('support', 'providers.read'), ('analyst', 'providers.read');

CREATE TABLE providers (
  tenant_id         bigint      NOT NULL,
  provider_id       text        NOT NULL CHECK (provider_id ~ '^pv_[a-z2-7]{16}$'),
  title             text        NOT NULL CHECK (length(title) BETWEEN 1 AND 128),
  enabled           boolean     NOT NULL DEFAULT true,
  free_wins         boolean     NOT NULL DEFAULT false, -- may pay a win without a bet
  late_win          interval    NOT NULL DEFAULT '0' CHECK (late_win BETWEEN '0' AND '30 days'), -- past the end of a round
  session_for       interval    NOT NULL DEFAULT '4 hours' CHECK (session_for BETWEEN '1 second' AND '7 days'),
  secret_sealed     bytea       NOT NULL,
  old_secret_sealed bytea,      -- the one before the last rotation
  old_secret_until  timestamptz,
  attest_check      bytea       NOT NULL CHECK (length(attest_check) = 32), -- of what the program shows for a provider's call
  seeded            boolean     NOT NULL DEFAULT false,
  version           int         NOT NULL DEFAULT 1,
  created_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, provider_id),
  UNIQUE (tenant_id, title),
  CHECK ((old_secret_sealed IS NULL) = (old_secret_until IS NULL))
);

CREATE TABLE provider_games (
  tenant_id   bigint      NOT NULL,
  provider_id text        NOT NULL,
  game        text        NOT NULL CHECK (game ~ '^[A-Za-z0-9._-]{1,64}$'),
  title       text        NOT NULL CHECK (length(title) BETWEEN 1 AND 128),
  launch_url  text        NOT NULL CHECK (launch_url ~ '^https?://' AND length(launch_url) <= 1000),
  asset       text        NOT NULL DEFAULT 'points' REFERENCES assets (code),
  min_stake   bigint      NOT NULL DEFAULT 1 CHECK (min_stake >= 1),
  max_stake   bigint      NOT NULL DEFAULT 0 CHECK (max_stake = 0 OR max_stake >= min_stake), -- 0: no limit
  enabled     boolean     NOT NULL DEFAULT true,
  updated_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, provider_id, game),
  FOREIGN KEY (tenant_id, provider_id) REFERENCES providers
);

-- What a player is called towards one provider: two providers can't put their players together.
CREATE TABLE provider_players (
  tenant_id   bigint NOT NULL,
  provider_id text   NOT NULL,
  player_id   bigint NOT NULL,
  alias       text   NOT NULL CHECK (alias ~ '^u_[a-z2-7]{16}$'),
  PRIMARY KEY (tenant_id, provider_id, player_id),
  UNIQUE (tenant_id, provider_id, alias)
);

-- A launch: one player, one group, one game. It is kept for good, because wins and rollbacks may come late.
CREATE TABLE provider_sessions (
  tenant_id   bigint      NOT NULL,
  token_check bytea       NOT NULL CHECK (length(token_check) = 32),
  provider_id text        NOT NULL,
  game        text        NOT NULL,
  group_id    bigint      NOT NULL,
  player_id   bigint      NOT NULL,
  alias       text        NOT NULL,
  asset       text        NOT NULL,
  language    text        NOT NULL DEFAULT '',
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at  timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, token_check)
);

CREATE TABLE provider_rounds (
  tenant_id   bigint      NOT NULL,
  provider_id text        NOT NULL,
  player_id   bigint      NOT NULL,
  round       text        NOT NULL,
  seq         bigint      GENERATED ALWAYS AS IDENTITY,
  group_id    bigint      NOT NULL,
  game        text        NOT NULL,
  asset       text        NOT NULL,
  staked      bigint      NOT NULL DEFAULT 0,
  won         bigint      NOT NULL DEFAULT 0,
  returned    bigint      NOT NULL DEFAULT 0,
  opened_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  closed_at   timestamptz,
  closed_by   text        NOT NULL DEFAULT '' CHECK (closed_by IN ('', 'provider', 'operator')),
  PRIMARY KEY (tenant_id, provider_id, player_id, round),
  CHECK ((closed_at IS NULL) = (closed_by = ''))
) WITH (fillfactor = 80);
CREATE INDEX provider_rounds_seq ON provider_rounds (tenant_id, provider_id, seq);
CREATE INDEX provider_rounds_open ON provider_rounds (tenant_id, provider_id, seq) WHERE closed_at IS NULL;

CREATE TABLE provider_transactions (
  tenant_id   bigint      NOT NULL,
  seq         bigint      GENERATED ALWAYS AS IDENTITY,
  provider_id text        NOT NULL,
  uuid        text        NOT NULL CHECK (length(uuid) BETWEEN 1 AND 128),
  kind        text        NOT NULL CHECK (kind IN ('bet', 'win', 'rollback')),
  reference   text        NOT NULL DEFAULT '', -- the bet that a win or rollback is about
  round       text        NOT NULL DEFAULT '',
  game        text        NOT NULL,
  player_id   bigint      NOT NULL,
  group_id    bigint      NOT NULL,
  asset       text        NOT NULL,
  amount      bigint      NOT NULL CHECK (amount >= 0), -- of a rollback: what it gave back
  balance     bigint      NOT NULL,
  transfer_id bigint,     -- null when nothing moved
  at          timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, provider_id, uuid),
  CHECK (kind = 'bet' OR (amount > 0) = (transfer_id IS NOT NULL)),
  CHECK (kind <> 'bet' OR (amount > 0 AND transfer_id IS NOT NULL))
);
CREATE INDEX provider_transactions_seq ON provider_transactions (tenant_id, provider_id, seq);
CREATE INDEX provider_transactions_reference ON provider_transactions (tenant_id, provider_id, reference) WHERE reference <> '';
CREATE INDEX provider_transactions_round ON provider_transactions (tenant_id, provider_id, player_id, round);

-- A bet is rolled back once. A row without a transfer stands for a bet that had not arrived, and keeps it out.
CREATE TABLE provider_rollbacks (
  tenant_id   bigint      NOT NULL,
  provider_id text        NOT NULL,
  player_id   bigint      NOT NULL,
  reference   text        NOT NULL,
  uuid        text        NOT NULL,
  transfer_id bigint,
  at          timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, provider_id, player_id, reference)
);

-- A nonce names one request for as long as a timestamp can be fresh.
CREATE TABLE provider_nonces (
  tenant_id   bigint      NOT NULL,
  provider_id text        NOT NULL,
  nonce       text        NOT NULL,
  hash        bytea       NOT NULL,
  at          timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, provider_id, nonce)
);
CREATE INDEX provider_nonces_at ON provider_nonces (tenant_id, at);

SELECT ledger_seal_table(t) FROM unnest(ARRAY['provider_transactions', 'provider_rollbacks']) AS t;
SELECT fairground_fence('providers', 'provider_games', 'provider_players', 'provider_sessions', 'provider_rounds', 'provider_transactions',
  'provider_rollbacks', 'provider_nonces');

-- A derived account pays a strict one, which can't run short.
-- +goose StatementBegin
CREATE FUNCTION ledger_credit(p_tenant bigint, p_group bigint, p_asset text, p_kind text, p_ref text,
  p_from bigint, p_to bigint, p_amount bigint, OUT o_transfer bigint, OUT o_after bigint, OUT o_at timestamptz) LANGUAGE plpgsql AS $$
DECLARE v_version bigint;
BEGIN
  UPDATE balances SET posted = posted + p_amount, version = version + 1, last_at = greatest(clock_timestamp(), last_at + interval '1 microsecond')
   WHERE tenant_id = p_tenant AND account_id = p_to RETURNING posted, version, last_at INTO STRICT o_after, v_version, o_at;
  o_transfer := nextval('transfer_id_seq');
  WITH t AS (INSERT INTO transfers (tenant_id, transfer_id, group_id, asset, kind, ref, posted_at)
             VALUES (p_tenant, o_transfer, p_group, p_asset, p_kind, p_ref, o_at)),
       p AS (INSERT INTO postings (tenant_id, transfer_id, seq, from_account, to_account, amount, posted_at)
             VALUES (p_tenant, o_transfer, 1, p_from, p_to, p_amount, o_at))
  INSERT INTO lines (tenant_id, account_id, version, transfer_id, kind, ref, delta, after, posted_at)
  VALUES (p_tenant, p_to, v_version, o_transfer, p_kind, p_ref, p_amount, o_after, o_at);
END $$;
-- +goose StatementEnd

-- One player's transactions at one provider, one at a time.
-- +goose StatementBegin
CREATE FUNCTION provider_lock(p_tenant bigint, p_provider text, p_player bigint) RETURNS void LANGUAGE sql AS $$
  SELECT pg_advisory_xact_lock(7027, hashtext(p_tenant || '/' || p_provider || '/' || p_player))
$$;
-- +goose StatementEnd

-- What a player can spend in a group; 0 without an account.
-- +goose StatementBegin
CREATE FUNCTION provider_balance(p_tenant bigint, p_group bigint, p_asset text, p_player bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT b.posted FROM accounts a JOIN balances b ON b.tenant_id = p_tenant AND b.account_id = a.account_id
                    WHERE a.tenant_id = p_tenant AND a.group_id = p_group AND a.asset = p_asset AND a.purpose = 'player' AND a.owner = p_player::text), 0)
$$;
-- +goose StatementEnd

-- Keeps the answer to a transaction for good. A twin is a serialization failure, as in ledger_remember.
-- +goose StatementBegin
CREATE FUNCTION provider_keep(s provider_sessions, p_uuid text, p_hash bytea, p_transfer bigint, p_answer jsonb) RETURNS jsonb LANGUAGE sql AS $$
  SELECT ledger_remember(s.tenant_id, 'wallet.' || s.provider_id, p_uuid, p_hash, p_transfer, p_answer || jsonb_build_object('transaction_uuid', p_uuid))
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION provider_invalid(p_field text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_object('code', 'INVALID_REQUEST', 'field', p_field)
$$;
-- +goose StatementEnd

-- Why a player may not bet now, in the protocol's words: null, or the refusal. The rules are those of a bet in a round.
-- +goose StatementBegin
CREATE FUNCTION provider_bet_refusal(v providers, s provider_sessions, p_amount bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE g provider_games; v_refused jsonb; v_code text;
BEGIN
  SELECT * INTO g FROM provider_games WHERE tenant_id = s.tenant_id AND provider_id = s.provider_id AND game = s.game;
  IF NOT v.enabled OR NOT g.enabled OR g.asset <> s.asset THEN RETURN '{"code": "GAME_UNAVAILABLE"}'; END IF;
  IF NOT EXISTS (SELECT 1 FROM groups WHERE tenant_id = s.tenant_id AND group_id = s.group_id AND status = 'active') THEN
    RETURN '{"code": "PLAYER_BLOCKED", "reason": "games.group_inactive"}';
  END IF;
  IF NOT round_member(s.tenant_id, s.group_id, s.player_id) THEN RETURN '{"code": "PLAYER_BLOCKED", "reason": "players.not_member"}'; END IF;
  IF p_amount < g.min_stake THEN RETURN jsonb_build_object('code', 'LIMIT_REACHED', 'reason', 'providers.min_stake', 'limit', g.min_stake); END IF;
  IF g.max_stake > 0 AND p_amount > g.max_stake THEN
    RETURN jsonb_build_object('code', 'LIMIT_REACHED', 'reason', 'providers.max_stake', 'limit', g.max_stake);
  END IF;
  v_refused := player_refusal(s.tenant_id, s.group_id, s.player_id, 'bet', s.asset, p_amount);
  IF v_refused IS NULL AND s.asset = 'points' AND round_paced(s.tenant_id, s.group_id) THEN -- what holds for all games of the group
    v_refused := coalesce(round_quiet(s.tenant_id, s.group_id), round_pacing_refusal(s.tenant_id, s.group_id, s.player_id, '', p_amount));
  END IF;
  v_code := v_refused->>'code';
  IF v_code IS NULL THEN RETURN NULL; END IF;
  RETURN jsonb_build_object('code', CASE WHEN v_code LIKE 'games.%' OR v_code LIKE '%\_limit' THEN 'LIMIT_REACHED' ELSE 'PLAYER_BLOCKED' END, 'reason', v_code);
END $$;
-- +goose StatementEnd

-- Takes a stake from the player to the provider's clearing account. Whatever it answers but TOKEN_EXPIRED and INVALID_REQUEST
-- is final: a bet that was refused is never taken later under its uuid.
-- +goose StatementBegin
CREATE FUNCTION provider_bet(v providers, s provider_sessions, p_hash bytea, p jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE o provider_rounds; v_uuid text := p->>'transaction_uuid'; v_round text := p->>'round'; v_amount bigint := (p->>'amount')::bigint; v_refused jsonb; d record;
BEGIN
  IF EXISTS (SELECT 1 FROM provider_rollbacks WHERE tenant_id = s.tenant_id AND provider_id = s.provider_id AND player_id = s.player_id AND reference = v_uuid) THEN
    RETURN provider_keep(s, v_uuid, p_hash, NULL::bigint, '{"code": "TRANSACTION_ROLLED_BACK"}');
  END IF;
  IF s.expires_at <= clock_timestamp() THEN RETURN '{"code": "TOKEN_EXPIRED"}'; END IF;
  SELECT * INTO o FROM provider_rounds WHERE tenant_id = s.tenant_id AND provider_id = s.provider_id AND player_id = s.player_id AND round = v_round;
  IF FOUND AND (o.group_id, o.game, o.asset) <> (s.group_id, s.game, s.asset) THEN RETURN provider_invalid('round'); END IF;
  IF o.closed_at IS NOT NULL THEN RETURN provider_keep(s, v_uuid, p_hash, NULL::bigint, '{"code": "ROUND_CLOSED"}'); END IF;
  v_refused := provider_bet_refusal(v, s, v_amount);
  IF v_refused IS NOT NULL THEN RETURN provider_keep(s, v_uuid, p_hash, NULL::bigint, v_refused); END IF;
  d := ledger_debit(s.tenant_id, s.group_id, s.asset, 'provider.bet', s.provider_id || '/' || v_uuid,
    ledger_account(s.tenant_id, s.group_id, s.asset, 'player', s.player_id::text), ledger_account(s.tenant_id, s.group_id, s.asset, 'clearing', s.provider_id), v_amount);
  IF d.o_transfer IS NULL THEN
    RETURN provider_keep(s, v_uuid, p_hash, NULL::bigint, jsonb_build_object('code', 'NOT_ENOUGH_MONEY', 'asset', s.asset,
      'balance', provider_balance(s.tenant_id, s.group_id, s.asset, s.player_id)));
  END IF;
  INSERT INTO provider_transactions (tenant_id, provider_id, uuid, kind, round, game, player_id, group_id, asset, amount, balance, transfer_id)
  VALUES (s.tenant_id, s.provider_id, v_uuid, 'bet', v_round, s.game, s.player_id, s.group_id, s.asset, v_amount, d.o_after, d.o_transfer);
  INSERT INTO provider_rounds (tenant_id, provider_id, player_id, round, group_id, game, asset, staked)
  VALUES (s.tenant_id, s.provider_id, s.player_id, v_round, s.group_id, s.game, s.asset, v_amount)
    ON CONFLICT (tenant_id, provider_id, player_id, round) DO UPDATE SET staked = provider_rounds.staked + excluded.staked;
  RETURN provider_keep(s, v_uuid, p_hash, d.o_transfer, jsonb_build_object('code', 'OK', 'asset', s.asset, 'balance', d.o_after));
END $$;
-- +goose StatementEnd

-- Whether the bet that a win names lets it be paid: null, or the refusal.
-- +goose StatementBegin
CREATE FUNCTION provider_win_refusal(v providers, s provider_sessions, p jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE b provider_transactions; v_reference text := p->>'reference_transaction_uuid'; v_undone boolean;
BEGIN
  IF coalesce((p->>'free')::boolean, false) THEN
    RETURN CASE WHEN NOT v.free_wins THEN provider_invalid('free') WHEN v_reference IS NOT NULL THEN provider_invalid('reference_transaction_uuid') END;
  END IF;
  IF v_reference IS NULL THEN RETURN provider_invalid('reference_transaction_uuid'); END IF;
  v_undone := EXISTS (SELECT 1 FROM provider_rollbacks WHERE tenant_id = s.tenant_id AND provider_id = s.provider_id AND player_id = s.player_id
                        AND reference = v_reference);
  SELECT * INTO b FROM provider_transactions WHERE tenant_id = s.tenant_id AND provider_id = s.provider_id AND uuid = v_reference;
  IF FOUND AND (b.kind, b.player_id, b.group_id, b.game, b.asset, b.round) <> ('bet', s.player_id, s.group_id, s.game, s.asset, p->>'round') THEN
    RETURN provider_invalid('reference_transaction_uuid');
  END IF;
  RETURN CASE WHEN v_undone THEN '{"code": "TRANSACTION_ROLLED_BACK"}'::jsonb WHEN b.uuid IS NULL THEN '{"code": "TRANSACTION_NOT_FOUND"}'::jsonb END;
END $$;
-- +goose StatementEnd

-- Pays a win out of the provider's clearing account. The session's age and the player's limits are not looked at. A refusal is
-- not kept: the bet may arrive, or an operator may allow later wins.
-- +goose StatementBegin
CREATE FUNCTION provider_win(v providers, s provider_sessions, p_hash bytea, p jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE o provider_rounds; v_uuid text := p->>'transaction_uuid'; v_round text := p->>'round'; v_amount bigint := (p->>'amount')::bigint;
  v_refused jsonb; d record; v_transfer bigint; v_after bigint;
BEGIN
  v_refused := provider_win_refusal(v, s, p);
  IF v_refused IS NOT NULL THEN RETURN v_refused; END IF;
  SELECT * INTO o FROM provider_rounds WHERE tenant_id = s.tenant_id AND provider_id = s.provider_id AND player_id = s.player_id AND round = v_round;
  IF FOUND AND (o.group_id, o.game, o.asset) <> (s.group_id, s.game, s.asset) THEN RETURN provider_invalid('round'); END IF;
  IF o.closed_at + v.late_win <= clock_timestamp() THEN RETURN '{"code": "ROUND_CLOSED"}'; END IF;
  IF v_amount > 0 THEN
    d := ledger_credit(s.tenant_id, s.group_id, s.asset, 'provider.win', s.provider_id || '/' || v_uuid, ledger_account(s.tenant_id, s.group_id, s.asset, 'clearing', s.provider_id),
      ledger_account(s.tenant_id, s.group_id, s.asset, 'player', s.player_id::text), v_amount);
    v_transfer := d.o_transfer; v_after := d.o_after;
  ELSE
    v_after := provider_balance(s.tenant_id, s.group_id, s.asset, s.player_id);
  END IF;
  INSERT INTO provider_transactions (tenant_id, provider_id, uuid, kind, reference, round, game, player_id, group_id, asset, amount, balance, transfer_id)
  VALUES (s.tenant_id, s.provider_id, v_uuid, 'win', coalesce(p->>'reference_transaction_uuid', ''), v_round, s.game, s.player_id, s.group_id, s.asset, v_amount, v_after, v_transfer);
  INSERT INTO provider_rounds (tenant_id, provider_id, player_id, round, group_id, game, asset, won)
  VALUES (s.tenant_id, s.provider_id, s.player_id, v_round, s.group_id, s.game, s.asset, v_amount)
    ON CONFLICT (tenant_id, provider_id, player_id, round) DO UPDATE SET won = provider_rounds.won + excluded.won;
  RETURN provider_keep(s, v_uuid, p_hash, v_transfer, jsonb_build_object('code', 'OK', 'asset', s.asset, 'balance', v_after));
END $$;
-- +goose StatementEnd

-- Gives a bet back once; null for one that was given back or reversed before. The row in reversals keeps operators from
-- reversing the same transfer once more.
-- +goose StatementBegin
CREATE FUNCTION provider_return(b provider_transactions, p_uuid text, OUT o_transfer bigint, OUT o_after bigint) LANGUAGE plpgsql AS $$
DECLARE d record;
BEGIN
  PERFORM ledger_reversal_lock(b.tenant_id, b.transfer_id);
  IF EXISTS (SELECT 1 FROM reversals WHERE tenant_id = b.tenant_id AND original_id = b.transfer_id) THEN RETURN; END IF;
  d := ledger_credit(b.tenant_id, b.group_id, b.asset, 'provider.rollback', b.provider_id || '/' || p_uuid, ledger_account(b.tenant_id, b.group_id, b.asset, 'clearing', b.provider_id),
    ledger_account(b.tenant_id, b.group_id, b.asset, 'player', b.player_id::text), b.amount);
  o_transfer := d.o_transfer; o_after := d.o_after;
  INSERT INTO reversals (tenant_id, original_id, transfer_id, reason) VALUES (b.tenant_id, b.transfer_id, o_transfer, 'rolled back by the provider');
  UPDATE provider_rounds SET returned = returned + b.amount WHERE tenant_id = b.tenant_id AND provider_id = b.provider_id AND player_id = b.player_id AND round = b.round;
END $$;
-- +goose StatementEnd

-- Undoes a bet, whatever the session's age and the round's state. One that did not arrive is remembered and will be refused.
-- Wins are final, and so is a bet that was paid out: a provider that erred asks an operator.
-- +goose StatementBegin
CREATE FUNCTION provider_rollback(s provider_sessions, p_hash bytea, p jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE b provider_transactions; v_uuid text := p->>'transaction_uuid'; v_reference text := p->>'reference_transaction_uuid'; d record; v_known boolean;
  v_transfer bigint; v_after bigint;
BEGIN
  SELECT * INTO b FROM provider_transactions WHERE tenant_id = s.tenant_id AND provider_id = s.provider_id AND uuid = v_reference;
  v_known := FOUND;
  IF v_reference = v_uuid OR v_known AND (b.kind = 'rollback' OR b.player_id <> s.player_id) THEN RETURN provider_invalid('reference_transaction_uuid'); END IF;
  IF v_known AND p ? 'round' AND b.round <> p->>'round' THEN RETURN provider_invalid('round'); END IF;
  IF b.kind = 'win' THEN RETURN '{"code": "ROLLBACK_REFUSED", "reason": "win"}'; END IF;
  IF NOT EXISTS (SELECT 1 FROM provider_rollbacks WHERE tenant_id = s.tenant_id AND provider_id = s.provider_id AND player_id = s.player_id AND reference = v_reference) THEN
    IF EXISTS (SELECT 1 FROM provider_transactions WHERE tenant_id = s.tenant_id AND provider_id = s.provider_id AND reference = v_reference AND kind = 'win' AND amount > 0) THEN
      RETURN '{"code": "ROLLBACK_REFUSED", "reason": "paid_out"}';
    END IF;
    IF v_known THEN
      d := provider_return(b, v_uuid);
      v_transfer := d.o_transfer; v_after := d.o_after;
    END IF;
    INSERT INTO provider_rollbacks (tenant_id, provider_id, player_id, reference, uuid, transfer_id)
    VALUES (s.tenant_id, s.provider_id, s.player_id, v_reference, v_uuid, v_transfer);
  END IF;
  IF NOT v_known THEN b.group_id := s.group_id; b.asset := s.asset; b.game := s.game; b.round := coalesce(p->>'round', ''); END IF;
  v_after := coalesce(v_after, provider_balance(s.tenant_id, b.group_id, b.asset, s.player_id));
  INSERT INTO provider_transactions (tenant_id, provider_id, uuid, kind, reference, round, game, player_id, group_id, asset, amount, balance, transfer_id)
  VALUES (s.tenant_id, s.provider_id, v_uuid, 'rollback', v_reference, b.round, b.game, s.player_id, b.group_id, b.asset,
    CASE WHEN v_transfer IS NULL THEN 0 ELSE b.amount END, v_after, v_transfer);
  RETURN provider_keep(s, v_uuid, p_hash, v_transfer, jsonb_build_object('code', 'OK', 'asset', b.asset, 'balance', v_after,
    'returned', CASE WHEN v_transfer IS NULL THEN 0 ELSE b.amount END));
END $$;
-- +goose StatementEnd

-- Ends a round. A repeat changes nothing.
-- +goose StatementBegin
CREATE FUNCTION provider_close(s provider_sessions, p_round text) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  UPDATE provider_rounds SET closed_at = clock_timestamp(), closed_by = 'provider'
   WHERE tenant_id = s.tenant_id AND provider_id = s.provider_id AND player_id = s.player_id AND round = p_round AND game = s.game AND closed_at IS NULL;
  IF NOT FOUND AND NOT EXISTS (SELECT 1 FROM provider_rounds WHERE tenant_id = s.tenant_id AND provider_id = s.provider_id AND player_id = s.player_id
       AND round = p_round AND game = s.game) THEN
    RETURN '{"code": "ROUND_NOT_FOUND"}';
  END IF;
  RETURN jsonb_build_object('code', 'OK', 'round', p_round);
END $$;
-- +goose StatementEnd

-- Whether a nonce names this request: the same bytes may come again, others may not. Now and then it forgets old ones.
-- +goose StatementBegin
CREATE FUNCTION provider_nonce(p_tenant bigint, p_provider text, p_nonce text, p_body bytea) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO provider_nonces (tenant_id, provider_id, nonce, hash) VALUES (p_tenant, p_provider, p_nonce, p_body) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RETURN EXISTS (SELECT 1 FROM provider_nonces WHERE tenant_id = p_tenant AND provider_id = p_provider AND nonce = p_nonce AND hash = p_body);
  END IF;
  IF random() < 0.01 THEN
    DELETE FROM provider_nonces WHERE (tenant_id, provider_id, nonce) IN (SELECT tenant_id, provider_id, nonce FROM provider_nonces
      WHERE tenant_id = p_tenant AND at < clock_timestamp() - interval '20 minutes' ORDER BY at LIMIT 300 FOR UPDATE SKIP LOCKED);
  END IF;
  RETURN true;
END $$;
-- +goose StatementEnd

-- What authenticate and balance answer.
-- +goose StatementBegin
CREATE FUNCTION provider_shows(v providers, s provider_sessions, p_call text) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE v_answer jsonb;
BEGIN
  IF s.expires_at <= clock_timestamp() THEN RETURN '{"code": "TOKEN_EXPIRED"}'; END IF;
  v_answer := jsonb_build_object('code', 'OK', 'player', s.alias, 'asset', s.asset, 'scale', (SELECT scale FROM assets WHERE code = s.asset),
    'balance', provider_balance(s.tenant_id, s.group_id, s.asset, s.player_id));
  IF p_call = 'balance' THEN RETURN v_answer; END IF;
  IF NOT v.enabled OR NOT EXISTS (SELECT 1 FROM provider_games WHERE tenant_id = s.tenant_id AND provider_id = s.provider_id AND game = s.game AND enabled) THEN
    RETURN '{"code": "GAME_UNAVAILABLE"}';
  END IF;
  RETURN v_answer || jsonb_build_object('game', s.game, 'language', s.language, 'expires_at', to_char(s.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'));
END $$;
-- +goose StatementEnd

-- One call of a provider whose signature the program has checked against the keys of p_version. p_body is the hash of the call
-- and its bytes, p_hash that of what the transaction means. Answers the exact text to send, or {"code": "stale"} when the keys
-- have changed since: then the program checks again. Plans are made once and for tables that have grown, as in api_round_bets.
-- +goose StatementBegin
CREATE FUNCTION api_provider_call(p_tenant bigint, p_provider text, p_call text, p_version int, p_attest bytea, p_nonce text, p_body bytea, p_hash bytea,
  p_token bytea, p jsonb) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE v providers; s provider_sessions; i record;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO v FROM providers WHERE tenant_id = p_tenant AND provider_id = p_provider;
  IF NOT FOUND OR v.attest_check IS DISTINCT FROM sha256(p_attest) THEN RETURN '{"code": "INVALID_SIGNATURE"}'; END IF;
  IF v.version <> p_version THEN RETURN '{"code": "stale"}'; END IF;
  IF NOT provider_nonce(p_tenant, p_provider, p_nonce, p_body) THEN RETURN '{"code": "NONCE_REUSED"}'; END IF;
  SELECT * INTO s FROM provider_sessions WHERE tenant_id = p_tenant AND token_check = sha256(p_token) AND provider_id = p_provider;
  IF NOT FOUND THEN RETURN '{"code": "TOKEN_INVALID"}'; END IF;
  IF p->>'player' <> s.alias THEN RETURN provider_invalid('player')::text; END IF;
  IF p->>'game' <> s.game THEN RETURN provider_invalid('game')::text; END IF;
  IF p->>'asset' <> s.asset THEN RETURN provider_invalid('asset')::text; END IF;
  IF p_call IN ('authenticate', 'balance') THEN RETURN provider_shows(v, s, p_call)::text; END IF;

  PERFORM provider_lock(p_tenant, p_provider, s.player_id);
  IF p_call = 'close' THEN RETURN provider_close(s, p->>'round')::text; END IF;
  SELECT hash, outcome INTO i FROM idem WHERE tenant_id = p_tenant AND scope = 'wallet.' || p_provider AND key = p->>'transaction_uuid';
  IF FOUND THEN RETURN CASE WHEN i.hash = p_hash THEN i.outcome::text ELSE '{"code": "DUPLICATE_TRANSACTION"}' END; END IF;
  RETURN CASE p_call WHEN 'bet' THEN provider_bet(v, s, p_hash, p) WHEN 'win' THEN provider_win(v, s, p_hash, p) WHEN 'rollback' THEN provider_rollback(s, p_hash, p) END::text;
END $$;
-- +goose StatementEnd

-- ---------- launches ----------

-- Opens a session in a game. Codes: ok (with what the address needs), providers.game_not_found, providers.group_inactive,
-- players.*, cashier.asset_off.
-- +goose StatementBegin
CREATE FUNCTION api_provider_launch(p_tenant bigint, p_group bigint, p_player bigint, p_provider text, p_game text, p_token bytea, p_alias text, p_language text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE g provider_games; v_for interval; v_alias text; v_refused jsonb; v_until timestamptz;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT x.session_for INTO v_for FROM providers x WHERE x.tenant_id = p_tenant AND x.provider_id = p_provider AND x.enabled;
  SELECT * INTO g FROM provider_games WHERE tenant_id = p_tenant AND provider_id = p_provider AND game = p_game AND enabled;
  IF v_for IS NULL OR g.game IS NULL THEN RETURN '{"code": "providers.game_not_found"}'; END IF;
  IF NOT EXISTS (SELECT 1 FROM groups WHERE tenant_id = p_tenant AND group_id = p_group AND status = 'active') THEN RETURN '{"code": "providers.group_inactive"}'; END IF;
  IF NOT round_member(p_tenant, p_group, p_player) THEN RETURN '{"code": "players.not_member"}'; END IF;
  v_refused := player_refusal(p_tenant, p_group, p_player, 'bet', g.asset, 0);
  IF v_refused IS NOT NULL THEN RETURN v_refused; END IF;
  INSERT INTO provider_players (tenant_id, provider_id, player_id, alias) VALUES (p_tenant, p_provider, p_player, p_alias)
    ON CONFLICT (tenant_id, provider_id, player_id) DO NOTHING;
  SELECT alias INTO STRICT v_alias FROM provider_players WHERE tenant_id = p_tenant AND provider_id = p_provider AND player_id = p_player;
  v_until := clock_timestamp() + v_for;
  INSERT INTO provider_sessions (tenant_id, token_check, provider_id, game, group_id, player_id, alias, asset, language, expires_at)
  VALUES (p_tenant, sha256(p_token), p_provider, p_game, p_group, p_player, v_alias, g.asset, p_language, v_until);
  RETURN jsonb_build_object('code', 'ok', 'url', g.launch_url, 'expires_at', v_until);
END $$;
-- +goose StatementEnd

-- ---------- operators ----------

-- +goose StatementBegin
CREATE FUNCTION provider_told(p_tenant bigint, p_provider text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('title', title, 'enabled', enabled, 'free_wins', free_wins, 'late_win', extract(epoch FROM late_win), 'session', extract(epoch FROM session_for))
    FROM providers WHERE tenant_id = p_tenant AND provider_id = p_provider
$$;
-- +goose StatementEnd

-- Adds a provider with its first secret. Codes: ok, operators.*, providers.title_taken.
-- +goose StatementBegin
CREATE FUNCTION api_provider_add(p_tenant bigint, p_via text, p_proof bytea, p_request text, p jsonb, p_sealed bytea, p_attest_check bytea, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_acting(p_tenant, p_via, p_proof, 'providers.configure', true);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  INSERT INTO providers (tenant_id, provider_id, title, free_wins, late_win, session_for, secret_sealed, attest_check)
  VALUES (p_tenant, p->>'id', p->>'title', (p->>'free_wins')::boolean, make_interval(secs => (p->>'late_win')::float8),
          make_interval(secs => (p->>'session')::float8), p_sealed, p_attest_check) ON CONFLICT (tenant_id, title) DO NOTHING;
  IF NOT FOUND THEN RETURN '{"code": "providers.title_taken"}'; END IF;
  INSERT INTO directory (kind, key, tenant_id) VALUES ('provider', p->>'id', p_tenant);
  PERFORM operation_note(p_tenant, r.o_operator, p_via, 'provider.add', 'provider', p->>'id', NULL, provider_told(p_tenant, p->>'id'), p_reason, p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- Changes what p has of a provider. One that is off takes no launches and bets, but what is on its way still arrives.
-- Codes: ok, operators.*, providers.not_found, providers.title_taken.
-- +goose StatementBegin
CREATE FUNCTION api_provider_set(p_tenant bigint, p_via text, p_proof bytea, p_request text, p_provider text, p jsonb, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record; v_was jsonb;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_acting(p_tenant, p_via, p_proof, 'providers.configure', true);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  PERFORM 1 FROM providers WHERE tenant_id = p_tenant AND provider_id = p_provider FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "providers.not_found"}'; END IF;
  IF EXISTS (SELECT 1 FROM providers WHERE tenant_id = p_tenant AND title = p->>'title' AND provider_id <> p_provider) THEN
    RETURN '{"code": "providers.title_taken"}';
  END IF;
  v_was := provider_told(p_tenant, p_provider);
  UPDATE providers SET title = coalesce(p->>'title', title), enabled = coalesce((p->>'enabled')::boolean, enabled),
         free_wins = coalesce((p->>'free_wins')::boolean, free_wins), late_win = coalesce(make_interval(secs => (p->>'late_win')::float8), late_win),
         session_for = coalesce(make_interval(secs => (p->>'session')::float8), session_for), version = version + 1, updated_at = clock_timestamp()
   WHERE tenant_id = p_tenant AND provider_id = p_provider;
  PERFORM operation_note(p_tenant, r.o_operator, p_via, 'provider.set', 'provider', p_provider, v_was, provider_told(p_tenant, p_provider), p_reason, p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- Gives a provider a new secret; the present one is taken for p_grace more seconds. Codes: ok, operators.*, providers.not_found.
-- +goose StatementBegin
CREATE FUNCTION api_provider_rotate(p_tenant bigint, p_via text, p_proof bytea, p_request text, p_provider text, p_sealed bytea, p_grace bigint, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record; v_until timestamptz := CASE WHEN p_grace > 0 THEN clock_timestamp() + make_interval(secs => p_grace) END;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_acting(p_tenant, p_via, p_proof, 'providers.configure', true);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  UPDATE providers SET old_secret_sealed = CASE WHEN v_until IS NOT NULL THEN secret_sealed END, old_secret_until = v_until, secret_sealed = p_sealed,
         version = version + 1, updated_at = clock_timestamp() WHERE tenant_id = p_tenant AND provider_id = p_provider;
  IF NOT FOUND THEN RETURN '{"code": "providers.not_found"}'; END IF;
  PERFORM operation_note(p_tenant, r.o_operator, p_via, 'provider.rotate', 'provider', p_provider, NULL, jsonb_build_object('old_until', v_until), p_reason, p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION provider_game_put(p_tenant bigint, p_provider text, p jsonb) RETURNS void LANGUAGE sql AS $$
  INSERT INTO provider_games (tenant_id, provider_id, game, title, launch_url, asset, min_stake, max_stake, enabled)
  VALUES (p_tenant, p_provider, p->>'game', p->>'title', p->>'launch_url', p->>'asset', (p->>'min_stake')::bigint, (p->>'max_stake')::bigint, (p->>'enabled')::boolean)
    ON CONFLICT (tenant_id, provider_id, game) DO UPDATE SET title = excluded.title, launch_url = excluded.launch_url, asset = excluded.asset,
      min_stake = excluded.min_stake, max_stake = excluded.max_stake, enabled = excluded.enabled, updated_at = clock_timestamp()
$$;
-- +goose StatementEnd

-- Adds or changes a game. Sessions keep the asset they were launched with; once the game's is another one they bet no more.
-- Codes: ok, operators.*, providers.not_found, providers.asset_unknown.
-- +goose StatementBegin
CREATE FUNCTION api_provider_game(p_tenant bigint, p_via text, p_proof bytea, p_request text, p_provider text, p jsonb, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record; v_was jsonb;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_acting(p_tenant, p_via, p_proof, 'providers.configure', true);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  PERFORM 1 FROM providers WHERE tenant_id = p_tenant AND provider_id = p_provider FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "providers.not_found"}'; END IF;
  IF NOT EXISTS (SELECT 1 FROM assets WHERE code = p->>'asset' AND (code = 'points' OR kind = 'cash')) THEN RETURN '{"code": "providers.asset_unknown"}'; END IF;
  SELECT to_jsonb(g) - 'tenant_id' INTO v_was FROM provider_games g WHERE tenant_id = p_tenant AND provider_id = p_provider AND game = p->>'game';
  PERFORM provider_game_put(p_tenant, p_provider, p);
  PERFORM operation_note(p_tenant, r.o_operator, p_via, 'provider.game', 'provider', p_provider, v_was, p, p_reason, p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- Makes a provider for demonstrations, with no operator behind it, for points alone. It changes none but those it made.
-- Codes: ok, providers.title_taken.
-- +goose StatementBegin
CREATE FUNCTION api_provider_seed(p_tenant bigint, p_provider text, p_title text, p_sealed bytea, p_attest_check bytea, p_games jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v providers; g jsonb;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO v FROM providers WHERE tenant_id = p_tenant AND provider_id = p_provider FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    INSERT INTO providers (tenant_id, provider_id, title, secret_sealed, attest_check, seeded)
    VALUES (p_tenant, p_provider, p_title, p_sealed, p_attest_check, true) ON CONFLICT (tenant_id, title) DO NOTHING;
    IF NOT FOUND THEN RETURN '{"code": "providers.title_taken"}'; END IF;
    INSERT INTO directory (kind, key, tenant_id) VALUES ('provider', p_provider, p_tenant);
    PERFORM operation_note(p_tenant, NULL::bigint, 'system', 'provider.add', 'provider', p_provider, NULL, provider_told(p_tenant, p_provider), NULL, NULL);
  ELSIF NOT v.seeded THEN
    RETURN '{"code": "providers.title_taken"}';
  END IF;
  FOR g IN SELECT * FROM jsonb_array_elements(p_games) LOOP
    PERFORM provider_game_put(p_tenant, p_provider, g || '{"asset": "points"}');
  END LOOP;
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- Ends a round that its provider left open. With p_refund, bets that were neither paid out nor rolled back are given back, and
-- the provider's own rollback finds that done. Codes: ok (with returned), operators.*, providers.round_not_found,
-- providers.round_closed, cashier.own_account.
-- +goose StatementBegin
CREATE FUNCTION api_provider_round_close(p_tenant bigint, p_via text, p_proof bytea, p_request text, p_provider text, p_player bigint, p_round text, p_refund boolean,
  p_reason text) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record; o provider_rounds; b provider_transactions; d record; v_returned bigint := 0; v_uuid text;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_acting(p_tenant, p_via, p_proof, 'providers.resolve', true);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  PERFORM provider_lock(p_tenant, p_provider, p_player);
  SELECT * INTO o FROM provider_rounds WHERE tenant_id = p_tenant AND provider_id = p_provider AND player_id = p_player AND round = p_round;
  IF NOT FOUND THEN RETURN '{"code": "providers.round_not_found"}'; END IF;
  IF o.closed_at IS NOT NULL THEN RETURN '{"code": "providers.round_closed"}'; END IF;
  IF operator_is_player(p_tenant, r.o_operator, p_player) THEN RETURN '{"code": "cashier.own_account"}'; END IF;
  UPDATE provider_rounds SET closed_at = clock_timestamp(), closed_by = 'operator' WHERE tenant_id = p_tenant AND provider_id = p_provider AND player_id = p_player AND round = p_round;
  IF p_refund THEN
    FOR b IN SELECT * FROM provider_transactions t WHERE t.tenant_id = p_tenant AND t.provider_id = p_provider AND t.player_id = p_player AND t.round = p_round AND t.kind = 'bet'
         AND NOT EXISTS (SELECT 1 FROM provider_rollbacks x WHERE x.tenant_id = p_tenant AND x.provider_id = p_provider AND x.player_id = p_player AND x.reference = t.uuid)
         AND NOT EXISTS (SELECT 1 FROM provider_transactions w WHERE w.tenant_id = p_tenant AND w.provider_id = p_provider AND w.reference = t.uuid AND w.kind = 'win')
       ORDER BY t.seq LOOP
      v_uuid := 'operator:' || b.uuid;
      d := provider_return(b, v_uuid);
      INSERT INTO provider_rollbacks (tenant_id, provider_id, player_id, reference, uuid, transfer_id) VALUES (p_tenant, p_provider, p_player, b.uuid, v_uuid, d.o_transfer);
      CONTINUE WHEN d.o_transfer IS NULL; -- reversed before
      v_returned := v_returned + b.amount;
      INSERT INTO provider_transactions (tenant_id, provider_id, uuid, kind, reference, round, game, player_id, group_id, asset, amount, balance, transfer_id)
      VALUES (p_tenant, p_provider, v_uuid, 'rollback', b.uuid, b.round, b.game, p_player, b.group_id, b.asset, b.amount, d.o_after, d.o_transfer);
      PERFORM ledger_remember(p_tenant, 'wallet.' || p_provider, v_uuid, sha256(convert_to(v_uuid, 'UTF8')), d.o_transfer, '{"code": "OK"}');
    END LOOP;
  END IF;
  PERFORM operation_note(p_tenant, r.o_operator, p_via, 'provider.round_close', 'provider', p_provider, NULL,
    jsonb_build_object('round', p_round, 'player', (SELECT public_id FROM players WHERE tenant_id = p_tenant AND player_id = p_player), 'refund', p_refund, 'returned', v_returned),
    p_reason, p_request);
  RETURN jsonb_build_object('code', 'ok', 'returned', v_returned);
END $$;
-- +goose StatementEnd

-- What a player lost at providers counts for the limits of loss, as in 00011.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION player_used(p_tenant bigint, p_player bigint, p_asset text, p_kind text, p_since timestamptz,
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
         AND CASE p_kind WHEN 'loss' THEN n.kind IN ('bet', 'settle', 'void', 'claim', 'provider.bet', 'provider.win', 'provider.rollback')
                  ELSE n.kind = 'deposit' AND n.delta > 0 END) AS l
   WHERE a.tenant_id = p_tenant AND a.owner = p_player::text AND a.asset = p_asset AND a.purpose = 'player';
END $$;
-- +goose StatementEnd

-- What a player did at providers counts for the pacing of a group's games as a whole, as in 00025.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION pacing_used(p_tenant bigint, p_group bigint, p_player bigint, p_game text, p_since timestamptz,
  OUT o_stakes bigint, OUT o_loss bigint, OUT o_bets bigint, OUT o_last timestamptz) LANGUAGE plpgsql AS $$
DECLARE v_purse bigint := round_purse(p_tenant, p_group, 'points', p_player); v_from bigint; v_chain text; v_index int; v_nonce bigint; v_older boolean; s record;
BEGIN
  SELECT version INTO v_from FROM lines WHERE tenant_id = p_tenant AND account_id = v_purse AND posted_at < p_since ORDER BY version DESC LIMIT 1;
  SELECT coalesce(-sum(n.delta) FILTER (WHERE (n.kind = 'bet' AND r.status IS DISTINCT FROM 'voided') OR n.kind IN ('provider.bet', 'provider.rollback')), 0),
         coalesce(-sum(n.delta), 0),
         count(*) FILTER (WHERE (n.kind = 'bet' AND r.status IS DISTINCT FROM 'voided') OR n.kind = 'provider.bet') - count(*) FILTER (WHERE n.kind = 'provider.rollback'),
         max(n.posted_at) FILTER (WHERE n.kind IN ('bet', 'provider.bet'))
    INTO o_stakes, o_loss, o_bets, o_last
    FROM lines n LEFT JOIN rounds r ON r.tenant_id = p_tenant AND r.round_id = n.ref
   WHERE n.tenant_id = p_tenant AND n.account_id = v_purse AND n.version > coalesce(v_from, 0)
     AND n.kind IN ('bet', 'settle', 'void', 'claim', 'jackpot', 'provider.bet', 'provider.win', 'provider.rollback') AND (p_game = '' OR r.game = p_game);
  FOR v_chain IN SELECT chain_id FROM seed_chains WHERE tenant_id = p_tenant AND purpose = 'plays' AND owner_id = p_player ORDER BY ordinal DESC LOOP
    SELECT seed_index, nonce INTO v_index, v_nonce FROM plays WHERE tenant_id = p_tenant AND chain_id = v_chain AND played_at < p_since
     ORDER BY seed_index DESC, nonce DESC LIMIT 1;
    v_older := FOUND;
    SELECT coalesce(sum(stake), 0) AS stakes, coalesce(sum(stake - payout), 0) AS loss, count(*) AS n, max(played_at) AS last INTO s FROM plays
     WHERE tenant_id = p_tenant AND chain_id = v_chain AND (seed_index, nonce) > (coalesce(v_index, -1), coalesce(v_nonce, -1))
       AND group_id = p_group AND (p_game = '' OR game = p_game);
    o_stakes := o_stakes + s.stakes; o_loss := o_loss + s.loss; o_bets := o_bets + s.n; o_last := greatest(o_last, s.last);
    EXIT WHEN v_older;
  END LOOP;
END $$;
-- +goose StatementEnd
