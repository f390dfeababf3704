-- +goose Up
-- Live rounds: players act while a hidden outcome runs, by this clock alone. Also draws from outside and a
-- least pot.

ALTER TABLE rounds
  ADD COLUMN live             boolean NOT NULL DEFAULT false,
  ADD COLUMN source           text    NOT NULL DEFAULT '' CHECK (source IN ('', 'telegram')),
  ADD COLUMN min_pot          bigint  NOT NULL DEFAULT 0,
  ADD COLUMN outcome_sealed   bytea,                       -- of a live round while it runs; what lets the engine go on after a crash
  ADD COLUMN live_started_at  timestamptz,
  ADD COLUMN external_value   bigint,                      -- what the source gave
  ADD COLUMN external_message bigint,                      -- the chat message that shows it
  ADD CONSTRAINT rounds_live_revealed CHECK (NOT live OR status <> 'settled' OR outcome IS NOT NULL);

-- How long a run lasts: only this schema's functions compare with it. Hidden from the application role.
CREATE TABLE live_runs (
  tenant_id bigint NOT NULL,
  round_id  text   NOT NULL,
  live_ms   bigint NOT NULL CHECK (live_ms >= 1),
  PRIMARY KEY (tenant_id, round_id)
);
INSERT INTO hidden_tables (name) VALUES ('live_runs');

CREATE TABLE live_acts (
  tenant_id bigint      NOT NULL,
  round_id  text        NOT NULL,
  bet_id    bigint      NOT NULL,
  slot      int         NOT NULL CHECK (slot >= 0),
  player_id bigint      NOT NULL,
  choice    text        NOT NULL,
  at_ms     bigint      NOT NULL CHECK (at_ms >= 0),
  acted_at  timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, round_id, bet_id, slot)
);

SELECT ledger_seal_table(t) FROM unnest(ARRAY['live_runs', 'live_acts']) AS t;
SELECT fairground_fence('live_runs', 'live_acts');

-- As in 00011, with what a round says of itself since: live, source, min_pot.
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
                      seats, bets_each, slots, act_reserve, max_exposure, commit_hash, seed_sealed, client_seed, outcome, drawn_at, opens_at, closes_at,
                      live, source, min_pot)
  VALUES (p_tenant, v_round, v_group, p->>'game', (p->>'config_version')::int, v_asset, p->>'bank', (p->>'acting')::boolean, (p->>'exclusive')::boolean,
          v_escrow, v_player, p->'params', coalesce((p->>'seats')::int, 0), coalesce((p->>'bets_each')::int, 0), jsonb_array_length(p->'slots'),
          coalesce((p->>'act_reserve')::bigint, 0), v_exposure, decode(p->>'commit', 'hex'), decode(p->>'seed_sealed', 'hex'),
          p->>'client_seed', p->'outcome', CASE WHEN p ? 'outcome' THEN v_now END, v_now, v_closes,
          coalesce((p->>'live')::boolean, false), coalesce(p->>'source', ''), coalesce((p->>'min_pot')::bigint, 0))
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

-- As in 00004; the exposure is summed only where it is limited: what a bet could win in a pool has no bound that may be summed.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION round_count(p_tenant bigint, p_round text, p_player bigint, p_exposure bigint, OUT code text, OUT filled boolean) LANGUAGE plpgsql AS $$
DECLARE o rounds; v_mine bigint; v_seated bigint; v_exposure numeric;
BEGIN
  PERFORM pg_advisory_xact_lock(7005, hashtext(p_round));
  SELECT * INTO STRICT o FROM rounds WHERE tenant_id = p_tenant AND round_id = p_round;
  SELECT count(*) FILTER (WHERE player_id = p_player), count(*), coalesce(sum(max_payout - stake) FILTER (WHERE o.max_exposure > 0), 0)
    INTO v_mine, v_seated, v_exposure FROM bets WHERE tenant_id = p_tenant AND round_id = p_round;
  code := CASE WHEN o.bets_each > 0 AND v_mine >= o.bets_each THEN 'games.already_bet'
               WHEN o.seats > 0 AND v_seated >= o.seats THEN 'games.round_full'
               WHEN o.max_exposure > 0 AND v_exposure + p_exposure > o.max_exposure THEN 'games.house_limit' ELSE 'ok' END;
  filled := code = 'ok' AND v_seated + 1 = o.seats;
END $$;
-- +goose StatementEnd

-- As in 00004, with the least pot; and when betting ends, the chat is asked for the throw that decides a round whose draw
-- comes from there. Codes: ok, games.too_early, games.round_not_found.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION api_round_close(p_tenant bigint, p_round text, p_early boolean) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE o rounds; v_bets bigint; v_pot bigint; v_void text; v_now boolean := false;
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
    v_now := true;
  END IF;
  IF o.status = 'closed' AND NOT o.acting THEN
    SELECT count(*), coalesce(sum(stake), 0) INTO v_bets, v_pot FROM bets WHERE tenant_id = p_tenant AND round_id = p_round;
    v_void := CASE WHEN v_bets = 0 THEN 'no_bets' WHEN v_bets < o.seats OR v_pot < o.min_pot THEN 'not_filled' END;
    IF v_now AND v_void IS NULL AND o.source = 'telegram' THEN PERFORM round_notice(p_tenant, o.group_id, 'round.throw', p_round); END IF;
  END IF;
  RETURN jsonb_build_object('code', 'ok', 'status', o.status, 'void_reason', v_void, 'live', o.live);
END $$;
-- +goose StatementEnd

-- As in 00004; a live round is drawn by api_round_run, which reveals nothing.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION api_round_draw(p_tenant bigint, p_round text, p_seed bytea, p_client_seed text, p_outcome jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE o rounds;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO o FROM rounds WHERE tenant_id = p_tenant AND round_id = p_round FOR UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "games.round_not_found"}'; END IF;
  IF o.status = 'open' THEN RETURN '{"code": "games.not_closed"}'; END IF;
  IF o.live THEN RAISE EXCEPTION 'round % is live: its draw is hidden until its run is over', p_round USING ERRCODE = 'XX000'; END IF;
  IF o.status = 'closed' THEN
    IF sha256(p_seed) <> o.commit_hash THEN RAISE EXCEPTION 'the seed of round % does not match its commitment', p_round USING ERRCODE = 'XX000'; END IF;
    UPDATE rounds SET status = 'drawn', seed = p_seed, client_seed = coalesce(client_seed, p_client_seed), outcome = coalesce(outcome, p_outcome),
           drawn_at = coalesce(drawn_at, clock_timestamp()) WHERE tenant_id = p_tenant AND round_id = p_round;
    o.status := 'drawn';
  END IF;
  RETURN jsonb_build_object('code', 'ok', 'status', o.status);
END $$;
-- +goose StatementEnd

-- Takes the value that a round's source gave, once: the first one counts, and none before betting has ended. Codes: ok,
-- games.round_not_found (or its draw does not come from outside), games.not_closed, games.round_closed (it was voided).
-- +goose StatementBegin
CREATE FUNCTION api_round_provide(p_tenant bigint, p_round text, p_value bigint, p_message bigint) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE o rounds;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO o FROM rounds WHERE tenant_id = p_tenant AND round_id = p_round AND source <> '' FOR UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "games.round_not_found"}'; END IF;
  IF o.external_value IS NOT NULL THEN RETURN jsonb_build_object('code', 'ok', 'status', o.status); END IF;
  IF o.status = 'open' THEN RETURN '{"code": "games.not_closed"}'; END IF;
  IF o.status <> 'closed' THEN RETURN '{"code": "games.round_closed"}'; END IF;
  UPDATE rounds SET external_value = p_value, external_message = p_message WHERE tenant_id = p_tenant AND round_id = p_round;
  RETURN jsonb_build_object('code', 'ok', 'status', o.status);
END $$;
-- +goose StatementEnd

-- Starts the run of a live round with its outcome sealed, once. Codes: ok (with the stored status), games.not_closed,
-- games.round_not_found.
-- +goose StatementBegin
CREATE FUNCTION api_round_run(p_tenant bigint, p_round text, p_client_seed text, p_sealed bytea, p_live_ms bigint) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE o rounds;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO o FROM rounds WHERE tenant_id = p_tenant AND round_id = p_round AND live FOR UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "games.round_not_found"}'; END IF;
  IF o.status = 'open' THEN RETURN '{"code": "games.not_closed"}'; END IF;
  IF o.status = 'closed' THEN
    UPDATE rounds SET status = 'drawn', client_seed = p_client_seed, outcome_sealed = p_sealed, drawn_at = clock_timestamp(), live_started_at = clock_timestamp()
     WHERE tenant_id = p_tenant AND round_id = p_round RETURNING * INTO o;
    INSERT INTO live_runs (tenant_id, round_id, live_ms) VALUES (p_tenant, p_round, p_live_ms);
    PERFORM round_event(p_tenant, 'round.live.v1', jsonb_build_object('round', p_round, 'game', o.game, 'started_at', o.live_started_at));
    PERFORM round_notice(p_tenant, o.group_id, 'round.live', p_round);
  END IF;
  RETURN jsonb_build_object('code', 'ok', 'status', o.status, 'live', true, 'started_at', o.live_started_at);
END $$;
-- +goose StatementEnd

-- Milliseconds of a run at a moment.
-- +goose StatementBegin
CREATE FUNCTION round_ms(p_started timestamptz, p_at timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT floor(extract(epoch FROM p_at - p_started) * 1000)::bigint
$$;
-- +goose StatementEnd

-- Records what a player does at this moment of a run, with the first of the named bets, the player's own, that has not acted
-- on the slot and may act now: p_from <= moment < p_to. Acts share the round's lock, so that players never wait for each
-- other; the revealer takes it alone, so that an act in flight counts. The moment is read under the lock. Money does not move.
-- A stake that is in play may be played by whoever has since been excluded or frozen. Codes: ok, games.round_not_found,
-- players.not_member, games.too_early, games.too_late, games.round_closed, games.no_bet, games.already_acted, ledger.key_reused.
-- +goose StatementBegin
CREATE FUNCTION api_round_act(p_tenant bigint, p_round text, p_player bigint, p_slot int, p_choice text, p_bets bigint[], p_from bigint[], p_to bigint[],
  p_key text, p_hash bytea) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v jsonb; o rounds; v_scope text := 'act.' || p_player; v_now timestamptz; v_ms bigint; v_live bigint; c record;
BEGIN
  PERFORM ledger_guard(p_tenant);
  v := ledger_seen(p_tenant, v_scope, p_key, p_hash);
  IF v IS NOT NULL THEN RETURN v; END IF;
  PERFORM pg_advisory_xact_lock_shared(7002, hashtext(p_round));
  SELECT * INTO o FROM rounds WHERE tenant_id = p_tenant AND round_id = p_round AND live;
  IF NOT FOUND THEN RETURN '{"code": "games.round_not_found"}'; END IF;
  IF NOT round_member(p_tenant, o.group_id, p_player) THEN RETURN '{"code": "players.not_member"}'; END IF;
  IF o.status IN ('open', 'closed') THEN RETURN '{"code": "games.too_early"}'; END IF;
  IF o.status = 'voided' THEN RETURN '{"code": "games.round_closed"}'; END IF;
  SELECT live_ms INTO STRICT v_live FROM live_runs WHERE tenant_id = p_tenant AND round_id = p_round;
  v_now := clock_timestamp();
  v_ms := round_ms(o.live_started_at, v_now);
  -- A clock that was set back must not reopen a run whose end is published.
  IF o.outcome IS NOT NULL OR v_ms >= v_live THEN
    RETURN ledger_remember(p_tenant, v_scope, p_key, p_hash, NULL::bigint, '{"code": "games.too_late"}');
  END IF;
  SELECT count(*) AS bets, count(*) FILTER (WHERE a.bet_id IS NULL) AS idle, bool_or(a.bet_id IS NULL AND v_ms < u.from_ms) AS early,
         min(b.bet_id) FILTER (WHERE a.bet_id IS NULL AND v_ms >= u.from_ms AND v_ms < u.to_ms) AS bet
    INTO c FROM unnest(p_bets, p_from, p_to) AS u(bet_id, from_ms, to_ms)
    JOIN bets b ON b.tenant_id = p_tenant AND b.round_id = p_round AND b.bet_id = u.bet_id AND b.player_id = p_player
    LEFT JOIN live_acts a ON a.tenant_id = p_tenant AND a.round_id = p_round AND a.bet_id = b.bet_id AND a.slot = p_slot;
  IF c.bet IS NULL THEN
    IF c.bets = 0 THEN RETURN '{"code": "games.no_bet"}'; END IF;
    IF c.idle = 0 THEN
      -- What acted may be a twin of this very request.
      RETURN coalesce(ledger_seen(p_tenant, v_scope, p_key, p_hash), '{"code": "games.already_acted"}');
    END IF;
    IF c.early THEN RETURN '{"code": "games.too_early"}'; END IF;
    RETURN ledger_remember(p_tenant, v_scope, p_key, p_hash, NULL::bigint, '{"code": "games.too_late"}');
  END IF;
  INSERT INTO live_acts (tenant_id, round_id, bet_id, slot, player_id, choice, at_ms, acted_at)
  VALUES (p_tenant, p_round, c.bet, p_slot, p_player, p_choice, v_ms, v_now) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN RAISE EXCEPTION 'the bet acted in a concurrent request' USING ERRCODE = '40001'; END IF;
  RETURN ledger_remember(p_tenant, v_scope, p_key, p_hash, NULL::bigint, jsonb_build_object('code', 'ok', 'bet', c.bet, 'at_ms', v_ms));
END $$;
-- +goose StatementEnd

-- Ends a run and publishes seed and outcome: it waits out the acts in flight, and no act comes after it. Codes: ok,
-- games.run_running, games.not_drawn, games.round_not_found.
-- +goose StatementBegin
CREATE FUNCTION api_round_reveal(p_tenant bigint, p_round text, p_seed bytea, p_outcome jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE o rounds; v_live bigint;
BEGIN
  PERFORM ledger_guard(p_tenant);
  PERFORM pg_advisory_xact_lock(7002, hashtext(p_round));
  SELECT * INTO o FROM rounds WHERE tenant_id = p_tenant AND round_id = p_round AND live FOR UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "games.round_not_found"}'; END IF;
  IF o.status IN ('open', 'closed') THEN RETURN '{"code": "games.not_drawn"}'; END IF;
  IF o.status = 'drawn' AND o.outcome IS NULL THEN
    SELECT live_ms INTO STRICT v_live FROM live_runs WHERE tenant_id = p_tenant AND round_id = p_round;
    IF round_ms(o.live_started_at, clock_timestamp()) < v_live THEN RETURN '{"code": "games.run_running"}'; END IF;
    IF sha256(p_seed) <> o.commit_hash THEN RAISE EXCEPTION 'the seed of round % does not match its commitment', p_round USING ERRCODE = 'XX000'; END IF;
    IF (p_outcome->>'live_ms')::bigint IS DISTINCT FROM v_live THEN
      RAISE EXCEPTION 'the outcome of round % does not last as long as its run did', p_round USING ERRCODE = 'XX000';
    END IF;
    UPDATE rounds SET seed = p_seed, outcome = p_outcome WHERE tenant_id = p_tenant AND round_id = p_round;
  END IF;
  RETURN jsonb_build_object('code', 'ok', 'status', o.status);
END $$;
-- +goose StatementEnd

-- Whether a round should be final by now less a grace: a run has its own end, and a draw from outside is waited for.
-- +goose StatementBegin
CREATE FUNCTION api_round_overdue(p_tenant bigint, p_round text, p_grace double precision) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE o rounds; v_due timestamptz;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO o FROM rounds WHERE tenant_id = p_tenant AND round_id = p_round;
  v_due := CASE WHEN o.live_started_at IS NOT NULL THEN
                  o.live_started_at + make_interval(secs => (SELECT live_ms FROM live_runs WHERE tenant_id = p_tenant AND round_id = p_round) / 1000.0)
                WHEN o.source <> '' THEN coalesce(o.closed_at, o.closes_at) + interval '60 seconds' ELSE o.closes_at END;
  RETURN v_due < clock_timestamp() - make_interval(secs => greatest(p_grace, 0));
END $$;
-- +goose StatementEnd
