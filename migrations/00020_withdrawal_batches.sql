-- +goose Up
-- Requests and cancellations of withdrawals that arrive together: one transaction, a fixed number of statements. Each is decided
-- by itself; a single one is an array of one. A player stands in an array once, so nobody's balance is decided on twice in
-- one statement.
--
-- Lookups are probes of an index and updates go by the place of a row that is locked: with a join a database that was never
-- analysed plans scans of the whole tenant.

-- What a withdrawal would be refused for by rules that look at more than one row: identity, age, the daily amount. Null when
-- it may go on. It takes the player's locks.
-- +goose StatementBegin
CREATE FUNCTION withdrawal_refusal(p_tenant bigint, p_group bigint, p_player bigint, p_asset text, p_amount bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE v jsonb; v_left bigint;
BEGIN
  v := player_refusal(p_tenant, p_group, p_player, 'withdraw', p_asset, p_amount);
  IF v IS NOT NULL THEN RETURN v; END IF;
  PERFORM pg_advisory_xact_lock(7012, hashtext(p_tenant || '/' || p_player));
  SELECT c.daily_amount - coalesce((SELECT sum(amount) FROM withdrawals WHERE tenant_id = p_tenant AND player_id = p_player AND asset = p_asset
           AND requested_at > clock_timestamp() - interval '24 hours' AND status NOT IN ('rejected', 'cancelled', 'expired', 'failed')), 0) INTO v_left
    FROM cash_policies c WHERE c.tenant_id = p_tenant AND c.asset = p_asset AND c.daily_amount > 0;
  IF p_amount > v_left THEN RETURN jsonb_build_object('code', 'cashier.daily_limit', 'left', greatest(v_left, 0)); END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- Holds each amount and starts its withdrawal. Answers come in the order of the requests. A refusal is not kept: the same key
-- may pass later. Codes: ok, ledger.insufficient_funds, ledger.key_reused, players.not_verified, cashier.asset_off,
-- cashier.address_not_found, cashier.amount_too_low, cashier.amount_too_high, cashier.address_waiting, cashier.gateway_off,
-- cashier.cooldown, players.frozen, and those of withdrawal_refusal.
-- +goose StatementBegin
CREATE FUNCTION api_withdrawal_requests(p_tenant bigint, p_group bigint[], p_player bigint[], p_id text[], p_asset text[], p_amount bigint[], p_address text[],
  p_verification text[], p_key text[], p_hash bytea[]) RETURNS jsonb[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off SET enable_material = off AS $$
DECLARE v_answer jsonb[]; v_purse bigint[]; v_held bigint[]; v_gateway text[]; v_reviews int[]; v_step_up boolean[]; v_slow boolean[]; v_answers jsonb[];
  v_n int; v_made bigint; v_lines bigint; v_kept bigint; v_events boolean; v_notices boolean;
BEGIN
  PERFORM ledger_guard(p_tenant);
  IF (SELECT count(DISTINCT p) FROM unnest(p_player) AS p) <> cardinality(p_player) THEN RAISE EXCEPTION 'a player stands in a batch once' USING ERRCODE = '22023'; END IF;

  SELECT array_agg(CASE
           WHEN i.hash <> x.hash THEN '{"code": "ledger.key_reused"}'
           WHEN i.hash IS NOT NULL THEN i.outcome || jsonb_build_object('replayed', true, 'withdrawal', api_withdrawal_view(p_tenant, i.outcome->>'id'))
           WHEN c.enabled IS NOT TRUE THEN '{"code": "cashier.asset_off"}'
           WHEN a.address_id IS NULL THEN '{"code": "cashier.address_not_found"}'
           WHEN x.amount < c.min_amount THEN jsonb_build_object('code', 'cashier.amount_too_low', 'min', c.min_amount)
           WHEN c.max_amount > 0 AND x.amount > c.max_amount THEN jsonb_build_object('code', 'cashier.amount_too_high', 'max', c.max_amount)
           WHEN a.usable_at > clock_timestamp() THEN jsonb_build_object('code', 'cashier.address_waiting', 'until', a.usable_at)
           WHEN g.account_id IS NULL THEN '{"code": "cashier.gateway_off"}'
           WHEN c.credential_cooldown > '0' AND k.changed_at + c.credential_cooldown > clock_timestamp()
             THEN jsonb_build_object('code', 'cashier.cooldown', 'until', k.changed_at + c.credential_cooldown)
           WHEN l.frozen_at IS NOT NULL THEN '{"code": "players.frozen"}' END ORDER BY x.n),
         array_agg(p.account_id ORDER BY x.n), array_agg(h.account_id ORDER BY x.n), array_agg(a.gateway ORDER BY x.n),
         array_agg(CASE WHEN x.amount < c.auto_below THEN 0 WHEN x.amount < c.single_below THEN 1 ELSE 2 END ORDER BY x.n),
         array_agg(x.amount >= c.step_up_above ORDER BY x.n),
         array_agg(c.daily_amount > 0 OR c.kyc_level > 0 OR c.min_age > 0 OR cardinality(c.markets) > 0 ORDER BY x.n)
    INTO v_answer, v_purse, v_held, v_gateway, v_reviews, v_step_up, v_slow
    FROM unnest(p_group, p_player, p_asset, p_amount, p_address, p_key, p_hash) WITH ORDINALITY AS x(group_id, player, asset, amount, address, key, hash, n)
    LEFT JOIN LATERAL (SELECT * FROM idem WHERE tenant_id = p_tenant AND scope = 'withdraw.' || x.player AND key = x.key LIMIT 1) i ON true
    LEFT JOIN LATERAL (SELECT * FROM cash_policies WHERE tenant_id = p_tenant AND asset = x.asset LIMIT 1) c ON true
    LEFT JOIN LATERAL (SELECT * FROM payout_addresses WHERE tenant_id = p_tenant AND address_id = x.address AND player_id = x.player AND asset = x.asset
                          AND removed_at IS NULL LIMIT 1) a ON true
    LEFT JOIN LATERAL (SELECT account_id FROM gateway_accounts WHERE tenant_id = p_tenant AND account_id = a.gateway AND enabled AND payouts
                          AND x.asset = ANY (assets) LIMIT 1) g ON true
    LEFT JOIN LATERAL (SELECT changed_at FROM player_credentials WHERE tenant_id = p_tenant AND player_id = x.player LIMIT 1) k ON true
    LEFT JOIN LATERAL (SELECT frozen_at FROM players WHERE tenant_id = p_tenant AND player_id = x.player LIMIT 1) l ON true
    LEFT JOIN LATERAL (SELECT account_id FROM accounts WHERE tenant_id = p_tenant AND group_id = x.group_id AND asset = x.asset
                          AND purpose = 'player' AND owner = x.player::text LIMIT 1) p ON true
    LEFT JOIN LATERAL (SELECT account_id FROM accounts WHERE tenant_id = p_tenant AND group_id = x.group_id AND asset = x.asset
                          AND purpose = 'player_withheld' AND owner = x.player::text LIMIT 1) h ON true;
  IF true = ANY (v_slow) THEN
    -- Each player's locks, in one order, before any balance.
    FOR v_n IN SELECT n FROM generate_subscripts(v_slow, 1) AS n WHERE v_answer[n] IS NULL AND v_slow[n] ORDER BY hashtext(p_tenant || '/' || p_player[n]) LOOP
      v_answer[v_n] := withdrawal_refusal(p_tenant, p_group[v_n], p_player[v_n], p_asset[v_n], p_amount[v_n]);
      IF v_answer[v_n] IS NOT NULL AND ledger_seen(p_tenant, 'withdraw.' || p_player[v_n], p_key[v_n], p_hash[v_n]) IS NOT NULL THEN
        v_answer[v_n] := NULL; -- the lock waited for a twin of this very request, whose answer is found below
      END IF;
    END LOOP;
  END IF;
  IF array_position(v_answer, NULL) IS NULL THEN RETURN v_answer; END IF;
  FOR v_n IN SELECT n FROM generate_subscripts(v_answer, 1) AS n WHERE v_answer[n] IS NULL AND (v_purse[n] IS NULL OR v_held[n] IS NULL) ORDER BY p_player[n] LOOP
    v_purse[v_n] := ledger_account(p_tenant, p_group[v_n], p_asset[v_n], 'player', p_player[v_n]::text);
    v_held[v_n] := ledger_account(p_tenant, p_group[v_n], p_asset[v_n], 'player_withheld', p_player[v_n]::text);
  END LOOP;
  v_events := outbox_waits(p_tenant);
  v_notices := notices_wait(p_tenant);
  PERFORM 1 FROM (SELECT DISTINCT a FROM unnest(v_purse || v_held) AS a ORDER BY a) AS x
    CROSS JOIN LATERAL (SELECT 1 FROM balances WHERE tenant_id = p_tenant AND account_id = x.a LIMIT 1 FOR NO KEY UPDATE) AS b;

  WITH x AS MATERIALIZED (
    SELECT u.*, sha256(convert_to(u.verification, 'UTF8')) AS proof, b.posted, b.posted - b.floor AS free, b.ctid AS purse_row, h.ctid AS held_row, i.hash AS seen, i.outcome,
           greatest(clock_timestamp(), b.last_at + interval '1 microsecond', h.last_at + interval '1 microsecond') AS at,
           g.public_id AS group_public, l.public_id AS player_public, l.name, l.telegram_id, d.masked, s.scale
      FROM unnest(p_group, p_player, p_id, p_asset, p_amount, p_address, p_verification, p_key, p_hash, v_answer, v_purse, v_held, v_gateway, v_reviews, v_step_up)
           WITH ORDINALITY AS u(group_id, player, id, asset, amount, address, verification, key, hash, answer, purse, held, gateway, reviews, step_up, n)
      -- The balance's lock may have waited for a twin of a request.
      LEFT JOIN LATERAL (SELECT hash, outcome FROM idem WHERE tenant_id = p_tenant AND scope = 'withdraw.' || u.player AND key = u.key LIMIT 1) i ON u.answer IS NULL
      LEFT JOIN LATERAL (SELECT ctid, posted, floor, last_at FROM balances WHERE tenant_id = p_tenant AND account_id = u.purse LIMIT 1) b ON u.answer IS NULL
      LEFT JOIN LATERAL (SELECT ctid, last_at FROM balances WHERE tenant_id = p_tenant AND account_id = u.held LIMIT 1) h ON u.answer IS NULL
      LEFT JOIN LATERAL (SELECT public_id FROM groups WHERE tenant_id = p_tenant AND group_id = u.group_id LIMIT 1) g ON u.answer IS NULL
      LEFT JOIN LATERAL (SELECT public_id, name, telegram_id FROM players WHERE tenant_id = p_tenant AND player_id = u.player LIMIT 1) l ON u.answer IS NULL
      LEFT JOIN LATERAL (SELECT masked FROM payout_addresses WHERE tenant_id = p_tenant AND address_id = u.address LIMIT 1) d ON u.answer IS NULL
      LEFT JOIN LATERAL (SELECT scale FROM assets WHERE code = u.asset LIMIT 1) s ON u.answer IS NULL),
  m AS (
    UPDATE player_verifications AS f SET used_at = clock_timestamp() FROM x
     WHERE x.answer IS NULL AND x.seen IS NULL AND x.free >= x.amount AND f.tenant_id = p_tenant AND f.verification_check = x.proof AND f.player_id = x.player
       AND f.purpose = 'withdraw' AND f.used_at IS NULL AND f.expires_at > clock_timestamp()
    RETURNING x.*, nextval('transfer_id_seq') AS transfer_id),
  b AS (
    UPDATE balances AS b SET posted = b.posted + y.delta, version = b.version + 1, last_at = m.at
      FROM m CROSS JOIN LATERAL (VALUES (m.purse_row, -m.amount), (m.held_row, m.amount)) AS y(row, delta)
     WHERE b.ctid = y.row
    RETURNING b.account_id, b.version, b.posted, y.delta, m.transfer_id, m.id, m.at),
  n AS (INSERT INTO lines (tenant_id, account_id, version, transfer_id, kind, ref, delta, after, posted_at)
        SELECT p_tenant, account_id, version, transfer_id, 'withdraw', id, delta, posted, at FROM b RETURNING 1),
  t AS (INSERT INTO transfers (tenant_id, transfer_id, group_id, asset, kind, ref, posted_at)
        SELECT p_tenant, transfer_id, group_id, asset, 'withdraw', id, at FROM m),
  p AS (INSERT INTO postings (tenant_id, transfer_id, seq, from_account, to_account, amount, posted_at)
        SELECT p_tenant, transfer_id, 1, purse, held, amount, at FROM m),
  h AS (INSERT INTO holds (tenant_id, hold_id, account_id, held_id, amount, transfer_id) SELECT p_tenant, id, purse, held, amount, transfer_id FROM m),
  e AS (INSERT INTO withdrawal_events (tenant_id, withdrawal_id, kind, actor, to_status) SELECT p_tenant, id, 'requested', 'player', 'requested' FROM m),
  o AS (INSERT INTO outbox (tenant_id, type, payload) SELECT p_tenant, 'withdrawal.requested.v1', jsonb_build_object('withdrawal', id, 'group', group_public,
          'player', player_public, 'asset', asset, 'amount', amount) FROM m),
  c AS (INSERT INTO notifications (tenant_id, chat_id, kind, payload)
        SELECT p_tenant, telegram_id, 'withdrawal.status', jsonb_build_object('withdrawal', id) FROM m),
  i AS (INSERT INTO idem (tenant_id, scope, key, hash, accepted, transfer_id, outcome)
        SELECT p_tenant, 'withdraw.' || player, key, hash, true, transfer_id, jsonb_build_object('code', 'ok', 'id', id) FROM m ON CONFLICT DO NOTHING RETURNING 1),
  w AS (INSERT INTO withdrawals AS w (tenant_id, withdrawal_id, group_id, player_id, asset, amount, gateway, address_id, reviews, step_up)
        SELECT p_tenant, id, group_id, player, asset, amount, gateway, address, reviews, step_up FROM m RETURNING w)
  SELECT array_agg(CASE
           WHEN x.answer IS NOT NULL THEN x.answer
           WHEN x.seen <> x.hash THEN '{"code": "ledger.key_reused"}'
           WHEN x.seen IS NOT NULL THEN x.outcome || jsonb_build_object('replayed', true, 'withdrawal', api_withdrawal_view(p_tenant, x.outcome->>'id'))
           WHEN x.free < x.amount THEN jsonb_build_object('code', 'ledger.insufficient_funds', 'needed', x.amount, 'balance', x.posted)
           WHEN w.w IS NULL THEN '{"code": "players.not_verified"}'
           ELSE jsonb_build_object('code', 'ok', 'id', x.id, 'withdrawal', withdrawal_face(w.w, x.group_public, x.player_public, x.name, x.scale, x.masked)) END ORDER BY x.n),
         (SELECT count(*) FROM m), (SELECT count(*) FROM n), (SELECT count(*) FROM i)
    INTO v_answers, v_made, v_lines, v_kept FROM x LEFT JOIN w ON (w.w).withdrawal_id = x.id;
  IF v_kept <> v_made THEN RAISE EXCEPTION 'a key was stored by a concurrent request' USING ERRCODE = '40001'; END IF;
  IF v_lines <> 2 * v_made THEN RAISE EXCEPTION 'a hold lacks a balance' USING ERRCODE = 'XX000'; END IF;
  IF v_made > 0 AND NOT v_events THEN PERFORM pg_notify('fairground_outbox', p_tenant::text); END IF;
  IF v_made > 0 AND NOT v_notices THEN PERFORM pg_notify('fairground_notify', p_tenant::text); END IF;
  RETURN v_answers;
END $$;
-- +goose StatementEnd

-- Takes withdrawals back for their players and gives the money back, as withdrawal_move does for one. Codes: ok,
-- cashier.withdrawal_not_found, cashier.too_late.
-- +goose StatementBegin
CREATE FUNCTION api_withdrawal_cancels(p_tenant bigint, p_player bigint[], p_id text[]) RETURNS jsonb[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off SET enable_material = off AS $$
DECLARE v_answer jsonb[]; v_purse bigint[]; v_held bigint[]; v_from text[]; v_answers jsonb[]; v_events boolean; v_notices boolean;
  v_made bigint; v_lines bigint; v_kept bigint; v_moved bigint;
BEGIN
  PERFORM ledger_guard(p_tenant);
  IF (SELECT count(DISTINCT p) FROM unnest(p_player) AS p) <> cardinality(p_player) THEN RAISE EXCEPTION 'a player stands in a batch once' USING ERRCODE = '22023'; END IF;
  PERFORM 1 FROM (SELECT player, id FROM unnest(p_player, p_id) AS u(player, id) ORDER BY id) AS x
    CROSS JOIN LATERAL (SELECT 1 FROM withdrawals WHERE tenant_id = p_tenant AND withdrawal_id = x.id AND player_id = x.player LIMIT 1 FOR NO KEY UPDATE) AS w;
  SELECT array_agg(CASE
           WHEN w.withdrawal_id IS NULL THEN '{"code": "cashier.withdrawal_not_found"}'
           WHEN w.status = 'cancelled' THEN jsonb_build_object('code', 'ok', 'withdrawal', api_withdrawal_view(p_tenant, w.withdrawal_id))
           WHEN NOT withdrawal_may(w.status, 'cancelled') THEN jsonb_build_object('code', 'cashier.too_late', 'status', w.status) END ORDER BY x.n),
         array_agg(h.account_id ORDER BY x.n), array_agg(h.held_id ORDER BY x.n), array_agg(w.status ORDER BY x.n)
    INTO v_answer, v_purse, v_held, v_from
    FROM unnest(p_player, p_id) WITH ORDINALITY AS x(player, id, n)
    LEFT JOIN LATERAL (SELECT withdrawal_id, status FROM withdrawals WHERE tenant_id = p_tenant AND withdrawal_id = x.id AND player_id = x.player LIMIT 1) w ON true
    LEFT JOIN LATERAL (SELECT account_id, held_id FROM holds WHERE tenant_id = p_tenant AND hold_id = w.withdrawal_id LIMIT 1) h ON true;
  IF array_position(v_answer, NULL) IS NULL THEN RETURN v_answer; END IF;
  v_events := outbox_waits(p_tenant);
  v_notices := notices_wait(p_tenant);
  PERFORM 1 FROM (SELECT DISTINCT a FROM unnest(v_purse || v_held) AS a ORDER BY a) AS x
    CROSS JOIN LATERAL (SELECT 1 FROM balances WHERE tenant_id = p_tenant AND account_id = x.a LIMIT 1 FOR NO KEY UPDATE) AS b;

  -- The money goes first: what guards the withdrawals looks at their holds.
  WITH m AS MATERIALIZED (
    SELECT u.id, h.account_id AS purse, h.held_id AS held, h.amount, w.group_id, w.asset, w.gateway, b.ctid AS purse_row, y.ctid AS held_row, nextval('transfer_id_seq') AS transfer_id,
           greatest(clock_timestamp(), b.last_at + interval '1 microsecond', y.last_at + interval '1 microsecond') AS at
      FROM unnest(p_id, v_answer) AS u(id, answer)
     CROSS JOIN LATERAL (SELECT group_id, asset, gateway FROM withdrawals WHERE tenant_id = p_tenant AND withdrawal_id = u.id LIMIT 1) w
     CROSS JOIN LATERAL (SELECT account_id, held_id, amount FROM holds WHERE tenant_id = p_tenant AND hold_id = u.id LIMIT 1) h
     CROSS JOIN LATERAL (SELECT ctid, last_at FROM balances WHERE tenant_id = p_tenant AND account_id = h.account_id LIMIT 1) b
     CROSS JOIN LATERAL (SELECT ctid, last_at FROM balances WHERE tenant_id = p_tenant AND account_id = h.held_id LIMIT 1) y
     WHERE u.answer IS NULL),
  b AS (
    UPDATE balances AS b SET posted = b.posted + y.delta, version = b.version + 1, last_at = m.at
      FROM m CROSS JOIN LATERAL (VALUES (m.purse_row, m.amount), (m.held_row, -m.amount)) AS y(row, delta)
     WHERE b.ctid = y.row
    RETURNING b.account_id, b.version, b.posted, y.delta, m.transfer_id, m.id, m.at),
  n AS (INSERT INTO lines (tenant_id, account_id, version, transfer_id, kind, ref, delta, after, posted_at)
        SELECT p_tenant, account_id, version, transfer_id, 'withdraw.back', id, delta, posted, at FROM b RETURNING 1),
  t AS (INSERT INTO transfers (tenant_id, transfer_id, group_id, asset, kind, ref, posted_at)
        SELECT p_tenant, transfer_id, group_id, asset, 'withdraw.back', id, at FROM m),
  p AS (INSERT INTO postings (tenant_id, transfer_id, seq, from_account, to_account, amount, posted_at)
        SELECT p_tenant, transfer_id, 1, held, purse, amount, at FROM m),
  r AS (INSERT INTO hold_resolutions (tenant_id, hold_id, resolution, transfer_id) SELECT p_tenant, id, 'voided', transfer_id FROM m),
  i AS (INSERT INTO idem (tenant_id, scope, key, hash, accepted, transfer_id, outcome)
        SELECT p_tenant, 'hold.voided', id, sha256(convert_to(gateway, 'UTF8')), true, transfer_id, jsonb_build_object('code', 'ok', 'transfer', transfer_id, 'at', at)
          FROM m ON CONFLICT DO NOTHING RETURNING 1)
  SELECT (SELECT count(*) FROM m), (SELECT count(*) FROM n), (SELECT count(*) FROM i) INTO v_made, v_lines, v_kept;
  IF v_kept <> v_made THEN RAISE EXCEPTION 'a key was stored by a concurrent request' USING ERRCODE = '40001'; END IF;
  IF v_lines <> 2 * v_made THEN RAISE EXCEPTION 'a hold lacks a balance' USING ERRCODE = 'XX000'; END IF;

  WITH x AS MATERIALIZED (
    SELECT u.*, w.ctid AS row FROM unnest(p_player, p_id, v_answer, v_from) WITH ORDINALITY AS u(player, id, answer, from_status, n)
      LEFT JOIN LATERAL (SELECT ctid FROM withdrawals WHERE tenant_id = p_tenant AND withdrawal_id = u.id LIMIT 1) w ON u.answer IS NULL),
  w AS (
    UPDATE withdrawals AS w SET status = 'cancelled', version = w.version + 1, claimed_by = NULL, claimed_until = NULL, escalated = false, due_at = NULL,
           expires_at = NULL, reason_code = '', reason = '', updated_at = clock_timestamp(), ended_at = clock_timestamp()
      FROM x WHERE x.answer IS NULL AND w.ctid = x.row AND w.status = x.from_status
    RETURNING w, x.n, x.id, x.player, x.from_status, w.needs_person OR (w.reviews > 0 AND x.from_status <> 'requested') AS review),
  e AS (INSERT INTO withdrawal_events (tenant_id, withdrawal_id, kind, actor, from_status, to_status)
        SELECT p_tenant, id, 'moved', 'player', from_status, 'cancelled' FROM w),
  o AS (INSERT INTO outbox (tenant_id, type, payload)
        SELECT p_tenant, 'withdrawal.changed.v1', jsonb_build_object('withdrawal', id, 'status', 'cancelled') FROM w),
  d AS MATERIALIZED (
    SELECT w.*, g.public_id AS group_public, l.public_id AS player_public, l.name, l.telegram_id, a.masked, s.scale
      FROM w
      JOIN LATERAL (SELECT public_id FROM groups WHERE tenant_id = p_tenant AND group_id = (w.w).group_id LIMIT 1) g ON true
      JOIN LATERAL (SELECT public_id, name, telegram_id FROM players WHERE tenant_id = p_tenant AND player_id = w.player LIMIT 1) l ON true
      JOIN LATERAL (SELECT masked FROM payout_addresses WHERE tenant_id = p_tenant AND address_id = (w.w).address_id LIMIT 1) a ON true
      JOIN LATERAL (SELECT scale FROM assets WHERE code = (w.w).asset LIMIT 1) s ON true),
  c AS (INSERT INTO notifications (tenant_id, chat_id, topic_id, kind, payload)
        SELECT p_tenant, telegram_id, NULL::bigint, 'withdrawal.status', jsonb_build_object('withdrawal', id) FROM d
        UNION ALL SELECT p_tenant, review_chat_id, review_topic_id, 'withdrawal.review', jsonb_build_object('withdrawal', id)
          FROM d JOIN cashier_settings AS s ON s.tenant_id = p_tenant AND s.review_chat_id IS NOT NULL WHERE d.review)
  SELECT array_agg(coalesce(x.answer, jsonb_build_object('code', 'ok', 'withdrawal', CASE WHEN (d.w).initial_by IS NOT NULL THEN withdrawal_json(d.w)
           ELSE withdrawal_face(d.w, d.group_public, d.player_public, d.name, d.scale, d.masked) END)) ORDER BY x.n), count(d.n)
    INTO v_answers, v_moved FROM x LEFT JOIN d ON d.n = x.n;
  IF v_moved <> v_made THEN RAISE EXCEPTION 'a withdrawal changed meanwhile' USING ERRCODE = '40001'; END IF;
  IF NOT v_events THEN PERFORM pg_notify('fairground_outbox', p_tenant::text); END IF;
  IF NOT v_notices THEN PERFORM pg_notify('fairground_notify', p_tenant::text); END IF;
  RETURN v_answers;
END $$;
-- +goose StatementEnd
