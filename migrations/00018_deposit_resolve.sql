-- +goose Up
-- What operators do about deposits: gateway accounts, prices of Stars, quarantine, refunds. Every act checks who acts by the
-- operator's own proof and writes the operation log.

-- What an account is, for the log: no settings but their names.
-- +goose StatementBegin
CREATE FUNCTION gateway_account_brief(a gateway_accounts) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('kind', a.kind, 'title', a.title, 'assets', a.assets, 'enabled', a.enabled, 'deposits', a.deposits, 'payouts', a.payouts,
    'settings', a.settings, 'min_confirmations', a.min_confirmations, 'intent_ttl', extract(epoch FROM a.intent_ttl), 'late_credit', extract(epoch FROM a.late_credit))
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION gateway_assets_known(p_assets text[]) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT NOT EXISTS (SELECT 1 FROM unnest(p_assets) AS x WHERE x <> 'xtr' AND NOT EXISTS (SELECT 1 FROM assets WHERE code = x AND kind = 'cash'))
$$;
-- +goose StatementEnd

-- Writes an account's row: a new one, or the next version of one. Who attests its words stays.
-- +goose StatementBegin
CREATE FUNCTION gateway_account_put(p_tenant bigint, p jsonb, p_sealed bytea, p_seeded boolean) RETURNS gateway_accounts LANGUAGE plpgsql AS $$
DECLARE a gateway_accounts;
BEGIN
  INSERT INTO gateway_accounts AS g (tenant_id, account_id, kind, title, assets, enabled, deposits, payouts, refunds, settings, settings_sealed, attest_check, min_confirmations,
    intent_ttl, late_credit, seeded)
  VALUES (p_tenant, p->>'id', p->>'kind', p->>'title', ARRAY(SELECT jsonb_array_elements_text(p->'assets')), (p->>'enabled')::boolean, (p->>'deposits')::boolean,
    (p->>'payouts')::boolean, (p->>'refunds')::boolean, ARRAY(SELECT jsonb_array_elements_text(p->'settings')), p_sealed, decode(p->>'attest', 'hex'), (p->>'min_confirmations')::int,
    make_interval(secs => (p->>'intent_ttl')::float8), make_interval(secs => (p->>'late_credit')::float8), p_seeded)
  ON CONFLICT (tenant_id, account_id) DO UPDATE SET title = EXCLUDED.title, assets = EXCLUDED.assets, enabled = EXCLUDED.enabled, deposits = EXCLUDED.deposits,
    payouts = EXCLUDED.payouts, refunds = EXCLUDED.refunds, settings = EXCLUDED.settings, settings_sealed = EXCLUDED.settings_sealed,
    min_confirmations = EXCLUDED.min_confirmations, intent_ttl = EXCLUDED.intent_ttl, late_credit = EXCLUDED.late_credit, version = g.version + 1,
    updated_at = clock_timestamp()
  RETURNING * INTO a;
  INSERT INTO directory (kind, key, tenant_id) VALUES ('gateway', a.account_id, p_tenant) ON CONFLICT DO NOTHING;
  RETURN a;
END $$;
-- +goose StatementEnd

-- Codes: ok, operators.*, cashier.asset_unknown, cashier.title_taken, cashier.account_not_found, cashier.stale,
-- cashier.items_waiting when the account would lead to another processor while payouts through it are on their way.
-- +goose StatementBegin
CREATE FUNCTION api_gateway_account_set(p_tenant bigint, p_via text, p_proof bytea, p_request text, p jsonb, p_sealed bytea, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record; o gateway_accounts; a gateway_accounts; v_new boolean := (p->>'version')::int = 0;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_acting(p_tenant, p_via, p_proof, 'gateways.configure', true);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  IF NOT gateway_assets_known(ARRAY(SELECT jsonb_array_elements_text(p->'assets'))) THEN RETURN '{"code": "cashier.asset_unknown"}'; END IF;
  PERFORM pg_advisory_xact_lock(7013, hashtext(p_tenant::text));
  IF EXISTS (SELECT 1 FROM gateway_accounts WHERE tenant_id = p_tenant AND title = p->>'title' AND account_id <> p->>'id') THEN RETURN '{"code": "cashier.title_taken"}'; END IF;
  SELECT * INTO o FROM gateway_accounts WHERE tenant_id = p_tenant AND account_id = p->>'id' FOR NO KEY UPDATE;
  IF NOT FOUND AND NOT v_new THEN RETURN '{"code": "cashier.account_not_found"}'; END IF;
  IF FOUND AND o.version <> (p->>'version')::int THEN RETURN '{"code": "cashier.stale"}'; END IF;
  IF FOUND AND coalesce((p->>'moved')::boolean, true)
     AND EXISTS (SELECT 1 FROM withdrawals WHERE tenant_id = p_tenant AND gateway = o.account_id AND status IN ('paying', 'unknown') AND ended_at IS NULL) THEN
    RETURN '{"code": "cashier.items_waiting"}';
  END IF;
  a := gateway_account_put(p_tenant, p, p_sealed, coalesce(o.seeded, false));
  PERFORM operation_note(p_tenant, r.o_operator, p_via, CASE WHEN v_new THEN 'gateway.add' WHEN o.enabled AND NOT a.enabled THEN 'gateway.disable'
      WHEN a.enabled AND NOT o.enabled THEN 'gateway.enable' ELSE 'gateway.set' END, 'gateway', a.account_id,
    CASE WHEN v_new THEN NULL ELSE gateway_account_brief(o) END, gateway_account_brief(a), p_reason, p_request);
  RETURN jsonb_build_object('code', 'ok', 'id', a.account_id);
END $$;
-- +goose StatementEnd

-- Accounts for demonstrations, by title: the sandbox asset and Stars only. A repeat takes over the settings of one that was
-- made this way, for a sandbox may move. Codes: ok, cashier.asset_unknown, cashier.title_taken.
-- +goose StatementBegin
CREATE FUNCTION api_gateway_account_seed(p_tenant bigint, p jsonb, p_sealed bytea, p_same boolean) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE o gateway_accounts; a gateway_accounts;
BEGIN
  PERFORM ledger_guard(p_tenant);
  IF NOT ARRAY(SELECT jsonb_array_elements_text(p->'assets')) <@ ARRAY['sbx', 'xtr'] THEN RETURN '{"code": "cashier.asset_unknown"}'; END IF;
  PERFORM pg_advisory_xact_lock(7013, hashtext(p_tenant::text));
  SELECT * INTO o FROM gateway_accounts WHERE tenant_id = p_tenant AND title = p->>'title' FOR NO KEY UPDATE;
  IF FOUND THEN
    IF o.account_id <> p->>'id' OR NOT o.seeded OR o.kind <> p->>'kind' THEN RETURN '{"code": "cashier.title_taken"}'; END IF;
    IF p_same THEN RETURN jsonb_build_object('code', 'ok', 'id', o.account_id); END IF;
  END IF;
  a := gateway_account_put(p_tenant, p || CASE WHEN o.account_id IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('enabled', o.enabled) END, p_sealed, true);
  PERFORM operation_note(p_tenant, NULL, 'system', 'gateway.seed', 'gateway', a.account_id, CASE WHEN o.account_id IS NULL THEN NULL ELSE gateway_account_brief(o) END,
    gateway_account_brief(a), NULL, NULL);
  RETURN jsonb_build_object('code', 'ok', 'id', a.account_id);
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION stars_publish(p_tenant bigint, p_operator bigint, p_prices jsonb) RETURNS int LANGUAGE plpgsql AS $$
DECLARE v_version int;
BEGIN
  PERFORM pg_advisory_xact_lock(7014, hashtext(p_tenant::text));
  SELECT coalesce(max(version), 0) + 1 INTO v_version FROM stars_prices WHERE tenant_id = p_tenant;
  INSERT INTO stars_prices (tenant_id, version, stars, points, published_by)
  SELECT p_tenant, v_version, (x->>'stars')::bigint, (x->>'points')::bigint, p_operator FROM jsonb_array_elements(p_prices) AS x;
  RETURN v_version;
END $$;
-- +goose StatementEnd

-- Publishes a price list. Intents keep the price they were made with.
-- +goose StatementBegin
CREATE FUNCTION api_stars_publish(p_tenant bigint, p_via text, p_proof bytea, p_request text, p_prices jsonb, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record; v_before jsonb; v_version int;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_acting(p_tenant, p_via, p_proof, 'cashier.configure', true);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  SELECT jsonb_agg(jsonb_build_object('stars', stars, 'points', points) ORDER BY stars) INTO v_before FROM stars_prices
   WHERE tenant_id = p_tenant AND version = (SELECT max(version) FROM stars_prices WHERE tenant_id = p_tenant);
  v_version := stars_publish(p_tenant, r.o_operator, p_prices);
  PERFORM operation_note(p_tenant, r.o_operator, p_via, 'stars.publish', 'stars', v_version::text, v_before, p_prices, p_reason, p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- The first price list of a tenant, for demonstrations; later ones are an operator's.
-- +goose StatementBegin
CREATE FUNCTION api_stars_seed(p_tenant bigint, p_prices jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM ledger_guard(p_tenant);
  PERFORM pg_advisory_xact_lock(7014, hashtext(p_tenant::text));
  IF NOT EXISTS (SELECT 1 FROM stars_prices WHERE tenant_id = p_tenant) THEN
    PERFORM operation_note(p_tenant, NULL, 'system', 'stars.publish', 'stars', stars_publish(p_tenant, NULL, p_prices)::text, NULL, p_prices, NULL, NULL);
  END IF;
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- Begins a refund: its row and its order. The caller has locked the payment, and taken the money if the
-- player had it.
-- +goose StatementBegin
CREATE FUNCTION deposit_refund_begin(y deposit_payments, a gateway_accounts, p_deposit text, p_item text, p_taken bigint, p jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO deposit_refunds (tenant_id, refund_id, account_id, tx, deposit_id, item_id, asset, scale, amount, taken_id, operator_id, reason)
  VALUES (y.tenant_id, p->>'refund', y.account_id, y.tx, p_deposit, p_item, y.asset, y.scale, y.amount, p_taken, (p->>'operator')::bigint, p->>'reason');
  PERFORM deposit_event(y.tenant_id, p_deposit, y.account_id, y.tx, 'refund', jsonb_build_object('actor', 'operator', 'operator', p->'operator', 'to', 'begun',
    'reason', p->>'reason', 'detail', p->>'refund'));
  RETURN deposit_refund_order(y, a, p->>'refund');
END $$;
-- +goose StatementEnd

-- What a caller of the gateway needs. Refunds of Stars are the bot's: it is told, and told again by a repeat unless it has
-- still to act, because what one order had refused, and so was given back here, another one must not have done.
-- +goose StatementBegin
CREATE FUNCTION deposit_refund_order(y deposit_payments, a gateway_accounts, p_refund text) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  IF a.kind = 'stars' AND NOT EXISTS (SELECT 1 FROM notifications WHERE tenant_id = y.tenant_id AND status IN ('queued', 'failed')
       AND kind = 'stars.refund' AND payload->>'refund' = p_refund) THEN
    INSERT INTO notifications (tenant_id, chat_id, kind, payload) VALUES (y.tenant_id, y.payer, 'stars.refund', jsonb_build_object('refund', p_refund, 'charge', y.tx,
      'telegram_id', y.payer, 'stars', y.amount, 'deposit', coalesce(y.credited_to, y.deposit_id)));
    PERFORM pg_notify('fairground_notify', y.tenant_id::text);
  END IF;
  RETURN jsonb_build_object('code', 'ok', 'call', a.kind <> 'stars', 'refund', p_refund, 'account', y.account_id, 'tx', y.tx, 'asset', y.asset, 'scale', y.scale,
    'amount', y.amount);
END $$;
-- +goose StatementEnd

-- Takes a credited deposit back from its player and begins its refund; a refund that was begun and has no answer is asked
-- for again under its own key. Codes: ok, operators.*, cashier.deposit_not_found, cashier.not_refundable,
-- cashier.refund_unsupported, cashier.own_account, ledger.insufficient_funds.
-- +goose StatementBegin
CREATE FUNCTION api_deposit_refund(p_tenant bigint, p_via text, p_proof bytea, p_request text, p_id text, p_refund text, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE w record; y deposit_payments; d deposits; a gateway_accounts; f deposit_refunds; r record; v_taken bigint;
BEGIN
  PERFORM ledger_guard(p_tenant);
  w := operator_acting(p_tenant, p_via, p_proof, 'deposits.refund', true);
  IF w.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', w.o_code); END IF;
  SELECT * INTO y FROM deposit_payments WHERE tenant_id = p_tenant AND credited_to = p_id FOR NO KEY UPDATE;
  SELECT * INTO d FROM deposits WHERE tenant_id = p_tenant AND deposit_id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "cashier.deposit_not_found"}'; END IF;
  SELECT * INTO STRICT a FROM gateway_accounts WHERE tenant_id = p_tenant AND account_id = d.account_id;
  SELECT * INTO f FROM deposit_refunds WHERE tenant_id = p_tenant AND account_id = y.account_id AND tx = y.tx AND state <> 'refused';
  IF f.state = 'done' THEN RETURN '{"code": "ok", "call": false}'; END IF;
  IF f.refund_id IS NOT NULL THEN RETURN deposit_refund_order(y, a, f.refund_id); END IF;
  IF d.status <> 'credited' THEN RETURN jsonb_build_object('code', 'cashier.not_refundable', 'status', d.status); END IF;
  IF NOT a.refunds THEN RETURN '{"code": "cashier.refund_unsupported"}'; END IF;
  IF operator_is_player(p_tenant, w.o_operator, d.player_id) THEN RETURN '{"code": "cashier.own_account"}'; END IF;
  PERFORM ledger_reversal_lock(p_tenant, y.transfer_id);
  IF NOT EXISTS (SELECT 1 FROM reversals WHERE tenant_id = p_tenant AND original_id = y.transfer_id) THEN
    r := ledger_apply(p_tenant, 'deposit.refund', p_refund, ARRAY[ledger_account(p_tenant, d.group_id, d.credit_asset, 'player', d.player_id::text)],
      ARRAY[ledger_account(p_tenant, d.group_id, d.credit_asset, 'clearing', deposit_clearing(a))], ARRAY[d.credit]);
    IF r.o_short IS NOT NULL THEN
      RETURN jsonb_build_object('code', 'ledger.insufficient_funds', 'needed', d.credit,
        'balance', (SELECT posted FROM balances WHERE tenant_id = p_tenant AND account_id = r.o_short));
    END IF;
    v_taken := r.o_transfer;
    PERFORM ledger_remember(p_tenant, 'deposit.refund', p_refund, sha256(convert_to(p_id, 'UTF8')), v_taken, '{"code": "ok"}');
  END IF;
  PERFORM operation_note(p_tenant, w.o_operator, p_via, 'deposit.refund', 'deposit', p_id, jsonb_build_object('status', d.status),
    jsonb_build_object('refund', p_refund, 'amount', y.amount, 'asset', y.asset), p_reason, p_request);
  RETURN deposit_refund_begin(y, a, p_id, NULL, v_taken, jsonb_build_object('refund', p_refund, 'operator', w.o_operator, 'reason', p_reason));
END $$;
-- +goose StatementEnd

-- Stores what the gateway, or the bot for Stars, said of a refund: done, refused (what was taken goes back) or unknown.
-- Done and refused are final. Codes: ok, cashier.refund_not_found.
-- +goose StatementBegin
CREATE FUNCTION api_deposit_refund_answer(p_tenant bigint, p_refund text, p_state text, p_note text, p_attest bytea) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE y deposit_payments; d deposits; a gateway_accounts; f deposit_refunds; r record; v_back bigint;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT y1.* INTO y FROM deposit_payments y1 JOIN deposit_refunds f1 USING (tenant_id, account_id, tx) WHERE f1.tenant_id = p_tenant AND f1.refund_id = p_refund
    FOR NO KEY UPDATE OF y1;
  IF NOT FOUND THEN RETURN '{"code": "cashier.refund_not_found"}'; END IF;
  PERFORM gateway_attested(p_tenant, y.account_id, p_attest);
  SELECT * INTO STRICT f FROM deposit_refunds WHERE tenant_id = p_tenant AND refund_id = p_refund FOR NO KEY UPDATE;
  IF f.state IN ('done', 'refused') THEN RETURN jsonb_build_object('code', 'ok', 'state', f.state); END IF;
  SELECT * INTO STRICT a FROM gateway_accounts WHERE tenant_id = p_tenant AND account_id = y.account_id;
  SELECT * INTO d FROM deposits WHERE tenant_id = p_tenant AND deposit_id = f.deposit_id FOR NO KEY UPDATE;
  IF p_state = 'refused' AND f.taken_id IS NOT NULL THEN
    r := ledger_apply(p_tenant, 'deposit.refund_back', p_refund, ARRAY[ledger_account(p_tenant, d.group_id, d.credit_asset, 'clearing', deposit_clearing(a))],
      ARRAY[ledger_account(p_tenant, d.group_id, d.credit_asset, 'player', d.player_id::text)], ARRAY[d.credit]);
    v_back := r.o_transfer;
    PERFORM ledger_remember(p_tenant, 'deposit.refund_back', p_refund, sha256(convert_to(p_refund, 'UTF8')), v_back, '{"code": "ok"}');
  END IF;
  UPDATE deposit_refunds SET state = p_state, returned_id = v_back, note = left(p_note, 500), updated_at = clock_timestamp() WHERE tenant_id = p_tenant AND refund_id = p_refund;
  IF f.state <> p_state THEN
    PERFORM deposit_event(p_tenant, f.deposit_id, y.account_id, y.tx, 'refund', jsonb_build_object('actor', 'gateway', 'from', f.state, 'to', p_state,
      'reason', left(p_note, 200), 'detail', p_refund));
  END IF;
  IF f.item_id IS NOT NULL AND p_state <> 'unknown' THEN
    UPDATE deposit_quarantine SET status = CASE WHEN p_state = 'done' THEN 'refunded' ELSE 'open' END, resolved_at = CASE WHEN p_state = 'done' THEN clock_timestamp() END
     WHERE tenant_id = p_tenant AND item_id = f.item_id;
  END IF;
  IF p_state = 'done' THEN
    UPDATE deposit_payments SET outcome = 'refunded', updated_at = clock_timestamp() WHERE tenant_id = p_tenant AND account_id = y.account_id AND tx = y.tx;
    IF d.status IN ('credited', 'quarantined') AND d.tx = y.tx THEN d := deposit_move(d, 'refunded', '{"actor": "gateway"}'); END IF;
  END IF;
  RETURN jsonb_build_object('code', 'ok', 'state', p_state);
END $$;
-- +goose StatementEnd

-- A payment in quarantine as operators see it. It runs with the caller's rights.
-- +goose StatementBegin
CREATE FUNCTION api_quarantine_view(p_tenant bigint, p_item text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('id', q.item_id, 'account', q.account_id, 'tx', q.tx, 'deposit', coalesce(q.deposit_id, ''), 'group_id', coalesce(g.public_id, ''),
           'player_id', coalesce(p.public_id, ''), 'player_name', coalesce(p.name, ''), 'asset', q.asset, 'scale', q.scale, 'amount', q.amount, 'why', q.why,
           'status', q.status, 'reason', q.reason, 'credited_to', coalesce(q.credited_to, ''))
      || jsonb_build_object('refund', coalesce((SELECT state FROM deposit_refunds r WHERE r.tenant_id = q.tenant_id AND r.item_id = q.item_id ORDER BY created_at DESC LIMIT 1), ''),
           'resolved_by', coalesce((SELECT public_id FROM operators WHERE tenant_id = q.tenant_id AND operator_id = q.resolved_by), ''),
           'state', y.state, 'paid_at', y.paid_at, 'received_at', q.received_at, 'resolved_at', q.resolved_at, 'payer', coalesce(y.payer, 0),
           'intent_amount', coalesce(d.amount, 0), 'intent_scale', coalesce(d.scale, 0), 'intent_asset', coalesce(d.asset, ''))
    FROM deposit_quarantine q
    JOIN deposit_payments y ON y.tenant_id = q.tenant_id AND y.account_id = q.account_id AND y.tx = q.tx
    LEFT JOIN deposits d ON d.tenant_id = q.tenant_id AND d.deposit_id = q.deposit_id
    LEFT JOIN groups g ON g.tenant_id = d.tenant_id AND g.group_id = d.group_id
    LEFT JOIN players p ON p.tenant_id = d.tenant_id AND p.player_id = d.player_id
   WHERE q.tenant_id = p_tenant AND q.item_id = p_item AND p_tenant = fairground_tenant()
$$;
-- +goose StatementEnd

-- Resolves a payment in quarantine. Codes: ok, operators.*, cashier.item_not_found, cashier.already_resolved, cashier.only_dismiss,
-- cashier.player_required, cashier.not_creditable, cashier.asset_off, cashier.above_limit, cashier.refund_unsupported, cashier.own_account, players.not_member.
-- +goose StatementBegin
CREATE FUNCTION api_quarantine_resolve(p_tenant bigint, p_via text, p_proof bytea, p_request text, p jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE w record; q deposit_quarantine; y deposit_payments; d deposits; a gateway_accounts; f deposit_refunds; v jsonb; v_act text := p->>'act'; v_to text;
BEGIN
  PERFORM ledger_guard(p_tenant);
  w := operator_acting(p_tenant, p_via, p_proof, 'deposits.resolve', true);
  IF w.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', w.o_code); END IF;
  SELECT y1.* INTO y FROM deposit_payments y1 JOIN deposit_quarantine q1 USING (tenant_id, account_id, tx) WHERE q1.tenant_id = p_tenant AND q1.item_id = p->>'item'
    FOR NO KEY UPDATE OF y1;
  IF NOT FOUND THEN RETURN '{"code": "cashier.item_not_found"}'; END IF;
  SELECT * INTO STRICT q FROM deposit_quarantine WHERE tenant_id = p_tenant AND item_id = p->>'item' FOR NO KEY UPDATE;
  SELECT * INTO STRICT a FROM gateway_accounts WHERE tenant_id = p_tenant AND account_id = y.account_id;
  IF q.status = 'refunding' AND v_act = 'refund' THEN
    SELECT * INTO STRICT f FROM deposit_refunds WHERE tenant_id = p_tenant AND item_id = q.item_id AND state <> 'refused';
    RETURN deposit_refund_order(y, a, f.refund_id);
  END IF;
  IF q.status <> 'open' THEN RETURN jsonb_build_object('code', 'cashier.already_resolved', 'status', q.status); END IF;
  IF q.extra AND v_act <> 'dismiss' THEN RETURN '{"code": "cashier.only_dismiss"}'; END IF;
  SELECT * INTO d FROM deposits WHERE tenant_id = p_tenant AND deposit_id = q.deposit_id FOR NO KEY UPDATE;
  IF operator_is_player(p_tenant, w.o_operator, d.player_id) THEN RETURN '{"code": "cashier.own_account"}'; END IF;
  v := jsonb_build_object('operator', w.o_operator, 'actor', 'operator', 'reason', p->>'reason', 'refund', p->>'refund');
  IF v_act = 'credit' THEN
    v := deposit_release(y, d, a, p, v);
    IF v->>'code' <> 'ok' THEN RETURN v; END IF;
    v_to := v->>'deposit';
  ELSIF v_act = 'refund' THEN
    IF NOT a.refunds OR y.amount = 0 THEN RETURN '{"code": "cashier.refund_unsupported"}'; END IF;
    v := deposit_refund_begin(y, a, q.deposit_id, q.item_id, NULL, v);
  ELSE
    IF NOT q.extra THEN
      UPDATE deposit_payments SET outcome = 'dismissed', updated_at = clock_timestamp() WHERE tenant_id = p_tenant AND account_id = y.account_id AND tx = y.tx;
      IF d.status = 'quarantined' AND d.tx = y.tx THEN PERFORM deposit_move(d, 'failed', v || '{"reason": "dismissed"}'); END IF;
    END IF;
    v := '{"code": "ok"}';
  END IF;
  UPDATE deposit_quarantine SET status = CASE v_act WHEN 'credit' THEN 'credited' WHEN 'refund' THEN 'refunding' ELSE 'dismissed' END, reason = p->>'reason',
         resolved_by = w.o_operator, credited_to = v_to, resolved_at = CASE WHEN v_act <> 'refund' THEN clock_timestamp() END
   WHERE tenant_id = p_tenant AND item_id = q.item_id;
  PERFORM deposit_event(p_tenant, q.deposit_id, y.account_id, y.tx, 'resolved', jsonb_build_object('actor', 'operator', 'operator', w.o_operator, 'reason', p->>'reason',
    'detail', concat_ws(' ', v_act, v_to)));
  PERFORM operation_note(p_tenant, w.o_operator, p_via, 'quarantine.' || v_act, 'quarantine', q.item_id, jsonb_build_object('status', q.status, 'why', q.why, 'tx', y.tx),
    jsonb_build_object('amount', y.amount, 'scale', y.scale, 'asset', y.asset, 'credited_to', v_to), p->>'reason', p_request);
  RETURN v;
END $$;
-- +goose StatementEnd

-- Credits a payment in quarantine with what was really paid: to its intent, or by a deposit of its own to whom the operator
-- named. A player's limits don't hold a person back: the money is there, and the log says who gave it.
-- +goose StatementBegin
CREATE FUNCTION deposit_release(y deposit_payments, d deposits, a gateway_accounts, p jsonb, p_by jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE v_group bigint := d.group_id; v_player bigint := d.player_id; v_asset text := y.asset; v_scale int := 0; v_units bigint; v_credit bigint; n deposits;
BEGIN
  IF coalesce(p->>'player', '') <> '' OR coalesce(p->>'group', '') <> '' THEN
    v_group := (SELECT group_id FROM groups WHERE tenant_id = y.tenant_id AND public_id = p->>'group');
    v_player := (SELECT player_id FROM players WHERE tenant_id = y.tenant_id AND public_id = p->>'player');
  END IF;
  IF v_group IS NULL OR v_player IS NULL THEN RETURN '{"code": "cashier.player_required"}'; END IF;
  IF NOT EXISTS (SELECT 1 FROM members WHERE tenant_id = y.tenant_id AND group_id = v_group AND player_id = v_player) THEN RETURN '{"code": "players.not_member"}'; END IF;
  IF operator_is_player(y.tenant_id, (p_by->>'operator')::bigint, v_player) THEN RETURN '{"code": "cashier.own_account"}'; END IF;
  IF y.asset = 'xtr' THEN
    v_asset := 'points';
    v_units := deposit_units(y.amount, y.scale, 0);
    -- The price that the intent was made with, when it was paid exactly.
    v_credit := CASE WHEN d.asset = 'xtr' AND d.amount = v_units THEN d.credit ELSE deposit_points(y.tenant_id, v_units) END;
  ELSE
    SELECT scale INTO v_scale FROM assets WHERE code = y.asset AND kind = 'cash';
    v_units := deposit_units(y.amount, y.scale, v_scale);
    v_credit := v_units;
  END IF;
  IF v_credit IS NULL OR y.state = 'failed' THEN RETURN '{"code": "cashier.not_creditable"}'; END IF;
  -- Where nobody ever set the asset's policy it is not in use: its payments go back.
  IF y.asset <> 'xtr' AND NOT EXISTS (SELECT 1 FROM cash_policies WHERE tenant_id = y.tenant_id AND asset = y.asset) THEN RETURN '{"code": "cashier.asset_off"}'; END IF;
  -- To anybody but the intent's own player one person gives no more than they may adjust alone.
  IF v_player IS DISTINCT FROM d.player_id
     AND v_credit > coalesce((SELECT adjust_limit FROM adjustment_settings WHERE tenant_id = y.tenant_id AND asset = v_asset), 0) THEN
    RETURN '{"code": "cashier.above_limit"}';
  END IF;
  -- The payment leaves whatever deposit it was taken for, unless that is the one it goes to.
  IF d.status = 'quarantined' AND d.tx = y.tx AND (d.group_id, d.player_id, d.asset) = (v_group, v_player, y.asset) THEN
    d.credit := v_credit;
  ELSE
    IF d.status = 'quarantined' AND d.tx = y.tx THEN
      d.tx := NULL;
      PERFORM deposit_move(d, 'failed', p_by || '{"reason": "credited_elsewhere"}');
    END IF;
    UPDATE deposits SET tx = NULL WHERE tenant_id = y.tenant_id AND account_id = y.account_id AND tx = y.tx;
    INSERT INTO deposits (tenant_id, deposit_id, group_id, player_id, account_id, asset, scale, amount, credit_asset, credit, status, tx, key, hash, expires_at)
    VALUES (y.tenant_id, p->>'new', v_group, v_player, y.account_id, y.asset, v_scale, v_units, v_asset, v_credit, 'quarantined', y.tx, 'quarantine:' || (p->>'item'), '',
            clock_timestamp()) RETURNING * INTO d;
    PERFORM deposit_event(y.tenant_id, d.deposit_id, y.account_id, y.tx, 'created', p_by || '{"to": "quarantined"}');
  END IF;
  PERFORM deposit_post(y, d, a, p_by);
  RETURN jsonb_build_object('code', 'ok', 'deposit', d.deposit_id);
END $$;
-- +goose StatementEnd
