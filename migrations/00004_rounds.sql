-- +goose Up
-- The life of a round: open, bet, claim, close, draw, settle, void. Each function is one
-- transaction's whole work. Codes other than ok mean that nothing moved.

-- +goose StatementBegin
CREATE FUNCTION round_event(p_tenant bigint, p_type text, p_payload jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO outbox (tenant_id, type, payload) VALUES (p_tenant, p_type, p_payload);
  PERFORM pg_notify('fairground_outbox', p_tenant::text);
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION round_notice(p_tenant bigint, p_group bigint, p_kind text, p_round text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO notifications (tenant_id, chat_id, topic_id, kind, payload)
  SELECT p_tenant, chat_id, topic_id, p_kind, jsonb_build_object('round', p_round) FROM groups WHERE tenant_id = p_tenant AND group_id = p_group;
  PERFORM pg_notify('fairground_notify', p_tenant::text);
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION round_member(p_tenant bigint, p_group bigint, p_player bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM members WHERE tenant_id = p_tenant AND group_id = p_group AND player_id = p_player
                  AND status IN ('member', 'administrator', 'creator', 'restricted'))
$$;
-- +goose StatementEnd

-- What a player can spend; null without an account.
-- +goose StatementBegin
CREATE FUNCTION round_purse(p_tenant bigint, p_group bigint, p_asset text, p_player bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT account_id FROM accounts WHERE tenant_id = p_tenant AND group_id = p_group AND asset = p_asset AND purpose = 'player' AND owner = p_player::text
$$;
-- +goose StatementEnd

-- Codes: ok, games.group_inactive, players.not_member, games.round_running, games.house_limit,
-- ledger.insufficient_funds, ledger.key_reused.
-- +goose StatementBegin
CREATE FUNCTION api_round_open(p_tenant bigint, p_key text, p_hash bytea, p jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v jsonb; g groups; v_round text := p->>'round'; v_group bigint := (p->>'group')::bigint; v_player bigint := (p->>'player')::bigint;
  v_asset text := p->>'asset'; v_escrow bigint; v_house bigint; v_purse bigint; v_transfer bigint; r record; v_now timestamptz; v_closes timestamptz;
  v_scope text := 'open.' || (p->>'player'); v_exposure bigint := coalesce((p->>'max_exposure')::bigint, 0);
BEGIN
  PERFORM ledger_guard(p_tenant);
  v := ledger_seen(p_tenant, v_scope, p_key, p_hash);
  IF v IS NOT NULL THEN RETURN v; END IF;
  SELECT * INTO g FROM groups WHERE tenant_id = p_tenant AND group_id = v_group;
  IF NOT FOUND OR g.status <> 'active' THEN RETURN '{"code": "games.group_inactive"}'; END IF;
  IF NOT round_member(p_tenant, v_group, v_player) THEN RETURN '{"code": "players.not_member"}'; END IF;

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

-- Takes back the row of a round that could not be opened in this transaction.
-- +goose StatementBegin
CREATE FUNCTION round_undo_open(p_tenant bigint, p_round text, p_answer jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM rounds WHERE tenant_id = p_tenant AND round_id = p_round;
  DELETE FROM accounts WHERE tenant_id = p_tenant AND purpose = 'escrow' AND owner = p_round;
  RETURN p_answer;
END $$;
-- +goose StatementEnd

-- Places bets that arrived together, each decided by itself: one transaction, a fixed number of statements. The arrays
-- run in parallel and name a player once. Answers, in order: ok, games.round_not_found, games.round_closed,
-- players.not_member, games.round_full, games.already_bet, games.house_limit, ledger.insufficient_funds,
-- ledger.key_reused. p_seed is the seed the player named for this bet, else the player's own is taken, else p_fresh.
-- A round that counts its bets (seats, bets of one player, exposure) must come alone. The lookups are lateral with a
-- limit and the planner's bulk methods are off, so that each stays one index probe whatever the statistics say.
-- +goose StatementBegin
CREATE FUNCTION api_round_bets(p_tenant bigint, p_round text[], p_player bigint[], p_choice text[], p_stake bigint[], p_max_payout bigint[],
  p_seed text[], p_fresh text[], p_key text[], p_hash bytea[]) RETURNS jsonb[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off SET enable_material = off AS $$
DECLARE v_code text[]; v_old jsonb[]; v_group bigint[]; v_asset text[]; v_escrow bigint[]; v_purse bigint[]; v_seed text[];
  v_counted boolean; v_count record; v_twin jsonb; v_full boolean := false; v_answers jsonb[]; v_wanted bigint; v_stored bigint;
BEGIN
  PERFORM ledger_guard(p_tenant);
  -- Bets share a round's lock; its closer takes it alone and so waits out the bets in flight.
  PERFORM pg_advisory_xact_lock_shared(7002, h) FROM (SELECT DISTINCT hashtext(r) AS h FROM unnest(p_round) AS r ORDER BY 1) AS s;

  SELECT array_agg(CASE WHEN i.hash <> x.hash THEN 'ledger.key_reused' WHEN i.hash IS NOT NULL THEN 'replay'
                        WHEN o.round_id IS NULL THEN 'games.round_not_found'
                        WHEN o.status <> 'open' OR o.closes_at <= clock_timestamp() THEN 'games.round_closed'
                        WHEN m.player_id IS NULL THEN 'players.not_member' ELSE 'ok' END ORDER BY x.n),
         array_agg(i.outcome || '{"replayed": true}' ORDER BY x.n), array_agg(o.group_id ORDER BY x.n), array_agg(o.asset ORDER BY x.n),
         array_agg(o.escrow_id ORDER BY x.n), array_agg(a.account_id ORDER BY x.n),
         array_agg(coalesce(nullif(x.seed, ''), l.seed, x.fresh) ORDER BY x.n),
         bool_or(o.seats > 0 OR o.bets_each > 0 OR o.max_exposure > 0)
    INTO v_code, v_old, v_group, v_asset, v_escrow, v_purse, v_seed, v_counted
    FROM unnest(p_round, p_player, p_seed, p_fresh, p_key, p_hash) WITH ORDINALITY AS x(round, player, seed, fresh, key, hash, n)
    LEFT JOIN LATERAL (SELECT * FROM idem WHERE tenant_id = p_tenant AND scope = 'bet.' || x.player AND key = x.key LIMIT 1) i ON true
    LEFT JOIN LATERAL (SELECT * FROM rounds WHERE tenant_id = p_tenant AND round_id = x.round AND NOT acting LIMIT 1) o ON true
    LEFT JOIN LATERAL (SELECT account_id FROM accounts WHERE tenant_id = p_tenant AND group_id = o.group_id AND asset = o.asset
                          AND purpose = 'player' AND owner = x.player::text LIMIT 1) a ON true
    LEFT JOIN LATERAL (SELECT player_id FROM members WHERE tenant_id = p_tenant AND group_id = o.group_id AND player_id = x.player
                          AND status IN ('member', 'administrator', 'creator', 'restricted') LIMIT 1) m ON true
    LEFT JOIN LATERAL (SELECT seed FROM players WHERE tenant_id = p_tenant AND player_id = x.player LIMIT 1) l ON true;
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
                WHEN x.code = 'replay' THEN x.old
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

-- Whether one more bet fits a round that counts its bets, one bet at a time. The lock comes first: the count is a
-- statement of its own and sees what the bet before has committed.
-- +goose StatementBegin
CREATE FUNCTION round_count(p_tenant bigint, p_round text, p_player bigint, p_exposure bigint, OUT code text, OUT filled boolean) LANGUAGE plpgsql AS $$
DECLARE o rounds; v_mine bigint; v_seated bigint; v_exposure bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(7005, hashtext(p_round));
  SELECT * INTO STRICT o FROM rounds WHERE tenant_id = p_tenant AND round_id = p_round;
  SELECT count(*) FILTER (WHERE player_id = p_player), count(*), coalesce(sum(max_payout - stake), 0)
    INTO v_mine, v_seated, v_exposure FROM bets WHERE tenant_id = p_tenant AND round_id = p_round;
  code := CASE WHEN o.bets_each > 0 AND v_mine >= o.bets_each THEN 'games.already_bet'
               WHEN o.seats > 0 AND v_seated >= o.seats THEN 'games.round_full'
               WHEN o.max_exposure > 0 AND v_exposure + p_exposure > o.max_exposure THEN 'games.house_limit' ELSE 'ok' END;
  filled := code = 'ok' AND v_seated + 1 = o.seats;
END $$;
-- +goose StatementEnd

-- Takes the next slot for a player and pays it at once. Codes: ok, games.round_not_found, games.round_closed,
-- players.not_member, games.already_claimed, games.nothing_left, ledger.insufficient_funds, ledger.key_reused.
-- +goose StatementBegin
CREATE FUNCTION api_round_claim(p_tenant bigint, p_round text, p_player bigint, p_key text, p_hash bytea) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v jsonb; o rounds; s round_slots; r record; v_purse bigint; v_opener bigint; v_posted bigint; v_left bigint; v_loss bigint;
  v_scope text := 'claim.' || p_player; v_from bigint[]; v_to bigint[]; v_amount bigint[];
BEGIN
  PERFORM ledger_guard(p_tenant);
  v := ledger_seen(p_tenant, v_scope, p_key, p_hash);
  IF v IS NOT NULL THEN RETURN v; END IF;
  PERFORM pg_advisory_xact_lock_shared(7002, hashtext(p_round));
  SELECT * INTO o FROM rounds WHERE tenant_id = p_tenant AND round_id = p_round AND acting;
  IF NOT FOUND THEN RETURN '{"code": "games.round_not_found"}'; END IF;
  IF NOT round_member(p_tenant, o.group_id, p_player) THEN RETURN '{"code": "players.not_member"}'; END IF;
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

-- Ends betting and waits out the bets in flight. A round that could not fill or that nobody joined is
-- answered with void_reason: the caller voids it. Codes: ok, games.too_early, games.round_not_found.
-- +goose StatementBegin
CREATE FUNCTION api_round_close(p_tenant bigint, p_round text, p_early boolean) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE o rounds; v_bets bigint; v_void text;
BEGIN
  PERFORM ledger_guard(p_tenant);
  PERFORM pg_advisory_xact_lock(7002, hashtext(p_round));
  SELECT * INTO o FROM rounds WHERE tenant_id = p_tenant AND round_id = p_round FOR UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "games.round_not_found"}'; END IF;
  IF o.status = 'open' THEN
    IF NOT p_early AND o.closes_at > clock_timestamp() THEN
      RETURN jsonb_build_object('code', 'games.too_early', 'closes_at', o.closes_at);
    END IF;
    UPDATE rounds SET status = 'closed', closed_at = clock_timestamp() WHERE tenant_id = p_tenant AND round_id = p_round;
    o.status := 'closed';
  END IF;
  IF o.status = 'closed' AND NOT o.acting THEN
    SELECT count(*) INTO v_bets FROM bets WHERE tenant_id = p_tenant AND round_id = p_round;
    v_void := CASE WHEN v_bets = 0 THEN 'no_bets' WHEN v_bets < o.seats THEN 'not_filled' END;
  END IF;
  RETURN jsonb_build_object('code', 'ok', 'status', o.status, 'void_reason', v_void);
END $$;
-- +goose StatementEnd

-- Stores the draw once. Codes: ok (with the stored status), games.not_closed, games.round_not_found.
-- +goose StatementBegin
CREATE FUNCTION api_round_draw(p_tenant bigint, p_round text, p_seed bytea, p_client_seed text, p_outcome jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE o rounds;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO o FROM rounds WHERE tenant_id = p_tenant AND round_id = p_round FOR UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "games.round_not_found"}'; END IF;
  IF o.status = 'open' THEN RETURN '{"code": "games.not_closed"}'; END IF;
  IF o.status = 'closed' THEN
    IF sha256(p_seed) <> o.commit_hash THEN RAISE EXCEPTION 'the seed of round % does not match its commitment', p_round USING ERRCODE = 'XX000'; END IF;
    UPDATE rounds SET status = 'drawn', seed = p_seed, client_seed = coalesce(client_seed, p_client_seed), outcome = coalesce(outcome, p_outcome),
           drawn_at = coalesce(drawn_at, clock_timestamp()) WHERE tenant_id = p_tenant AND round_id = p_round;
    o.status := 'drawn';
  END IF;
  RETURN jsonb_build_object('code', 'ok', 'status', o.status);
END $$;
-- +goose StatementEnd

-- Pays a drawn round out, once, for any number of bets. Every payout is tied to a bet of the round, its player and its
-- limit. A repeat answers with what is stored. Codes: ok, games.not_drawn, games.round_not_found.
-- +goose StatementBegin
CREATE FUNCTION api_round_settle(p_tenant bigint, p_round text, p_bets bigint[], p_payouts bigint[], p_hash text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE o rounds; s settlements; v_paid bigint; v_rest bigint; v_house bigint; v_bank bigint; v_to bigint[]; v_won bigint[]; v_transfer bigint; v_at timestamptz; r record;
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
  PERFORM ledger_remember(p_tenant, 'settle', p_round, sha256(convert_to(p_hash, 'UTF8')), v_transfer, jsonb_build_object('code', 'ok'));
  PERFORM round_event(p_tenant, 'round.settled.v1', jsonb_build_object('round', p_round, 'game', o.game, 'paid', v_paid, 'house', v_house));
  PERFORM round_notice(p_tenant, o.group_id, 'round.result', p_round);
  RETURN jsonb_build_object('code', 'ok', 'status', 'settled', 'paid', v_paid, 'house', v_house, 'hash', p_hash);
END $$;
-- +goose StatementEnd

-- Whom a round pays, summed by player: each payout must name another bet of the round and stay within what that bet
-- could win at most.
-- +goose StatementBegin
CREATE FUNCTION round_winners(p_tenant bigint, p_round rounds, p_bets bigint[], p_payouts bigint[], OUT accounts bigint[], OUT won bigint[], OUT paid bigint)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE v_sound boolean; v_known bigint;
BEGIN
  WITH x AS MATERIALIZED (
    SELECT u.payout, b.player_id, b.max_payout FROM unnest(p_bets, p_payouts) AS u(bet_id, payout)
      CROSS JOIN LATERAL (SELECT player_id, max_payout FROM bets WHERE tenant_id = p_tenant AND round_id = p_round.round_id AND bet_id = u.bet_id LIMIT 1) AS b),
  w AS (SELECT a.account_id, sum(x.payout)::bigint AS amount FROM x
         CROSS JOIN LATERAL (SELECT account_id FROM accounts WHERE tenant_id = p_tenant AND group_id = p_round.group_id AND asset = p_round.asset
                                AND purpose = 'player' AND owner = x.player_id::text LIMIT 1) AS a GROUP BY a.account_id)
  SELECT coalesce((SELECT array_agg(account_id ORDER BY account_id) FROM w), '{}'), coalesce((SELECT array_agg(amount ORDER BY account_id) FROM w), '{}'),
         coalesce(sum(x.payout), 0)::bigint, count(*), coalesce(bool_and(x.payout BETWEEN 1 AND x.max_payout), true)
    INTO accounts, won, paid, v_known, v_sound FROM x;
  IF NOT v_sound OR v_known <> cardinality(p_bets) OR cardinality(p_bets) <> cardinality(p_payouts)
     OR v_known <> (SELECT count(DISTINCT b) FROM unnest(p_bets) AS b) OR paid <> coalesce((SELECT sum(a) FROM unnest(won) AS a), 0) THEN
    RAISE EXCEPTION 'round %: a payout names no bet of the round, one twice, or more than the bet could win', p_round.round_id USING ERRCODE = 'XX000';
  END IF;
END $$;
-- +goose StatementEnd

-- Gives every stake back and reveals the seed, only before a draw is stored. A repeat answers with what is
-- stored. Codes: ok, games.already_drawn, games.round_not_found.
-- +goose StatementBegin
CREATE FUNCTION api_round_void(p_tenant bigint, p_round text, p_reason text, p_seed bytea, p_hash text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE o rounds; v_bets bigint[]; v_stakes bigint[]; v_win_to bigint[]; v_win bigint[]; v_n int; v_rest bigint; v_paid bigint; v_bank bigint; r record; v_transfer bigint;
  v_from bigint[] := '{}'; v_to bigint[] := '{}'; v_amount bigint[] := '{}';
BEGIN
  PERFORM ledger_guard(p_tenant);
  PERFORM pg_advisory_xact_lock(7002, hashtext(p_round));
  SELECT * INTO o FROM rounds WHERE tenant_id = p_tenant AND round_id = p_round FOR UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "games.round_not_found"}'; END IF;
  IF o.status = 'voided' THEN RETURN jsonb_build_object('code', 'ok', 'status', 'voided', 'replayed', true); END IF;
  IF o.drawn_at IS NOT NULL THEN RETURN jsonb_build_object('code', 'games.already_drawn', 'status', o.status); END IF;
  IF sha256(p_seed) <> o.commit_hash THEN RAISE EXCEPTION 'the seed of round % does not match its commitment', p_round USING ERRCODE = 'XX000'; END IF;

  SELECT coalesce(array_agg(bet_id ORDER BY bet_id), '{}'), coalesce(array_agg(stake ORDER BY bet_id), '{}'), coalesce(sum(stake), 0)::bigint
    INTO v_bets, v_stakes, v_paid FROM bets WHERE tenant_id = p_tenant AND round_id = p_round;
  SELECT count(*)::int, array_agg(account_id), array_agg(amount) INTO v_n, v_win_to, v_win FROM (
    SELECT a.account_id, sum(b.stake)::bigint AS amount FROM bets b
      JOIN accounts a ON a.tenant_id = p_tenant AND a.group_id = o.group_id AND a.asset = o.asset AND a.purpose = 'player' AND a.owner = b.player_id::text
     WHERE b.tenant_id = p_tenant AND b.round_id = p_round GROUP BY a.account_id) w;
  v_rest := ledger_derived(p_tenant, o.escrow_id) - v_paid;
  IF v_n > 0 THEN v_from := array_fill(o.escrow_id, ARRAY[v_n]); v_to := v_win_to; v_amount := v_win; END IF;
  IF v_rest > 0 THEN
    v_bank := ledger_account(p_tenant, o.group_id, o.asset, CASE WHEN o.asset = 'points' THEN 'issuer' ELSE 'house' END, '');
    v_from := v_from || o.escrow_id; v_to := v_to || v_bank; v_amount := v_amount || v_rest;
  END IF;
  IF cardinality(v_from) > 0 THEN
    r := ledger_apply(p_tenant, 'void', p_round, v_from, v_to, v_amount);
    v_transfer := r.o_transfer;
  END IF;
  UPDATE rounds SET status = 'voided', void_reason = p_reason, seed = p_seed, closed_at = coalesce(closed_at, clock_timestamp()), settled_at = clock_timestamp()
   WHERE tenant_id = p_tenant AND round_id = p_round;
  INSERT INTO settlements (tenant_id, round_id, transfer_id, bet_ids, payouts, paid, house, hash, settled_at)
  VALUES (p_tenant, p_round, v_transfer, v_bets, v_stakes, v_paid, 0, p_hash, clock_timestamp());
  PERFORM ledger_remember(p_tenant, 'settle', p_round, sha256(convert_to(p_hash, 'UTF8')), v_transfer, jsonb_build_object('code', 'ok'));
  PERFORM round_event(p_tenant, 'round.voided.v1', jsonb_build_object('round', p_round, 'game', o.game, 'reason', p_reason));
  PERFORM round_notice(p_tenant, o.group_id, 'round.voided', p_round);
  RETURN jsonb_build_object('code', 'ok', 'status', 'voided');
END $$;
-- +goose StatementEnd

-- Remembers the chat message of a round, so that a restarted bot goes on editing it.
-- +goose StatementBegin
CREATE FUNCTION api_round_message(p_tenant bigint, p_round text, p_message bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM ledger_guard(p_tenant);
  UPDATE rounds SET message_id = p_message WHERE tenant_id = p_tenant AND round_id = p_round;
END $$;
-- +goose StatementEnd

-- Moves the end of betting, at most an hour past the opening. Codes: ok, games.round_closed, games.round_not_found.
-- +goose StatementBegin
CREATE FUNCTION api_round_extend(p_tenant bigint, p_round text, p_until timestamptz) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE o rounds; v_until timestamptz;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO o FROM rounds WHERE tenant_id = p_tenant AND round_id = p_round FOR UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "games.round_not_found"}'; END IF;
  IF o.status <> 'open' OR o.closes_at <= clock_timestamp() THEN RETURN '{"code": "games.round_closed"}'; END IF;
  v_until := least(greatest(p_until, o.closes_at), o.opens_at + interval '1 hour');
  UPDATE rounds SET closes_at = v_until WHERE tenant_id = p_tenant AND round_id = p_round;
  RETURN jsonb_build_object('code', 'ok', 'closes_at', v_until);
END $$;
-- +goose StatementEnd
