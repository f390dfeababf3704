-- +goose Up
-- Pacing of groups, rounds that open by themselves, and jackpots.
--
-- Where nobody has set a pacing a bet costs one index probe more. Where somebody has, a player's caps are counted from the
-- player's own statement under the lock of the player's purse, and what the house may lose under a lock of the group: nobody
-- writes a counter, so that a limit holds from the next bet on, exactly, whenever it was set.

INSERT INTO role_permissions (role, permission)
SELECT r, 'pacing.read' FROM unnest(ARRAY['owner', 'reviewer', 'senior_reviewer', 'finance', 'risk', 'support', 'analyst']) AS r
UNION ALL SELECT r, 'pacing.configure' FROM unnest(ARRAY['owner', 'risk']) AS r;

-- ---------- tables ----------

-- One row for the group (game '') and one for each game with limits of its own. 0 is no limit. Seconds, minor units of points.
CREATE TABLE group_pacing (
  tenant_id       bigint      NOT NULL,
  group_id        bigint      NOT NULL,
  game            text        NOT NULL DEFAULT '',
  rounds          int         NOT NULL DEFAULT 0 CHECK (rounds BETWEEN 0 AND 20),
  round_cooldown  bigint      NOT NULL DEFAULT 0 CHECK (round_cooldown BETWEEN 0 AND 86400),
  player_cooldown bigint      NOT NULL DEFAULT 0 CHECK (player_cooldown BETWEEN 0 AND 86400),
  min_stake       bigint      NOT NULL DEFAULT 0 CHECK (min_stake >= 0),
  max_stake       bigint      NOT NULL DEFAULT 0 CHECK (max_stake = 0 OR max_stake >= min_stake),
  daily_stake     bigint      NOT NULL DEFAULT 0 CHECK (daily_stake >= 0),
  daily_loss      bigint      NOT NULL DEFAULT 0 CHECK (daily_loss >= 0),
  daily_bets      int         NOT NULL DEFAULT 0 CHECK (daily_bets >= 0),
  house_limit     bigint      NOT NULL DEFAULT 0 CHECK (house_limit >= 0),
  quiet_from      time,
  quiet_to        time,
  zone            text        NOT NULL,
  version         int         NOT NULL CHECK (version >= 1),
  updated_by      bigint      NOT NULL,
  updated_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, group_id, game),
  CHECK ((quiet_from IS NULL) = (quiet_to IS NULL) AND (quiet_from IS NULL OR quiet_from <> quiet_to)),
  CHECK (game = '' OR quiet_from IS NULL)
);

-- Rounds in parallel have lanes; a lane holds one timed round, whatever a pacing says.
ALTER TABLE rounds
  ADD COLUMN lane            int NOT NULL DEFAULT 0 CHECK (lane BETWEEN 0 AND 19),
  ADD COLUMN jackpot_id      text,
  ADD COLUMN jackpot_version int,
  ADD CONSTRAINT rounds_jackpot CHECK ((jackpot_id IS NULL) = (jackpot_version IS NULL));
DROP INDEX rounds_one_timed;
CREATE UNIQUE INDEX rounds_one_timed ON rounds (tenant_id, group_id, lane) WHERE exclusive AND status IN ('open', 'closed', 'drawn');
CREATE INDEX rounds_ended ON rounds (tenant_id, group_id, settled_at) WHERE settled_at IS NOT NULL;
-- For what the house lost today: a play pays next to nothing for it.
CREATE INDEX plays_time ON plays USING brin (played_at) WITH (pages_per_range = 16);

CREATE TABLE auto_rounds (
  tenant_id     bigint      NOT NULL,
  auto_id       text        NOT NULL CHECK (auto_id ~ '^ar_[a-z2-7]{16}$'),
  group_id      bigint      NOT NULL,
  game          text        NOT NULL,
  params        jsonb       NOT NULL,
  every_minutes int         CHECK (every_minutes BETWEEN 1 AND 10080),
  calendar      text        CHECK (length(calendar) BETWEEN 9 AND 128),
  zone          text        NOT NULL,
  enabled       boolean     NOT NULL,
  version       int         NOT NULL CHECK (version >= 1),
  synced        int         NOT NULL DEFAULT 0, -- the version that the schedule was made from
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_by    bigint      NOT NULL,
  updated_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  deleted_at    timestamptz,
  PRIMARY KEY (tenant_id, auto_id),
  CHECK ((every_minutes IS NULL) <> (calendar IS NULL))
);
CREATE INDEX auto_rounds_group ON auto_rounds (tenant_id, group_id, created_at);

CREATE TABLE jackpots (
  tenant_id  bigint      NOT NULL,
  jackpot_id text        NOT NULL CHECK (jackpot_id ~ '^jp_[a-z2-7]{16}$'),
  group_id   bigint      NOT NULL,
  account_id bigint      NOT NULL,
  version    int         NOT NULL,
  carry      bigint      NOT NULL DEFAULT 0 CHECK (carry BETWEEN 0 AND 9999), -- of a minor unit, in 1/10000
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, jackpot_id),
  UNIQUE (tenant_id, group_id)
);
CREATE TABLE jackpot_versions (
  tenant_id  bigint      NOT NULL,
  jackpot_id text        NOT NULL,
  version    int         NOT NULL CHECK (version >= 1),
  config     jsonb       NOT NULL CHECK ((config->>'contribution_bp')::int BETWEEN 1 AND 5000 AND (config->>'chance')::bigint >= 2 AND (config->>'seed')::bigint >= 0),
  hash       text        NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
  updated_by bigint      NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, jackpot_id, version)
);
-- Everything that ever moved a pot: contributions and wins of rounds and plays, and what the house began it with (source 'seed').
CREATE TABLE jackpot_draws (
  tenant_id    bigint      NOT NULL,
  jackpot_id   text        NOT NULL,
  ref          text        NOT NULL,
  source       text        NOT NULL CHECK (source IN ('round', 'play', 'seed')),
  version      int         NOT NULL,
  stakes       bigint      NOT NULL CHECK (stakes >= 0),
  carry_before bigint      NOT NULL,
  pot_before   bigint      NOT NULL CHECK (pot_before >= 0),
  contribution bigint      NOT NULL CHECK (contribution >= 0),
  winner_id    bigint,
  bet_id       bigint,
  amount       bigint      NOT NULL CHECK (amount >= 0 AND (winner_id IS NOT NULL OR amount = 0)),
  seeded       bigint      NOT NULL CHECK (seeded >= 0),
  transfer_id  bigint,
  drawn_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, ref)
);
CREATE INDEX jackpot_draws_wins ON jackpot_draws (tenant_id, jackpot_id, drawn_at DESC) WHERE winner_id IS NOT NULL;

SELECT ledger_seal_table(t) FROM unnest(ARRAY['jackpot_versions', 'jackpot_draws']) AS t;
SELECT fairground_fence('group_pacing', 'auto_rounds', 'jackpots', 'jackpot_versions', 'jackpot_draws');

-- ---------- the ledger knows pots ----------

ALTER TABLE accounts DROP CONSTRAINT accounts_purpose_check, ADD CONSTRAINT accounts_purpose_check CHECK (purpose IN
  ('player', 'player_withheld', 'player_debt', 'escrow', 'issuer', 'house', 'clearing', 'pool', 'jackpot'));

-- As before, with pots.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION ledger_account(p_tenant bigint, p_group bigint, p_asset text, p_purpose text, p_owner text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE v_id bigint; v_mode text;
BEGIN
  SELECT account_id INTO v_id FROM accounts
   WHERE tenant_id = p_tenant AND group_id = p_group AND asset = p_asset AND purpose = p_purpose AND owner = p_owner;
  IF FOUND THEN RETURN v_id; END IF;
  IF NOT EXISTS (SELECT 1 FROM groups WHERE tenant_id = p_tenant AND group_id = p_group) THEN
    RAISE EXCEPTION 'group % does not exist', p_group USING ERRCODE = 'P0002';
  END IF;
  IF p_purpose LIKE 'player%' AND (p_owner !~ '^[1-9][0-9]{0,17}$'
     OR NOT EXISTS (SELECT 1 FROM players WHERE tenant_id = p_tenant AND player_id = p_owner::bigint)) THEN
    RAISE EXCEPTION 'player % does not exist', p_owner USING ERRCODE = 'P0002';
  END IF;
  v_mode := CASE WHEN p_purpose IN ('player', 'player_withheld', 'pool', 'jackpot') OR (p_purpose = 'house' AND p_asset <> 'points') THEN 'strict' ELSE 'derived' END;
  INSERT INTO accounts (tenant_id, account_id, group_id, asset, purpose, owner, mode)
  VALUES (p_tenant, nextval('account_id_seq') * CASE WHEN v_mode = 'derived' THEN -1 ELSE 1 END, p_group, p_asset, p_purpose, p_owner, v_mode)
    ON CONFLICT DO NOTHING RETURNING account_id INTO v_id;
  IF v_id IS NULL THEN
    SELECT account_id INTO STRICT v_id FROM accounts
     WHERE tenant_id = p_tenant AND group_id = p_group AND asset = p_asset AND purpose = p_purpose AND owner = p_owner;
  ELSIF v_mode = 'strict' THEN
    INSERT INTO balances (tenant_id, account_id) VALUES (p_tenant, v_id);
  END IF;
  RETURN v_id;
END $$;
-- +goose StatementEnd

-- As before; a pot moves by draws only.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION api_ledger_post(p_tenant bigint, p_group bigint, p_asset text, p_scope text, p_key text, p_hash bytea, p_kind text, p_ref text,
  p_from_purpose text[], p_from_owner text[], p_to_purpose text[], p_to_owner text[], p_amount bigint[])
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v jsonb; v_from bigint[]; v_to bigint[]; r record;
BEGIN
  PERFORM ledger_guard(p_tenant);
  v := ledger_seen(p_tenant, p_scope, p_key, p_hash);
  IF v IS NOT NULL THEN RETURN v; END IF;
  IF p_from_purpose && ARRAY['issuer', 'escrow', 'player_withheld', 'player_debt', 'jackpot'] OR p_to_purpose && ARRAY['escrow', 'player_withheld', 'jackpot']
     OR (p_asset = 'points' AND 'house' = ANY (p_from_purpose)) THEN
    RAISE EXCEPTION 'a posting may not take from an issuer, a debt or the house of points, nor touch escrow, withheld money or a pot' USING ERRCODE = '22023';
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

-- As before; a pot's moves are not undone.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION ledger_reverse(p_tenant bigint, p_transfer bigint, p_key text, p_hash bytea, p_reason text)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v jsonb; t transfers; v_from bigint[]; v_to bigint[]; v_amount bigint[]; r record; d record; v_debt bigint := 0;
BEGIN
  PERFORM ledger_guard(p_tenant);
  PERFORM pg_advisory_xact_lock(7004, hashtext(p_tenant || '/' || p_transfer));
  v := ledger_seen(p_tenant, 'reverse', p_key, p_hash);
  IF v IS NOT NULL THEN RETURN v; END IF;
  SELECT * INTO t FROM transfers WHERE tenant_id = p_tenant AND transfer_id = p_transfer;
  IF NOT FOUND THEN RETURN '{"code": "ledger.transfer_not_found"}'; END IF;
  IF t.kind = 'reversal' OR EXISTS (SELECT 1 FROM postings p JOIN accounts a ON a.tenant_id = p_tenant AND a.account_id IN (p.from_account, p.to_account)
              WHERE p.tenant_id = p_tenant AND p.transfer_id = p_transfer AND a.purpose IN ('escrow', 'player_withheld', 'jackpot')) THEN
    RETURN '{"code": "ledger.not_reversible"}';
  END IF;
  IF EXISTS (SELECT 1 FROM reversals WHERE tenant_id = p_tenant AND original_id = p_transfer) THEN RETURN '{"code": "ledger.already_reversed"}'; END IF;
  SELECT array_agg(to_account ORDER BY seq), array_agg(from_account ORDER BY seq), array_agg(amount ORDER BY seq)
    INTO v_from, v_to, v_amount FROM postings WHERE tenant_id = p_tenant AND transfer_id = p_transfer;
  PERFORM 1 FROM balances WHERE tenant_id = p_tenant AND account_id = ANY (v_from || v_to) ORDER BY account_id FOR NO KEY UPDATE;
  FOR d IN SELECT b.account_id, a.purpose, a.owner, b.posted, -x.delta AS needed, b.floor - (b.posted + x.delta) AS missing
             FROM (SELECT a, sum(m) AS delta FROM (SELECT unnest(v_from) AS a, -unnest(v_amount) AS m UNION ALL SELECT unnest(v_to), unnest(v_amount)) y GROUP BY a) x
             JOIN balances b ON b.tenant_id = p_tenant AND b.account_id = x.a
             JOIN accounts a ON a.tenant_id = p_tenant AND a.account_id = x.a
            WHERE x.delta < 0 AND b.posted + x.delta < b.floor ORDER BY b.account_id LOOP
    IF d.purpose <> 'player' THEN RETURN jsonb_build_object('code', 'ledger.insufficient_funds', 'balance', d.posted, 'needed', d.needed); END IF;
    v_from := v_from || ledger_account(p_tenant, t.group_id, t.asset, 'player_debt', d.owner);
    v_to := v_to || d.account_id;
    v_amount := v_amount || d.missing::bigint;
    v_debt := v_debt + d.missing;
  END LOOP;
  r := ledger_apply(p_tenant, 'reversal', p_transfer::text, v_from, v_to, v_amount);
  INSERT INTO reversals (tenant_id, original_id, transfer_id, reason) VALUES (p_tenant, p_transfer, r.o_transfer, p_reason);
  RETURN ledger_remember(p_tenant, 'reverse', p_key, p_hash, r.o_transfer, jsonb_build_object('code', 'ok', 'transfer', r.o_transfer, 'at', r.o_at, 'debt', v_debt));
END $$;
-- +goose StatementEnd

-- ---------- what a pacing refuses ----------

-- +goose StatementBegin
CREATE FUNCTION pacing_key(p_tenant bigint, p_group bigint) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT hashtext(p_tenant || '/' || p_group)
$$;
-- +goose StatementEnd

-- The day of a zone: when it began, and when the next one does.
-- +goose StatementBegin
CREATE FUNCTION pacing_day(p_zone text, OUT o_since timestamptz, OUT o_until timestamptz) LANGUAGE sql STABLE AS $$
  SELECT d AT TIME ZONE p_zone, (d + interval '1 day') AT TIME ZONE p_zone FROM (SELECT date_trunc('day', clock_timestamp() AT TIME ZONE p_zone) AS d) AS x
$$;
-- +goose StatementEnd

-- Whether anybody has set a pacing for a group.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION round_paced(p_tenant bigint, p_group bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM group_pacing WHERE tenant_id = p_tenant AND group_id = p_group)
$$;
-- +goose StatementEnd

-- Whether it is a group's quiet time: null, or the refusal.
-- +goose StatementBegin
CREATE FUNCTION round_quiet(p_tenant bigint, p_group bigint) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE l group_pacing; v_local timestamp; v_now time;
BEGIN
  SELECT * INTO l FROM group_pacing WHERE tenant_id = p_tenant AND group_id = p_group AND game = '' AND quiet_from IS NOT NULL;
  IF NOT FOUND THEN RETURN NULL; END IF;
  v_local := clock_timestamp() AT TIME ZONE l.zone;
  v_now := v_local::time;
  IF NOT (CASE WHEN l.quiet_from < l.quiet_to THEN v_now >= l.quiet_from AND v_now < l.quiet_to ELSE v_now >= l.quiet_from OR v_now < l.quiet_to END) THEN
    RETURN NULL;
  END IF;
  RETURN jsonb_build_object('code', 'games.quiet_hours', 'zone', l.zone,
    'until', (v_local::date + l.quiet_to + CASE WHEN l.quiet_to <= v_now THEN interval '1 day' ELSE interval '0' END) AT TIME ZONE l.zone);
END $$;
-- +goose StatementEnd

-- Where a new timed round of a group may run: {"lane": n}, or the refusal. The group's opening lock must be held.
-- +goose StatementBegin
CREATE FUNCTION round_pacing_open(p_tenant bigint, p_group bigint, p_game text, p_exclusive boolean) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE v jsonb; l group_pacing; v_last timestamptz; v_rounds int := 1; v_lane int;
BEGIN
  v := round_quiet(p_tenant, p_group);
  IF v IS NOT NULL OR NOT p_exclusive THEN RETURN coalesce(v, '{"lane": 0}'); END IF;
  FOR l IN SELECT * FROM group_pacing WHERE tenant_id = p_tenant AND group_id = p_group AND game IN ('', p_game) ORDER BY game DESC LOOP
    IF l.round_cooldown > 0 THEN
      SELECT settled_at INTO v_last FROM rounds WHERE tenant_id = p_tenant AND group_id = p_group AND settled_at IS NOT NULL AND exclusive
         AND (l.game = '' OR game = l.game) AND settled_at > clock_timestamp() - make_interval(secs => l.round_cooldown) ORDER BY settled_at DESC LIMIT 1;
      IF FOUND THEN
        RETURN jsonb_build_object('code', 'games.cooldown', 'of', 'group', 'until', v_last + make_interval(secs => l.round_cooldown));
      END IF;
    END IF;
    IF l.game = '' THEN
      v_rounds := greatest(l.rounds, 1);
    ELSIF l.rounds > 0 AND (SELECT count(*) FROM rounds WHERE tenant_id = p_tenant AND group_id = p_group AND game = l.game AND exclusive
        AND status IN ('open', 'closed', 'drawn')) >= l.rounds THEN
      RETURN jsonb_build_object('code', 'games.too_many_rounds', 'limit', l.rounds, 'game', l.game, 'until', pacing_free_at(p_tenant, p_group, l.game));
    END IF;
  END LOOP;
  SELECT min(n) INTO v_lane FROM generate_series(0, v_rounds - 1) AS n WHERE NOT EXISTS (SELECT 1 FROM rounds
    WHERE tenant_id = p_tenant AND group_id = p_group AND lane = n AND exclusive AND status IN ('open', 'closed', 'drawn'));
  IF v_lane IS NOT NULL THEN RETURN jsonb_build_object('lane', v_lane); END IF;
  IF v_rounds = 1 THEN RETURN round_running(p_tenant, p_group); END IF;
  RETURN jsonb_build_object('code', 'games.too_many_rounds', 'limit', v_rounds, 'until', pacing_free_at(p_tenant, p_group, ''));
END $$;
-- +goose StatementEnd

-- When the betting window of a running round ends first.
-- +goose StatementBegin
CREATE FUNCTION pacing_free_at(p_tenant bigint, p_group bigint, p_game text) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT min(closes_at) FROM rounds WHERE tenant_id = p_tenant AND group_id = p_group AND (p_game = '' OR game = p_game) AND exclusive AND status IN ('open', 'closed', 'drawn')
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION round_running(p_tenant bigint, p_group bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('code', 'games.round_running', 'round', (SELECT round_id FROM rounds
    WHERE tenant_id = p_tenant AND group_id = p_group AND exclusive AND status IN ('open', 'closed', 'drawn') ORDER BY opens_at LIMIT 1))
$$;
-- +goose StatementEnd

-- What a player did in a group, or in one of its games, since a moment: of rounds, from the statement of the player's purse,
-- of plays, from the player's chains of seeds. Both grow with time, so they are walked back no further than p_since. Voided
-- stakes do not count; what the player won of stakes before p_since lowers the loss.
-- +goose StatementBegin
CREATE FUNCTION pacing_used(p_tenant bigint, p_group bigint, p_player bigint, p_game text, p_since timestamptz,
  OUT o_stakes bigint, OUT o_loss bigint, OUT o_bets bigint, OUT o_last timestamptz) LANGUAGE plpgsql AS $$
DECLARE v_purse bigint := round_purse(p_tenant, p_group, 'points', p_player); v_from bigint; v_chain text; v_index int; v_nonce bigint; v_older boolean; s record;
BEGIN
  SELECT version INTO v_from FROM lines WHERE tenant_id = p_tenant AND account_id = v_purse AND posted_at < p_since ORDER BY version DESC LIMIT 1;
  SELECT coalesce(-sum(n.delta) FILTER (WHERE n.kind = 'bet' AND r.status IS DISTINCT FROM 'voided'), 0), coalesce(-sum(n.delta), 0),
         count(*) FILTER (WHERE n.kind = 'bet' AND r.status IS DISTINCT FROM 'voided'), max(n.posted_at) FILTER (WHERE n.kind = 'bet')
    INTO o_stakes, o_loss, o_bets, o_last
    FROM lines n LEFT JOIN rounds r ON r.tenant_id = p_tenant AND r.round_id = n.ref
   WHERE n.tenant_id = p_tenant AND n.account_id = v_purse AND n.version > coalesce(v_from, 0)
     AND n.kind IN ('bet', 'settle', 'void', 'claim', 'jackpot') AND (p_game = '' OR r.game = p_game);
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

-- Whether a player may stake an amount now, by the pacing of a group and of a game: null, or the refusal with what is left and
-- until when. It takes the lock of the player's purse, so that two stakes at once can't both find room. It is asked for bets in
-- rounds and for instant plays alike.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION round_pacing_refusal(p_tenant bigint, p_group bigint, p_player bigint, p_game text, p_stake bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE l group_pacing; v_purse bigint := round_purse(p_tenant, p_group, 'points', p_player); u record; d record;
BEGIN
  PERFORM 1 FROM balances WHERE tenant_id = p_tenant AND account_id = v_purse FOR NO KEY UPDATE;
  FOR l IN SELECT * FROM group_pacing WHERE tenant_id = p_tenant AND group_id = p_group AND game IN ('', p_game) ORDER BY game DESC LOOP
    IF p_stake < l.min_stake OR (l.max_stake > 0 AND p_stake > l.max_stake) THEN
      RETURN jsonb_strip_nulls(jsonb_build_object('code', 'games.invalid_stake', 'min', nullif(l.min_stake, 0), 'max', nullif(l.max_stake, 0)));
    END IF;
    IF l.player_cooldown > 0 THEN
      u := pacing_used(p_tenant, p_group, p_player, l.game, clock_timestamp() - make_interval(secs => l.player_cooldown));
      IF u.o_last IS NOT NULL THEN
        RETURN jsonb_build_object('code', 'games.cooldown', 'of', 'player', 'until', u.o_last + make_interval(secs => l.player_cooldown));
      END IF;
    END IF;
    IF l.daily_stake > 0 OR l.daily_loss > 0 OR l.daily_bets > 0 THEN
      d := pacing_day(l.zone);
      u := pacing_used(p_tenant, p_group, p_player, l.game, d.o_since);
      IF l.daily_bets > 0 AND u.o_bets >= l.daily_bets THEN
        RETURN jsonb_build_object('code', 'games.daily_cap', 'cap', 'bets', 'limit', l.daily_bets, 'left', 0, 'until', d.o_until);
      END IF;
      IF l.daily_stake > 0 AND u.o_stakes + p_stake > l.daily_stake THEN
        RETURN jsonb_build_object('code', 'games.daily_cap', 'cap', 'stake', 'limit', l.daily_stake, 'left', greatest(l.daily_stake - u.o_stakes, 0), 'until', d.o_until);
      END IF;
      IF l.daily_loss > 0 AND u.o_loss + p_stake > l.daily_loss THEN
        RETURN jsonb_build_object('code', 'games.daily_cap', 'cap', 'loss', 'limit', l.daily_loss, 'left', greatest(l.daily_loss - u.o_loss, 0), 'until', d.o_until);
      END IF;
    END IF;
  END LOOP;
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- The locks under which the exposure of groups with a limit is counted, in one order; groups without one are not locked.
-- +goose StatementBegin
CREATE FUNCTION round_house_lock(p_tenant bigint, VARIADIC p_groups bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(7051, h) FROM (SELECT DISTINCT pacing_key(p_tenant, group_id) AS h FROM group_pacing
    WHERE tenant_id = p_tenant AND group_id = ANY (p_groups) AND house_limit > 0 ORDER BY 1) AS s;
END $$;
-- +goose StatementEnd

-- What the house may lose on the open rounds of a group, or of one of its games, and what it lost there since a moment: one
-- statement, so that a round that settles meanwhile is counted once.
-- +goose StatementBegin
CREATE FUNCTION pacing_exposure(p_tenant bigint, p_group bigint, p_game text, p_since timestamptz, OUT o_open bigint, OUT o_lost bigint, OUT o_closes timestamptz)
LANGUAGE plpgsql SET enable_bitmapscan = on AS $$
BEGIN
  SELECT coalesce(sum(x.risk), 0), coalesce(sum(x.lost), 0), max(x.closes_at) INTO o_open, o_lost, o_closes FROM (
    SELECT (SELECT sum(greatest(b.max_payout - b.stake, 0)) FROM bets b WHERE b.tenant_id = p_tenant AND b.round_id = r.round_id) AS risk, 0 AS lost, r.closes_at
      FROM rounds r WHERE r.tenant_id = p_tenant AND r.group_id = p_group AND r.bank = 'house' AND r.status IN ('open', 'closed', 'drawn') AND (p_game = '' OR r.game = p_game)
    UNION ALL
    SELECT 0, -s.house, NULL FROM rounds r JOIN settlements s ON s.tenant_id = p_tenant AND s.round_id = r.round_id
     WHERE r.tenant_id = p_tenant AND r.group_id = p_group AND r.bank = 'house' AND r.settled_at >= p_since AND (p_game = '' OR r.game = p_game)
    UNION ALL
    SELECT 0, sum(payout - stake), NULL FROM plays WHERE tenant_id = p_tenant AND group_id = p_group AND played_at >= p_since AND (p_game = '' OR game = p_game)) AS x;
END $$;
-- +goose StatementEnd

-- Whether the house can lose an amount more in a group and a game: null, or the refusal. p_beside and p_beside_game are what
-- others of the same transaction may cost it. round_house_lock must have been taken.
-- +goose StatementBegin
CREATE FUNCTION round_house_refusal(p_tenant bigint, p_group bigint, p_game text, p_exposure bigint, p_beside bigint, p_beside_game bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE l group_pacing; d record; x record; v_left bigint;
BEGIN
  FOR l IN SELECT * FROM group_pacing WHERE tenant_id = p_tenant AND group_id = p_group AND game IN ('', p_game) AND house_limit > 0 LOOP
    d := pacing_day(l.zone);
    x := pacing_exposure(p_tenant, p_group, l.game, d.o_since);
    v_left := l.house_limit - x.o_open - greatest(x.o_lost, 0) - CASE WHEN l.game = '' THEN p_beside ELSE p_beside_game END;
    IF p_exposure > v_left THEN
      RETURN jsonb_build_object('code', 'games.house_limit', 'limit', l.house_limit, 'left', greatest(v_left, 0), 'until', CASE WHEN x.o_open > 0 THEN x.o_closes ELSE d.o_until END);
    END IF;
  END LOOP;
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- Replaces the pacing of a group that the caller has read at a version; 0 is one that nobody has set. Codes: ok,
-- players.group_not_found, games.stale, operators.*.
-- +goose StatementBegin
CREATE FUNCTION api_pacing_set(p_tenant bigint, p_via text, p_proof bytea, p_request text, p_group bigint, p jsonb, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE a record; v_public text; v_was jsonb; v_version int;
BEGIN
  PERFORM ledger_guard(p_tenant);
  a := operator_acting(p_tenant, p_via, p_proof, 'pacing.configure', true);
  IF a.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', a.o_code); END IF;
  SELECT public_id INTO v_public FROM groups WHERE tenant_id = p_tenant AND group_id = p_group;
  IF NOT FOUND THEN RETURN '{"code": "players.group_not_found"}'; END IF;
  PERFORM pg_advisory_xact_lock(7050, pacing_key(p_tenant, p_group));
  -- Bets that are counting the exposure end first.
  PERFORM pg_advisory_xact_lock(7051, pacing_key(p_tenant, p_group));
  SELECT max(version), jsonb_agg(to_jsonb(g) - ARRAY['tenant_id', 'group_id', 'updated_by', 'updated_at'] ORDER BY game) INTO v_version, v_was
    FROM group_pacing g WHERE tenant_id = p_tenant AND group_id = p_group;
  IF (p->>'version')::int IS DISTINCT FROM coalesce(v_version, 0) THEN RETURN jsonb_build_object('code', 'games.stale', 'version', coalesce(v_version, 0)); END IF;
  DELETE FROM group_pacing WHERE tenant_id = p_tenant AND group_id = p_group;
  INSERT INTO group_pacing (tenant_id, group_id, game, rounds, round_cooldown, player_cooldown, min_stake, max_stake, daily_stake, daily_loss, daily_bets, house_limit,
    quiet_from, quiet_to, zone, version, updated_by)
  SELECT p_tenant, p_group, x.game, coalesce(x.rounds, 0), coalesce(x.round_cooldown, 0), coalesce(x.player_cooldown, 0), coalesce(x.min_stake, 0), coalesce(x.max_stake, 0),
         coalesce(x.daily_stake, 0), coalesce(x.daily_loss, 0), coalesce(x.daily_bets, 0), coalesce(x.house_limit, 0),
         CASE WHEN x.game = '' THEN nullif(p->>'quiet_from', '')::time END, CASE WHEN x.game = '' THEN nullif(p->>'quiet_to', '')::time END, p->>'zone',
         coalesce(v_version, 0) + 1, a.o_operator
    FROM jsonb_to_recordset(p->'limits') AS x(game text, rounds int, round_cooldown bigint, player_cooldown bigint, min_stake bigint, max_stake bigint, daily_stake bigint,
      daily_loss bigint, daily_bets int, house_limit bigint);
  PERFORM operation_note(p_tenant, a.o_operator, p_via, 'pacing.set', 'group', v_public, v_was, p || jsonb_build_object('version', coalesce(v_version, 0) + 1), p_reason, p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- ---------- rounds that open by themselves ----------

-- Makes (version 0) or replaces an automatic round that was read at its version. Codes: ok, games.auto_not_found, games.stale,
-- players.group_not_found, operators.*.
-- +goose StatementBegin
CREATE FUNCTION api_auto_round_set(p_tenant bigint, p_via text, p_proof bytea, p_request text, p jsonb, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE a record; o auto_rounds; v_act text := 'create';
BEGIN
  PERFORM ledger_guard(p_tenant);
  a := operator_acting(p_tenant, p_via, p_proof, 'pacing.configure', true);
  IF a.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', a.o_code); END IF;
  IF NOT EXISTS (SELECT 1 FROM groups WHERE tenant_id = p_tenant AND group_id = (p->>'group')::bigint) THEN RETURN '{"code": "players.group_not_found"}'; END IF;
  SELECT * INTO o FROM auto_rounds WHERE tenant_id = p_tenant AND auto_id = p->>'id' AND deleted_at IS NULL FOR NO KEY UPDATE;
  IF NOT FOUND AND (p->>'version')::int <> 0 THEN RETURN '{"code": "games.auto_not_found"}'; END IF;
  IF (p->>'version')::int IS DISTINCT FROM coalesce(o.version, 0) THEN RETURN jsonb_build_object('code', 'games.stale', 'version', o.version); END IF;
  IF o.auto_id IS NULL THEN
    INSERT INTO auto_rounds (tenant_id, auto_id, group_id, game, params, every_minutes, calendar, zone, enabled, version, updated_by)
    VALUES (p_tenant, p->>'id', (p->>'group')::bigint, p->>'game', p->'params', nullif((p->>'every_minutes')::int, 0), nullif(p->>'calendar', ''), p->>'zone',
      (p->>'enabled')::boolean, 1, a.o_operator);
  ELSE
    v_act := CASE WHEN (p->>'deleted')::boolean THEN 'delete' ELSE 'set' END;
    UPDATE auto_rounds SET game = p->>'game', params = p->'params', every_minutes = nullif((p->>'every_minutes')::int, 0), calendar = nullif(p->>'calendar', ''),
           zone = p->>'zone', enabled = (p->>'enabled')::boolean, version = version + 1, updated_by = a.o_operator, updated_at = clock_timestamp(),
           deleted_at = CASE WHEN (p->>'deleted')::boolean THEN clock_timestamp() END
     WHERE tenant_id = p_tenant AND auto_id = o.auto_id;
  END IF;
  PERFORM round_event(p_tenant, 'auto_round.changed.v1', jsonb_build_object('auto_round', p->>'id'));
  PERFORM operation_note(p_tenant, a.o_operator, p_via, 'auto_round.' || v_act, 'auto_round', p->>'id',
    CASE WHEN o.auto_id IS NOT NULL THEN to_jsonb(o) - ARRAY['tenant_id', 'synced', 'updated_by', 'updated_at', 'created_at'] END, p, p_reason, p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- Remembers that the schedule of an automatic round was made from a version.
-- +goose StatementBegin
CREATE FUNCTION api_auto_round_synced(p_tenant bigint, p_id text, p_version int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM ledger_guard(p_tenant);
  UPDATE auto_rounds SET synced = p_version WHERE tenant_id = p_tenant AND auto_id = p_id AND version = p_version;
END $$;
-- +goose StatementEnd

-- ---------- jackpots ----------

-- Gives a group's pot another config, read at a version. An enabled pot that is empty begins with the seed, which the house
-- pays. Codes: ok, players.group_not_found, games.stale, operators.*.
-- +goose StatementBegin
CREATE FUNCTION api_jackpot_set(p_tenant bigint, p_via text, p_proof bytea, p_request text, p_group bigint, p jsonb, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE a record; j jackpots; v_was jsonb; v_seed bigint := (p->'config'->>'seed')::bigint; v_ref text; r record;
BEGIN
  PERFORM ledger_guard(p_tenant);
  a := operator_acting(p_tenant, p_via, p_proof, 'pacing.configure', true);
  IF a.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', a.o_code); END IF;
  IF NOT EXISTS (SELECT 1 FROM groups WHERE tenant_id = p_tenant AND group_id = p_group) THEN RETURN '{"code": "players.group_not_found"}'; END IF;
  PERFORM pg_advisory_xact_lock(7050, pacing_key(p_tenant, p_group));
  SELECT * INTO j FROM jackpots WHERE tenant_id = p_tenant AND group_id = p_group FOR NO KEY UPDATE;
  IF (p->>'version')::int IS DISTINCT FROM coalesce(j.version, 0) THEN RETURN jsonb_build_object('code', 'games.stale', 'version', coalesce(j.version, 0)); END IF;
  SELECT config INTO v_was FROM jackpot_versions WHERE tenant_id = p_tenant AND jackpot_id = j.jackpot_id AND version = j.version;
  IF j.jackpot_id IS NULL THEN
    INSERT INTO jackpots (tenant_id, jackpot_id, group_id, account_id, version)
    VALUES (p_tenant, p->>'id', p_group, ledger_account(p_tenant, p_group, 'points', 'jackpot', p->>'id'), 1) RETURNING * INTO j;
  ELSE
    UPDATE jackpots SET version = version + 1 WHERE tenant_id = p_tenant AND jackpot_id = j.jackpot_id RETURNING * INTO j;
  END IF;
  INSERT INTO jackpot_versions (tenant_id, jackpot_id, version, config, hash, updated_by) VALUES (p_tenant, j.jackpot_id, j.version, p->'config', p->>'hash', a.o_operator);
  IF (p->'config'->>'enabled')::boolean AND v_seed > 0 AND (SELECT posted = 0 FROM balances WHERE tenant_id = p_tenant AND account_id = j.account_id) THEN
    v_ref := j.jackpot_id || ':' || j.version;
    r := ledger_apply(p_tenant, 'jackpot', v_ref, ARRAY[ledger_account(p_tenant, p_group, 'points', 'issuer', '')], ARRAY[j.account_id], ARRAY[v_seed]);
    INSERT INTO jackpot_draws (tenant_id, jackpot_id, ref, source, version, stakes, carry_before, pot_before, contribution, amount, seeded, transfer_id)
    VALUES (p_tenant, j.jackpot_id, v_ref, 'seed', j.version, 0, j.carry, 0, 0, 0, v_seed, r.o_transfer);
    PERFORM ledger_remember(p_tenant, 'jackpot', v_ref, sha256(convert_to(v_ref, 'UTF8')), r.o_transfer, '{"code": "ok"}');
  END IF;
  PERFORM operation_note(p_tenant, a.o_operator, p_via, 'jackpot.set', 'jackpot', j.jackpot_id, v_was, p->'config' || jsonb_build_object('version', j.version), p_reason, p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- The pot that a stake in a game of a group feeds; no row when there is none. Points only: the issuer pays what the house puts in.
-- +goose StatementBegin
CREATE FUNCTION jackpot_of(p_tenant bigint, p_group bigint, p_game text, p_bank text, p_asset text, OUT o_jackpot text, OUT o_version int) LANGUAGE sql STABLE AS $$
  SELECT j.jackpot_id, j.version FROM jackpots j JOIN jackpot_versions v ON v.tenant_id = j.tenant_id AND v.jackpot_id = j.jackpot_id AND v.version = j.version
   WHERE j.tenant_id = p_tenant AND j.group_id = p_group AND p_bank = 'house' AND p_asset = 'points' AND (v.config->>'enabled')::boolean
     AND (jsonb_array_length(v.config->'games') = 0 OR v.config->'games' ? p_game)
$$;
-- +goose StatementEnd

-- The last part of a settlement: the house puts the stakes' share into the pot, and the winner takes it all; then the house
-- begins it anew. p_winner is null when nobody has won. Whoever settles has locked the pot's row first and then the balances.
-- +goose StatementBegin
CREATE FUNCTION jackpot_draw(p_tenant bigint, p_group bigint, p_jackpot text, p_version int, p_source text, p_ref text, p_stakes bigint,
  p_winner bigint, p_bet bigint) RETURNS jackpot_draws LANGUAGE plpgsql AS $$
DECLARE j jackpots; c jsonb; d jackpot_draws; v_raw numeric; v_issuer bigint; r record;
  v_from bigint[] := '{}'; v_to bigint[] := '{}'; v_amount bigint[] := '{}';
BEGIN
  SELECT * INTO STRICT j FROM jackpots WHERE tenant_id = p_tenant AND jackpot_id = p_jackpot AND group_id = p_group FOR NO KEY UPDATE;
  SELECT config INTO STRICT c FROM jackpot_versions WHERE tenant_id = p_tenant AND jackpot_id = p_jackpot AND version = p_version;
  v_raw := j.carry + p_stakes::numeric * (c->>'contribution_bp')::int;
  d.tenant_id := p_tenant; d.jackpot_id := p_jackpot; d.ref := p_ref; d.source := p_source; d.version := p_version; d.stakes := p_stakes;
  d.carry_before := j.carry; d.contribution := div(v_raw, 10000)::bigint; d.winner_id := p_winner; d.bet_id := p_bet; d.drawn_at := clock_timestamp();
  SELECT posted INTO STRICT d.pot_before FROM balances WHERE tenant_id = p_tenant AND account_id = j.account_id;
  d.amount := CASE WHEN p_winner IS NOT NULL THEN d.pot_before + d.contribution ELSE 0 END;
  d.seeded := CASE WHEN p_winner IS NOT NULL THEN (c->>'seed')::bigint ELSE 0 END;
  v_issuer := ledger_account(p_tenant, p_group, 'points', 'issuer', '');
  IF d.contribution + d.seeded > 0 THEN v_from := ARRAY[v_issuer]; v_to := ARRAY[j.account_id]; v_amount := ARRAY[d.contribution + d.seeded]; END IF;
  IF d.amount > 0 THEN
    v_from := v_from || j.account_id; v_to := v_to || ledger_account(p_tenant, p_group, 'points', 'player', p_winner::text); v_amount := v_amount || d.amount;
  END IF;
  IF cardinality(v_from) > 0 THEN
    r := ledger_apply(p_tenant, 'jackpot', p_ref, v_from, v_to, v_amount);
    IF r.o_short IS NOT NULL THEN RAISE EXCEPTION 'pot % does not hold what it should', p_jackpot USING ERRCODE = 'XX000'; END IF;
    d.transfer_id := r.o_transfer;
    PERFORM ledger_remember(p_tenant, 'jackpot', p_ref, sha256(convert_to(p_ref, 'UTF8')), r.o_transfer, '{"code": "ok"}');
  END IF;
  UPDATE jackpots SET carry = mod(v_raw, 10000)::bigint WHERE tenant_id = p_tenant AND jackpot_id = p_jackpot;
  INSERT INTO jackpot_draws SELECT d.*;
  IF p_winner IS NOT NULL THEN
    PERFORM round_event(p_tenant, 'jackpot.won.v1', jsonb_build_object('jackpot', p_jackpot, 'ref', p_ref, 'amount', d.amount,
      'player', (SELECT public_id FROM players WHERE tenant_id = p_tenant AND player_id = p_winner)));
    -- The result of a round tells it; a play may have been made elsewhere, and its message in the chat is soon another play's.
    IF p_source = 'play' THEN PERFORM round_notice(p_tenant, p_group, 'jackpot.won', p_ref); END IF;
  END IF;
  RETURN d;
END $$;
-- +goose StatementEnd

-- ---------- rounds ----------
-- The functions that open a round, take its bets and settle it, with all of the above in them.

-- As before. An automatic round (p.auto, by player 0) has no opener. Where there is a pacing, openings of a group come one after the
-- other. The rules of the group's pot are pinned. Codes: those of before, of round_pacing_open and round_pacing_refusal, games.auto_off.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION api_round_open(p_tenant bigint, p_key text, p_hash bytea, p jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v jsonb; v_refused jsonb; g groups; v_round text := p->>'round'; v_group bigint := (p->>'group')::bigint; v_player bigint := (p->>'player')::bigint;
  v_asset text := p->>'asset'; v_escrow bigint; v_house bigint; v_purse bigint; v_transfer bigint; r record; v_now timestamptz; v_closes timestamptz;
  v_scope text := 'open.' || (p->>'player'); v_exposure bigint := coalesce((p->>'max_exposure')::bigint, 0);
  v_auto boolean := p ? 'auto'; v_pace jsonb; v_lane int := 0; v_pot record;
BEGIN
  PERFORM ledger_guard(p_tenant);
  v := ledger_seen(p_tenant, v_scope, p_key, p_hash);
  IF v IS NOT NULL THEN RETURN v; END IF;
  SELECT * INTO g FROM groups WHERE tenant_id = p_tenant AND group_id = v_group;
  IF NOT FOUND OR g.status <> 'active' THEN RETURN '{"code": "games.group_inactive"}'; END IF;
  IF v_auto AND (p ? 'bet' OR v_player <> 0) THEN RAISE EXCEPTION 'an automatic round has no opener' USING ERRCODE = '22023'; END IF;
  IF v_auto AND NOT EXISTS (SELECT 1 FROM auto_rounds WHERE tenant_id = p_tenant AND auto_id = p->>'auto' AND group_id = v_group AND game = p->>'game'
      AND enabled AND deleted_at IS NULL) THEN
    RETURN '{"code": "games.auto_off"}';
  END IF;
  IF NOT v_auto AND NOT round_member(p_tenant, v_group, v_player) THEN RETURN '{"code": "players.not_member"}'; END IF;
  IF NOT v_auto THEN v_refused := player_refusal(p_tenant, v_group, v_player, 'bet', v_asset, coalesce((p->'bet'->>'stake')::bigint, 0)); END IF;
  IF v_refused IS NOT NULL THEN
    -- The refusal may have waited for a twin of this very request.
    RETURN coalesce(ledger_seen(p_tenant, v_scope, p_key, p_hash), v_refused);
  END IF;

  IF EXISTS (SELECT 1 FROM group_pacing WHERE tenant_id = p_tenant AND group_id = v_group) THEN
    PERFORM pg_advisory_xact_lock(7050, pacing_key(p_tenant, v_group));
    IF p->>'bank' = 'house' THEN PERFORM round_house_lock(p_tenant, v_group); END IF;
    v_pace := round_pacing_open(p_tenant, v_group, p->>'game', (p->>'exclusive')::boolean);
    IF p ? 'bet' AND v_asset = 'points' AND NOT v_pace ? 'code' THEN
      v_pace := coalesce(round_pacing_refusal(p_tenant, v_group, v_player, p->>'game', (p->'bet'->>'stake')::bigint),
        CASE WHEN p->>'bank' = 'house' THEN round_house_refusal(p_tenant, v_group, p->>'game', (p->'bet'->>'max_payout')::bigint - (p->'bet'->>'stake')::bigint, 0, 0) END, v_pace);
    END IF;
    -- The lock may have waited for a twin of this very request.
    v := ledger_seen(p_tenant, v_scope, p_key, p_hash);
    IF v IS NOT NULL OR v_pace ? 'code' THEN RETURN coalesce(v, v_pace); END IF;
    v_lane := (v_pace->>'lane')::int;
  END IF;
  SELECT * INTO v_pot FROM jackpot_of(p_tenant, v_group, p->>'game', p->>'bank', v_asset);

  v_escrow := ledger_account(p_tenant, v_group, v_asset, 'escrow', v_round);
  v_now := clock_timestamp();
  v_closes := v_now + make_interval(secs => (p->>'window_ms')::bigint / 1000.0);
  INSERT INTO rounds (tenant_id, round_id, group_id, game, config_version, asset, bank, acting, exclusive, escrow_id, opened_by, params,
                      seats, bets_each, slots, act_reserve, max_exposure, commit_hash, seed_sealed, client_seed, outcome, drawn_at, opens_at, closes_at,
                      live, source, min_pot, lane, jackpot_id, jackpot_version)
  VALUES (p_tenant, v_round, v_group, p->>'game', (p->>'config_version')::int, v_asset, p->>'bank', (p->>'acting')::boolean, (p->>'exclusive')::boolean,
          v_escrow, v_player, p->'params', coalesce((p->>'seats')::int, 0), coalesce((p->>'bets_each')::int, 0), jsonb_array_length(p->'slots'),
          coalesce((p->>'act_reserve')::bigint, 0), v_exposure, decode(p->>'commit', 'hex'), decode(p->>'seed_sealed', 'hex'),
          p->>'client_seed', p->'outcome', CASE WHEN p ? 'outcome' THEN v_now END, v_now, v_closes,
          coalesce((p->>'live')::boolean, false), coalesce(p->>'source', ''), coalesce((p->>'min_pot')::bigint, 0),
          v_lane, v_pot.o_jackpot, v_pot.o_version)
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    -- The insert may have waited for a twin of this very request.
    DELETE FROM accounts WHERE tenant_id = p_tenant AND account_id = v_escrow;
    v := ledger_seen(p_tenant, v_scope, p_key, p_hash);
    IF v IS NOT NULL THEN RETURN v; END IF;
    RETURN round_running(p_tenant, v_group);
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

-- As before, with the pacing of the group and of the game where there is one. A refusal is not kept: the same key may pass later.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION api_round_bets(p_tenant bigint, p_round text[], p_player bigint[], p_choice text[], p_stake bigint[], p_max_payout bigint[],
  p_seed text[], p_fresh text[], p_key text[], p_hash bytea[]) RETURNS jsonb[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off SET enable_material = off AS $$
DECLARE v_code text[]; v_old jsonb[]; v_group bigint[]; v_asset text[]; v_escrow bigint[]; v_purse bigint[]; v_seed text[];
  v_counted boolean; v_money boolean; v_paced boolean; v_risk bigint[]; v_game text[]; v_house boolean; v_n int; v_count record; v_twin jsonb; v_full boolean := false; v_answers jsonb[]; v_wanted bigint; v_stored bigint;
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
         bool_or(o.seats > 0 OR o.bets_each > 0 OR o.max_exposure > 0), bool_or(o.asset <> 'points'), bool_or(q.paced)
    INTO v_code, v_old, v_group, v_asset, v_escrow, v_purse, v_seed, v_counted, v_money, v_paced
    FROM unnest(p_round, p_player, p_seed, p_fresh, p_key, p_hash) WITH ORDINALITY AS x(round, player, seed, fresh, key, hash, n)
    LEFT JOIN LATERAL (SELECT * FROM idem WHERE tenant_id = p_tenant AND scope = 'bet.' || x.player AND key = x.key LIMIT 1) i ON true
    LEFT JOIN LATERAL (SELECT * FROM rounds WHERE tenant_id = p_tenant AND round_id = x.round AND NOT acting LIMIT 1) o ON true
    LEFT JOIN LATERAL (SELECT account_id FROM accounts WHERE tenant_id = p_tenant AND group_id = o.group_id AND asset = o.asset
                          AND purpose = 'player' AND owner = x.player::text LIMIT 1) a ON true
    LEFT JOIN LATERAL (SELECT player_id FROM members WHERE tenant_id = p_tenant AND group_id = o.group_id AND player_id = x.player
                          AND status IN ('member', 'administrator', 'creator', 'restricted') LIMIT 1) m ON true
    LEFT JOIN LATERAL (SELECT seed, excluded_until, frozen_at FROM players WHERE tenant_id = p_tenant AND player_id = x.player LIMIT 1) l ON true
    LEFT JOIN LATERAL (SELECT true AS paced FROM group_pacing WHERE tenant_id = p_tenant AND group_id = o.group_id LIMIT 1) q ON true;
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
  IF v_paced THEN PERFORM round_house_lock(p_tenant, VARIADIC v_group); END IF;
  PERFORM 1 FROM balances WHERE tenant_id = p_tenant AND account_id = ANY (v_purse) ORDER BY account_id FOR NO KEY UPDATE;
  IF v_paced THEN
    v_risk := array_fill(0::bigint, ARRAY[cardinality(p_round)]);
    SELECT array_agg(o.game ORDER BY x.n) INTO v_game FROM unnest(p_round) WITH ORDINALITY AS x(round, n)
      LEFT JOIN rounds o ON o.tenant_id = p_tenant AND o.round_id = x.round;
    -- Bets that can't be paid for stay as they are: they are refused below, and risk nothing.
    FOR v_n IN SELECT n FROM generate_subscripts(v_code, 1) AS n JOIN balances b ON b.tenant_id = p_tenant AND b.account_id = v_purse[n]
                WHERE v_code[n] = 'ok' AND v_asset[n] = 'points' AND b.posted - p_stake[n] >= b.floor ORDER BY n LOOP
      v_house := (SELECT bank = 'house' FROM rounds WHERE tenant_id = p_tenant AND round_id = p_round[v_n]);
      v_old[v_n] := round_pacing_refusal(p_tenant, v_group[v_n], p_player[v_n], v_game[v_n], p_stake[v_n]);
      IF v_old[v_n] IS NULL AND v_house THEN
        v_old[v_n] := (SELECT round_house_refusal(p_tenant, v_group[v_n], v_game[v_n], p_max_payout[v_n] - p_stake[v_n], coalesce(sum(x.risk), 0)::bigint,
            coalesce(sum(x.risk) FILTER (WHERE x.game = v_game[v_n]), 0)::bigint)
          FROM unnest(v_group, v_game, v_risk) AS x(group_id, game, risk) WHERE x.group_id = v_group[v_n]);
      END IF;
      IF v_old[v_n] IS NULL THEN
        IF v_house THEN v_risk[v_n] := greatest(p_max_payout[v_n] - p_stake[v_n], 0); END IF;
      ELSE
        v_code[v_n] := 'refused';
        -- The locks may have waited for a twin of this very request.
        v_old[v_n] := coalesce(ledger_seen(p_tenant, 'bet.' || p_player[v_n], p_key[v_n], p_hash[v_n]), v_old[v_n]);
      END IF;
    END LOOP;
    v_full := v_full AND v_code[1] = 'ok';
  END IF;

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

DROP FUNCTION api_round_settle(bigint, text, bigint[], bigint[], text);
-- As before; then the pot that the round was opened with is fed and drawn. p_lucky is the bet that won it, or null.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION api_round_settle(p_tenant bigint, p_round text, p_bets bigint[], p_payouts bigint[], p_hash text, p_lucky bigint) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE o rounds; s settlements; v_paid bigint; v_rest bigint; v_house bigint; v_bank bigint; v_to bigint[]; v_won bigint[]; v_transfer bigint; v_at timestamptz; r record;
  v_lucky bigint; v_purse bigint;
BEGIN
  PERFORM ledger_guard(p_tenant);
  PERFORM pg_advisory_xact_lock(7002, hashtext(p_round));
  SELECT * INTO o FROM rounds WHERE tenant_id = p_tenant AND round_id = p_round FOR UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "games.round_not_found"}'; END IF;
  IF o.status IN ('settled', 'voided') THEN
    SELECT * INTO STRICT s FROM settlements WHERE tenant_id = p_tenant AND round_id = p_round;
    RETURN jsonb_build_object('code', 'ok', 'status', o.status, 'replayed', true, 'paid', s.paid, 'house', s.house, 'hash', s.hash);
  END IF;
  IF o.status <> 'drawn' THEN RETURN '{"code": "games.not_drawn"}'; END IF;

  SELECT w.accounts, w.won, w.paid INTO v_to, v_won, v_paid FROM round_winners(p_tenant, o, p_bets, p_payouts) AS w;
  IF p_lucky IS NOT NULL THEN
    SELECT player_id INTO v_lucky FROM bets WHERE tenant_id = p_tenant AND round_id = p_round AND bet_id = p_lucky AND o.jackpot_id IS NOT NULL;
    IF NOT FOUND THEN RAISE EXCEPTION 'round %: the pot was won by no bet of the round', p_round USING ERRCODE = 'XX000'; END IF;
  END IF;
  IF o.jackpot_id IS NOT NULL THEN
    -- The pot's row first, then every balance in one order.
    PERFORM 1 FROM jackpots WHERE tenant_id = p_tenant AND jackpot_id = o.jackpot_id FOR NO KEY UPDATE;
    v_purse := round_purse(p_tenant, o.group_id, o.asset, v_lucky);
    PERFORM 1 FROM balances WHERE tenant_id = p_tenant AND (account_id = ANY (v_to) OR account_id = v_purse
       OR account_id = (SELECT account_id FROM jackpots WHERE tenant_id = p_tenant AND jackpot_id = o.jackpot_id)) ORDER BY account_id FOR NO KEY UPDATE;
  END IF;
  v_rest := ledger_derived(p_tenant, o.escrow_id) - v_paid;
  IF v_rest < 0 AND (o.bank <> 'house' OR o.asset <> 'points') THEN
    RAISE EXCEPTION 'round %: payouts of % exceed the pot by %', p_round, v_paid, -v_rest USING ERRCODE = 'XX000';
  END IF;
  -- A reserved exposure lies in the pot without being anybody's stake.
  v_house := v_rest - CASE WHEN o.bank = 'house' AND o.asset <> 'points' THEN o.max_exposure ELSE 0 END;
  v_at := clock_timestamp();
  IF v_paid > 0 OR v_rest <> 0 THEN
    v_bank := ledger_account(p_tenant, o.group_id, o.asset, CASE WHEN o.asset = 'points' THEN 'issuer' ELSE 'house' END, '');
    IF v_bank > 0 THEN -- a strict house has a balance of its own
      r := ledger_apply(p_tenant, 'settle', p_round, array_fill(o.escrow_id, ARRAY[cardinality(v_to)]) || CASE WHEN v_rest > 0 THEN ARRAY[o.escrow_id] ELSE '{}' END,
        v_to || CASE WHEN v_rest > 0 THEN ARRAY[v_bank] ELSE '{}' END, v_won || CASE WHEN v_rest > 0 THEN ARRAY[v_rest] ELSE '{}' END);
    ELSE
      r := ledger_payout(p_tenant, o.group_id, o.asset, 'settle', p_round, o.escrow_id, v_bank, v_rest, v_to, v_won);
    END IF;
    v_transfer := r.o_transfer;
    v_at := r.o_at;
  END IF;
  UPDATE rounds SET status = 'settled', settled_at = v_at WHERE tenant_id = p_tenant AND round_id = p_round;
  INSERT INTO settlements (tenant_id, round_id, transfer_id, bet_ids, payouts, paid, house, hash, settled_at)
  VALUES (p_tenant, p_round, v_transfer, p_bets, p_payouts, v_paid, v_house, p_hash, v_at);
  IF o.jackpot_id IS NOT NULL THEN
    PERFORM jackpot_draw(p_tenant, o.group_id, o.jackpot_id, o.jackpot_version, 'round', p_round,
      (SELECT coalesce(sum(stake), 0)::bigint FROM bets WHERE tenant_id = p_tenant AND round_id = p_round), v_lucky, p_lucky);
  END IF;
  PERFORM ledger_remember(p_tenant, 'settle', p_round, sha256(convert_to(p_hash, 'UTF8')), v_transfer, jsonb_build_object('code', 'ok'));
  PERFORM round_event(p_tenant, 'round.settled.v1', jsonb_build_object('round', p_round, 'game', o.game, 'paid', v_paid, 'house', v_house));
  PERFORM round_notice(p_tenant, o.group_id, 'round.result', p_round);
  RETURN jsonb_build_object('code', 'ok', 'status', 'settled', 'paid', v_paid, 'house', v_house, 'hash', p_hash);
END $$;
-- +goose StatementEnd

-- ---------- plays ----------

-- Locks the pots of groups, in one order, before any purse. Answers with their accounts.
-- +goose StatementBegin
CREATE FUNCTION jackpot_lock(p_tenant bigint, p_groups bigint[]) RETURNS bigint[] LANGUAGE sql AS $$
  SELECT coalesce(array_agg(account_id), '{}') FROM (SELECT account_id FROM jackpots WHERE tenant_id = p_tenant AND group_id = ANY (p_groups)
    ORDER BY jackpot_id FOR NO KEY UPDATE) AS x
$$;
-- +goose StatementEnd

-- What plays that come one after the other will win of their pots; null for those that win nothing. Only plays with code ok that
-- can be paid for count. The pots and the purses are locked, and jackpot_draw comes to the same.
-- +goose StatementBegin
CREATE FUNCTION jackpot_wins(p_tenant bigint, p_jackpot text[], p_version int[], p_lucky boolean[], p_stake bigint[], p_code text[], p_purse bigint[])
RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE x record; v_won bigint[] := array_fill(NULL::bigint, ARRAY[cardinality(p_code)]); v_pot text; v_carry bigint; v_posted bigint; v_raw numeric;
BEGIN
  FOR x IN SELECT u.*, j.carry, b.posted, (v.config->>'contribution_bp')::int AS bp, (v.config->>'seed')::bigint AS seed
             FROM unnest(p_jackpot, p_version, p_lucky, p_stake, p_code, p_purse) WITH ORDINALITY AS u(jackpot, version, lucky, stake, code, purse, n)
             JOIN jackpots j ON j.tenant_id = p_tenant AND j.jackpot_id = u.jackpot
             JOIN jackpot_versions v ON v.tenant_id = p_tenant AND v.jackpot_id = u.jackpot AND v.version = u.version
             JOIN balances b ON b.tenant_id = p_tenant AND b.account_id = j.account_id
             JOIN balances p ON p.tenant_id = p_tenant AND p.account_id = u.purse
            WHERE u.code = 'ok' AND p.posted - u.stake >= p.floor ORDER BY u.jackpot, u.n LOOP
    IF v_pot IS DISTINCT FROM x.jackpot THEN
      v_pot := x.jackpot; v_carry := x.carry; v_posted := x.posted;
    END IF;
    v_raw := v_carry + x.stake::numeric * x.bp;
    v_carry := mod(v_raw, 10000)::bigint;
    v_posted := v_posted + div(v_raw, 10000)::bigint;
    IF x.lucky THEN
      v_won[x.n] := v_posted;
      v_posted := x.seed;
    END IF;
  END LOOP;
  RETURN v_won;
END $$;
-- +goose StatementEnd

-- As before, with all of a pacing: the locks under which it counts come before the purses. Codes: also games.quiet_hours. A play
-- feeds and draws its group's pot: p_jackpot and p_jackpot_version name the rules that p_lucky was drawn by, null without a pot, and
-- the play is stale when others are in force. Plays of a batch meet a pot in their order in the batch; where a group has no pot
-- nothing is locked or asked for one.
DROP FUNCTION api_plays(bigint, bigint[], bigint[], text[], int[], text[], bigint[], bigint[], bigint[], text[], boolean[], text[], int[], bigint[], text[], bytea[]);
-- +goose StatementBegin
CREATE FUNCTION api_plays(p_tenant bigint, p_group bigint[], p_player bigint[], p_game text[], p_version int[], p_choice text[], p_stake bigint[],
  p_max_payout bigint[], p_payout bigint[], p_outcome text[], p_room boolean[], p_chain text[], p_index int[], p_nonce bigint[], p_key text[], p_hash bytea[],
  p_jackpot text[], p_jackpot_version int[], p_lucky boolean[])
RETURNS jsonb[] LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off SET enable_material = off AS $$
DECLARE v_versions jsonb; v_paced bigint[]; v_code text[]; v_old jsonb[]; v_purse bigint[]; v_bank bigint[]; v_group_public text[]; v_player_public text[];
  v_n int; v_risk bigint[]; v_wakes boolean; v_answers jsonb[]; v_made bigint; v_seeds bigint; v_lines bigint; v_moved bigint; v_kept bigint;
  v_potted bigint[]; v_pots bigint[]; v_won bigint[]; d jackpot_draws;
BEGIN
  PERFORM ledger_guard(p_tenant);
  IF (SELECT count(DISTINCT p) FROM unnest(p_player) AS p) <> cardinality(p_player) THEN RAISE EXCEPTION 'a player stands in a batch once' USING ERRCODE = '22023'; END IF;
  SELECT jsonb_object_agg(g, game_config_current(p_tenant, g)) INTO v_versions FROM (SELECT DISTINCT g FROM unnest(p_game) AS g) AS x;
  SELECT coalesce(array_agg(g) FILTER (WHERE round_paced(p_tenant, g)), '{}'),
         coalesce(array_agg(g) FILTER (WHERE fed OR EXISTS (SELECT 1 FROM jackpots j WHERE j.tenant_id = p_tenant AND j.group_id = g
           AND EXISTS (SELECT 1 FROM jackpot_versions v WHERE v.tenant_id = p_tenant AND v.jackpot_id = j.jackpot_id AND v.version = j.version
                          AND (v.config->>'enabled')::boolean))), '{}')
    INTO v_paced, v_potted FROM (SELECT g, bool_or(j IS NOT NULL) AS fed FROM unnest(p_group, p_jackpot) AS u(g, j) GROUP BY g) AS x;
  -- The lock on a player's seed keeps the player's plays one after the other; a twin of one finds its answer below.
  PERFORM 1 FROM (SELECT p FROM unnest(p_player) AS p ORDER BY p) AS x
    CROSS JOIN LATERAL (SELECT 1 FROM player_seeds WHERE tenant_id = p_tenant AND player_id = x.p LIMIT 1 FOR NO KEY UPDATE) AS s;

  SELECT array_agg(CASE WHEN i.hash <> x.hash THEN 'ledger.key_reused' WHEN i.hash IS NOT NULL THEN 'replay'
                        WHEN g.status IS DISTINCT FROM 'active' THEN 'games.group_inactive'
                        WHEN l.frozen_at IS NOT NULL OR l.excluded_until > clock_timestamp() THEN 'refused'
                        WHEN m.player_id IS NULL THEN 'players.not_member'
                        WHEN NOT x.room THEN 'games.house_limit'
                        WHEN (s.chain_id, s.seed_index, s.nonce, (v_versions->>x.game)::int) IS DISTINCT FROM (x.chain, x.index, x.nonce, x.version) THEN 'stale'
                        ELSE 'ok' END ORDER BY x.n),
         array_agg(CASE WHEN i.hash IS NOT NULL THEN i.outcome || '{"replayed": true}'
                        WHEN l.frozen_at IS NOT NULL THEN '{"code": "players.frozen"}'
                        WHEN l.excluded_until IS NOT NULL THEN jsonb_build_object('code', 'players.excluded', 'until', l.excluded_until) END ORDER BY x.n),
         array_agg(a.account_id ORDER BY x.n), array_agg(h.account_id ORDER BY x.n), array_agg(g.public_id ORDER BY x.n), array_agg(l.public_id ORDER BY x.n)
    INTO v_code, v_old, v_purse, v_bank, v_group_public, v_player_public
    FROM unnest(p_group, p_player, p_game, p_version, p_room, p_chain, p_index, p_nonce, p_key, p_hash)
         WITH ORDINALITY AS x(group_id, player, game, version, room, chain, index, nonce, key, hash, n)
    LEFT JOIN LATERAL (SELECT hash, outcome FROM idem WHERE tenant_id = p_tenant AND scope = 'play.' || x.player AND key = x.key LIMIT 1) i ON true
    LEFT JOIN LATERAL (SELECT status, public_id FROM groups WHERE tenant_id = p_tenant AND group_id = x.group_id LIMIT 1) g ON true
    LEFT JOIN LATERAL (SELECT public_id, excluded_until, frozen_at FROM players WHERE tenant_id = p_tenant AND player_id = x.player LIMIT 1) l ON true
    LEFT JOIN LATERAL (SELECT player_id FROM members WHERE tenant_id = p_tenant AND group_id = x.group_id AND player_id = x.player
                          AND status IN ('member', 'administrator', 'creator', 'restricted') LIMIT 1) m ON true
    LEFT JOIN LATERAL (SELECT chain_id, seed_index, nonce FROM player_seeds WHERE tenant_id = p_tenant AND player_id = x.player LIMIT 1) s ON true
    LEFT JOIN LATERAL (SELECT account_id FROM accounts WHERE tenant_id = p_tenant AND group_id = x.group_id AND asset = 'points'
                          AND purpose = 'player' AND owner = x.player::text LIMIT 1) a ON true
    LEFT JOIN LATERAL (SELECT account_id FROM accounts WHERE tenant_id = p_tenant AND group_id = x.group_id AND asset = 'points'
                          AND purpose = 'issuer' AND owner = '' LIMIT 1) h ON true;
  IF cardinality(v_paced) > 0 THEN PERFORM round_house_lock(p_tenant, VARIADIC v_paced); END IF;
  IF cardinality(v_potted) > 0 THEN
    v_pots := jackpot_lock(p_tenant, v_potted);
    v_code := (SELECT array_agg(CASE WHEN x.code = 'ok' AND x.group_id = ANY (v_potted) AND (x.jackpot, x.version) IS DISTINCT FROM (w.o_jackpot, w.o_version)
                                     THEN 'stale' ELSE x.code END ORDER BY x.n)
                 FROM unnest(v_code, p_group, p_game, p_jackpot, p_jackpot_version) WITH ORDINALITY AS x(code, group_id, game, jackpot, version, n)
                CROSS JOIN LATERAL jackpot_of(p_tenant, x.group_id, x.game, 'house', 'points') AS w);
  END IF;
  PERFORM 1 FROM (SELECT a FROM unnest(v_purse || v_pots, v_code) AS u(a, code) WHERE coalesce(code, 'ok') = 'ok' ORDER BY a) AS x
    CROSS JOIN LATERAL (SELECT 1 FROM balances WHERE tenant_id = p_tenant AND account_id = x.a LIMIT 1 FOR NO KEY UPDATE) AS b;
  IF cardinality(v_paced) > 0 THEN
    v_risk := array_fill(0::bigint, ARRAY[cardinality(p_group)]);
    -- Plays that can't be paid for stay as they are: they are refused below, and risk nothing. What a play may cost the house does
    -- not depend on what was drawn.
    FOR v_n IN SELECT n FROM generate_subscripts(v_code, 1) AS n JOIN balances b ON b.tenant_id = p_tenant AND b.account_id = v_purse[n]
                WHERE v_code[n] = 'ok' AND p_group[n] = ANY (v_paced) AND b.posted - p_stake[n] >= b.floor ORDER BY n LOOP
      v_old[v_n] := coalesce(round_quiet(p_tenant, p_group[v_n]), round_pacing_refusal(p_tenant, p_group[v_n], p_player[v_n], p_game[v_n], p_stake[v_n]),
        (SELECT round_house_refusal(p_tenant, p_group[v_n], p_game[v_n], p_max_payout[v_n] - p_stake[v_n], coalesce(sum(x.risk), 0)::bigint,
            coalesce(sum(x.risk) FILTER (WHERE x.game = p_game[v_n]), 0)::bigint)
          FROM unnest(p_group, p_game, v_risk) AS x(group_id, game, risk) WHERE x.group_id = p_group[v_n]));
      IF v_old[v_n] IS NULL THEN
        v_risk[v_n] := greatest(p_max_payout[v_n] - p_stake[v_n], 0);
      ELSE
        v_code[v_n] := 'refused';
      END IF;
    END LOOP;
  END IF;
  FOR v_n IN SELECT n FROM generate_subscripts(v_code, 1) AS n WHERE v_code[n] = 'ok' AND v_bank[n] IS NULL ORDER BY p_group[n] LOOP
    v_bank[v_n] := ledger_account(p_tenant, p_group[v_n], 'points', 'issuer', '');
  END LOOP;
  IF cardinality(v_potted) > 0 AND true = ANY (p_lucky) THEN
    v_won := jackpot_wins(p_tenant, p_jackpot, p_jackpot_version, p_lucky, p_stake, v_code, v_purse);
  END IF;
  v_wakes := 'ok' = ANY (v_code) AND NOT outbox_waits(p_tenant);

  WITH x AS MATERIALIZED (
    SELECT u.*, b.ctid AS purse_row, b.posted, b.floor, s.ctid AS seed_row, greatest(clock_timestamp(), b.last_at + interval '1 microsecond') AS at
      FROM unnest(p_group, p_player, p_game, p_version, p_choice, p_stake, p_max_payout, p_payout, p_outcome, p_chain, p_index, p_nonce, p_key, p_hash,
                  v_code, v_old, v_purse, v_bank, v_group_public, v_player_public, v_won)
           WITH ORDINALITY AS u(group_id, player, game, version, choice, stake, max_payout, payout, outcome, chain, index, nonce, key, hash,
                  code, old, purse, bank, group_public, player_public, won, n)
      LEFT JOIN LATERAL (SELECT ctid, posted, floor, last_at FROM balances WHERE tenant_id = p_tenant AND account_id = u.purse LIMIT 1) b ON u.code = 'ok'
      LEFT JOIN LATERAL (SELECT ctid FROM player_seeds WHERE tenant_id = p_tenant AND player_id = u.player LIMIT 1) s ON u.code = 'ok'),
  m AS MATERIALIZED (
    SELECT x.*, 'pl_' || substr(x.chain, 3) || '_' || x.index || '_' || x.nonce AS play, nextval('transfer_id_seq') AS transfer_id
      FROM x WHERE x.code = 'ok' AND x.posted - x.stake >= x.floor),
  s AS (UPDATE player_seeds AS s SET nonce = s.nonce + 1 FROM m WHERE s.ctid = m.seed_row RETURNING 1),
  b AS (
    UPDATE balances AS b SET posted = b.posted + m.payout - m.stake, version = b.version + 1, last_at = m.at
      FROM m WHERE b.ctid = m.purse_row AND m.payout <> m.stake
    RETURNING b.account_id, b.version, b.posted, m.payout - m.stake AS delta, m.transfer_id, m.play, m.at),
  n AS (INSERT INTO lines (tenant_id, account_id, version, transfer_id, kind, ref, delta, after, posted_at)
        SELECT p_tenant, account_id, version, transfer_id, 'play', play, delta, posted, at FROM b RETURNING 1),
  t AS (INSERT INTO transfers (tenant_id, transfer_id, group_id, asset, kind, ref, posted_at)
        SELECT p_tenant, transfer_id, group_id, 'points', 'play', play, at FROM m),
  p AS (INSERT INTO postings (tenant_id, transfer_id, seq, from_account, to_account, amount, posted_at)
        SELECT p_tenant, m.transfer_id, v.seq, v.a, v.b, v.amount, m.at FROM m
          CROSS JOIN LATERAL (VALUES (1, m.purse, m.bank, m.stake), (2, m.bank, m.purse, m.payout)) AS v(seq, a, b, amount) WHERE v.amount > 0),
  y AS (INSERT INTO plays (tenant_id, chain_id, seed_index, nonce, group_id, player_id, game, config_version, choice, stake, max_payout, payout, outcome, transfer_id, played_at)
        SELECT p_tenant, chain, index, nonce, group_id, player, game, version, choice, stake, max_payout, payout, outcome::jsonb, transfer_id, at FROM m),
  o AS (INSERT INTO outbox (tenant_id, type, payload) SELECT p_tenant, 'play.settled.v1', jsonb_build_object('play', play, 'group', group_public,
          'player', player_public, 'game', game, 'stake', stake, 'payout', payout) FROM m),
  i AS (INSERT INTO idem (tenant_id, scope, key, hash, accepted, transfer_id, outcome)
        SELECT p_tenant, 'play.' || player, key, hash, true, transfer_id, jsonb_build_object('code', 'ok', 'play', play, 'balance', posted + payout - stake + coalesce(won, 0))
          FROM m ON CONFLICT DO NOTHING RETURNING 1)
  SELECT array_agg(CASE
           WHEN m.n IS NOT NULL THEN jsonb_build_object('code', 'ok', 'play', m.play, 'balance', m.posted + m.payout - m.stake + coalesce(m.won, 0), 'at', m.at, 'jackpot', m.won)
           WHEN x.code = 'ok' THEN jsonb_build_object('code', 'ledger.insufficient_funds', 'needed', x.stake, 'balance', coalesce(x.posted, 0))
           WHEN x.code IN ('replay', 'refused') THEN x.old
           ELSE jsonb_build_object('code', x.code) END ORDER BY x.n),
         count(m.n), count(*) FILTER (WHERE m.payout <> m.stake), (SELECT count(*) FROM s), (SELECT count(*) FROM n), (SELECT count(*) FROM i)
    INTO v_answers, v_made, v_moved, v_seeds, v_lines, v_kept FROM x LEFT JOIN m ON m.n = x.n;
  IF v_kept <> v_made THEN RAISE EXCEPTION 'a key was stored by a concurrent request' USING ERRCODE = '40001'; END IF;
  IF v_lines <> v_moved OR v_seeds <> v_made THEN RAISE EXCEPTION 'a play lacks a balance or a seed' USING ERRCODE = 'XX000'; END IF;
  IF cardinality(v_potted) > 0 THEN
    FOR v_n IN SELECT n FROM generate_subscripts(v_code, 1) AS n WHERE v_code[n] = 'ok' AND p_jackpot[n] IS NOT NULL AND v_answers[n]->>'code' = 'ok' ORDER BY n LOOP
      d := jackpot_draw(p_tenant, p_group[v_n], p_jackpot[v_n], p_jackpot_version[v_n], 'play', v_answers[v_n]->>'play', p_stake[v_n],
        CASE WHEN p_lucky[v_n] THEN p_player[v_n] END, NULL::bigint);
      IF d.amount <> coalesce(v_won[v_n], 0) THEN RAISE EXCEPTION 'play % was told another pot', d.ref USING ERRCODE = 'XX000'; END IF;
    END LOOP;
  END IF;
  IF v_made > 0 AND v_wakes THEN PERFORM pg_notify('fairground_outbox', p_tenant::text); END IF;
  RETURN v_answers;
END $$;
-- +goose StatementEnd
