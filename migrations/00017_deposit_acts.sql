-- +goose Up
-- How deposits come in. Each api_* function is one transaction's whole work. Codes other than ok mean that nothing moved.

-- Writes an intent, or gives the one that the player's key made before. Codes: ok, cashier.gateway_off, cashier.asset_off,
-- cashier.no_price, cashier.too_many_deposits, players.not_member, ledger.key_reused, and those of player_refusal.
-- +goose StatementBegin
CREATE FUNCTION api_deposit_create(p_tenant bigint, p jsonb, p_hash bytea) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE d deposits; a gateway_accounts; v jsonb; v_group bigint := (p->>'group')::bigint; v_player bigint := (p->>'player')::bigint; v_amount bigint := (p->>'amount')::bigint;
  v_asset text := p->>'asset'; v_scale int := 0; v_credit_asset text := 'points'; v_credit bigint; v_version int;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO d FROM deposits WHERE tenant_id = p_tenant AND player_id = v_player AND key = p->>'key';
  IF FOUND THEN
    IF d.hash <> p_hash THEN RETURN '{"code": "ledger.key_reused"}'; END IF;
    RETURN jsonb_build_object('code', 'ok', 'call', d.status = 'pending' AND d.ref = '', 'deposit', api_deposit_view(p_tenant, d.deposit_id));
  END IF;
  IF NOT EXISTS (SELECT 1 FROM players WHERE tenant_id = p_tenant AND player_id = v_player)
     OR NOT EXISTS (SELECT 1 FROM groups WHERE tenant_id = p_tenant AND group_id = v_group) THEN RETURN '{"code": "ledger.account_not_found"}'; END IF;
  IF NOT round_member(p_tenant, v_group, v_player) THEN RETURN '{"code": "players.not_member"}'; END IF;
  SELECT * INTO a FROM gateway_accounts WHERE tenant_id = p_tenant AND account_id = p->>'account';
  IF NOT FOUND OR NOT a.enabled OR NOT a.deposits OR v_asset <> ALL (a.assets) THEN RETURN '{"code": "cashier.gateway_off"}'; END IF;
  IF v_asset = 'xtr' THEN
    SELECT version, points INTO v_version, v_credit FROM stars_prices
     WHERE tenant_id = p_tenant AND version = (SELECT max(version) FROM stars_prices WHERE tenant_id = p_tenant) AND stars = v_amount;
    IF NOT FOUND THEN RETURN '{"code": "cashier.no_price"}'; END IF;
  ELSE
    SELECT scale INTO v_scale FROM assets WHERE code = v_asset AND kind = 'cash';
    IF NOT FOUND OR NOT EXISTS (SELECT 1 FROM cash_policies WHERE tenant_id = p_tenant AND asset = v_asset AND enabled) THEN RETURN '{"code": "cashier.asset_off"}'; END IF;
    v_credit_asset := v_asset;
    v_credit := v_amount;
  END IF;
  v := player_refusal(p_tenant, v_group, v_player, 'deposit', v_credit_asset, v_credit);
  IF v IS NOT NULL THEN RETURN v; END IF;
  IF (SELECT count(*) FROM deposits WHERE tenant_id = p_tenant AND player_id = v_player AND status = 'pending' AND expires_at > clock_timestamp()) >= 10 THEN
    RETURN '{"code": "cashier.too_many_deposits"}';
  END IF;
  INSERT INTO deposits (tenant_id, deposit_id, group_id, player_id, account_id, asset, scale, amount, credit_asset, credit, price_version, key, hash, expires_at)
  VALUES (p_tenant, p->>'id', v_group, v_player, a.account_id, v_asset, v_scale, v_amount, v_credit_asset, v_credit, v_version, p->>'key', p_hash,
          clock_timestamp() + a.intent_ttl) ON CONFLICT (tenant_id, player_id, key) DO NOTHING;
  IF NOT FOUND THEN RAISE EXCEPTION 'the key was stored by a concurrent request' USING ERRCODE = '40001'; END IF;
  PERFORM deposit_event(p_tenant, p->>'id', a.account_id, NULL, 'created', jsonb_build_object('actor', 'player', 'to', 'pending'));
  RETURN jsonb_build_object('code', 'ok', 'call', true, 'deposit', api_deposit_view(p_tenant, p->>'id'));
END $$;
-- +goose StatementEnd

-- Stores how an intent is paid, once. The gateway may ask for less time, not for more.
-- +goose StatementBegin
CREATE FUNCTION api_deposit_instruct(p_tenant bigint, p_id text, p jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM ledger_guard(p_tenant);
  UPDATE deposits SET ref = p->>'ref', url = p->>'url', address = p->>'address', memo = p->>'memo', updated_at = clock_timestamp(),
         expires_at = least(expires_at, coalesce((p->>'expires_at')::timestamptz, expires_at))
   WHERE tenant_id = p_tenant AND deposit_id = p_id AND ref = '';
  IF FOUND THEN
    INSERT INTO deposit_events (tenant_id, deposit_id, account_id, kind, actor, detail)
    SELECT p_tenant, p_id, account_id, 'instructed', 'gateway', left(ref, 200) FROM deposits WHERE tenant_id = p_tenant AND deposit_id = p_id;
  END IF;
  RETURN jsonb_build_object('code', 'ok', 'deposit', api_deposit_view(p_tenant, p_id));
END $$;
-- +goose StatementEnd

-- Ends an intent that the gateway does not take.
-- +goose StatementBegin
CREATE FUNCTION api_deposit_refuse(p_tenant bigint, p_id text, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE d deposits;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO d FROM deposits WHERE tenant_id = p_tenant AND deposit_id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "cashier.deposit_not_found"}'; END IF;
  IF d.status = 'pending' THEN PERFORM deposit_move(d, 'failed', jsonb_build_object('actor', 'gateway', 'reason', left(p_reason, 200))); END IF;
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- Ends intents that nobody paid in time.
-- +goose StatementBegin
CREATE FUNCTION api_deposit_expire(p_tenant bigint, p_most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE d deposits; v_n int := 0;
BEGIN
  PERFORM ledger_guard(p_tenant);
  FOR d IN SELECT * FROM deposits WHERE tenant_id = p_tenant AND status = 'pending' AND expires_at <= clock_timestamp()
            ORDER BY expires_at LIMIT p_most FOR NO KEY UPDATE SKIP LOCKED LOOP
    PERFORM deposit_move(d, 'expired', '{"actor": "system"}');
    v_n := v_n + 1;
  END LOOP;
  RETURN v_n;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION api_gateway_refused(p_tenant bigint, p_account text, p_reason text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM ledger_guard(p_tenant);
  INSERT INTO gateway_refusals AS r (tenant_id, account_id, day, reason) VALUES (p_tenant, p_account, (clock_timestamp() AT TIME ZONE 'UTC')::date, p_reason)
    ON CONFLICT (tenant_id, account_id, day, reason) DO UPDATE SET refused = r.refused + 1;
END $$;
-- +goose StatementEnd

-- Refuses a gateway's word that the program does not vouch for: what it shows is derived from the master secret, which the
-- application role can't read anywhere.
-- +goose StatementBegin
CREATE FUNCTION gateway_attested(p_tenant bigint, p_account text, p_attest bytea) RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM gateway_accounts WHERE tenant_id = p_tenant AND account_id = p_account AND attest_check = sha256(p_attest)) THEN
    RAISE EXCEPTION 'nobody attests this word of %', p_account USING ERRCODE = '42501';
  END IF;
END $$;
-- +goose StatementEnd

-- Takes the notices of one callback into the inbox; what is there already is left alone. The caller has checked that the
-- gateway said it, and attests that. Codes: ok, cashier.account_not_found.
-- +goose StatementBegin
CREATE FUNCTION api_gateway_receive(p_tenant bigint, p_account text, p_notices jsonb, p_body bytea, p_attest bytea) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE n jsonb; v_new int := 0; v_kind text;
BEGIN
  PERFORM ledger_guard(p_tenant);
  IF NOT EXISTS (SELECT 1 FROM gateway_accounts WHERE tenant_id = p_tenant AND account_id = p_account) THEN RETURN '{"code": "cashier.account_not_found"}'; END IF;
  PERFORM gateway_attested(p_tenant, p_account, p_attest);
  FOR n IN SELECT x FROM jsonb_array_elements(p_notices) WITH ORDINALITY AS y(x, i) ORDER BY i LOOP
    v_kind := n->>'kind';
    INSERT INTO gateway_inbox (tenant_id, account_id, event_id, kind, notice, body_hash) VALUES (p_tenant, p_account, n->>'event', v_kind, n - 'item', p_body)
      ON CONFLICT DO NOTHING;
    CONTINUE WHEN NOT FOUND;
    v_new := v_new + 1;
    IF v_kind = 'deposit' THEN
      PERFORM deposit_noticed(p_tenant, p_account, n);
    ELSIF EXISTS (SELECT 1 FROM withdrawals WHERE tenant_id = p_tenant AND withdrawal_id = n->>'key' AND gateway = p_account) THEN
      PERFORM round_event(p_tenant, 'payout.noticed.v1', jsonb_build_object('withdrawal', n->>'key'));
    END IF;
  END LOOP;
  RETURN jsonb_build_object('code', 'ok', 'new', v_new);
END $$;
-- +goose StatementEnd

-- What a gateway answered when it was asked about a payment that it had told of.
-- +goose StatementBegin
CREATE FUNCTION api_deposit_asked(p_tenant bigint, p_account text, p_notice jsonb, p_attest bytea) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM ledger_guard(p_tenant);
  PERFORM gateway_attested(p_tenant, p_account, p_attest);
  IF EXISTS (SELECT 1 FROM deposit_payments WHERE tenant_id = p_tenant AND account_id = p_account AND tx = p_notice->>'tx') THEN
    PERFORM deposit_noticed(p_tenant, p_account, p_notice || '{"asked": true}');
  END IF;
  RETURN api_deposit_state(p_tenant, p_account, p_notice->>'tx');
END $$;
-- +goose StatementEnd

-- The intent that a notice means: by its id, or by the gateway's name for it; never one of another account.
-- +goose StatementBegin
CREATE FUNCTION deposit_meant(p_tenant bigint, p_account text, p_intent text, p_ref text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT deposit_id FROM deposits WHERE tenant_id = p_tenant AND deposit_id = p_intent AND account_id = p_account),
                  (SELECT min(deposit_id) FROM deposits WHERE tenant_id = p_tenant AND account_id = p_account AND ref = p_ref AND p_ref <> '' AND p_intent = ''))
$$;
-- +goose StatementEnd

-- Merges what is said of a payment into what is known: a final state never goes back, whatever order notices arrive in.
-- +goose StatementBegin
CREATE FUNCTION deposit_noticed(p_tenant bigint, p_account text, n jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE o deposit_payments; y deposit_payments; d deposits; v_state text := n->>'state'; v_new boolean; v_other text;
BEGIN
  INSERT INTO deposit_payments (tenant_id, account_id, tx, intent, ref, deposit_id, asset, scale, amount, payer, state, confirmations, needed, paid_at)
  VALUES (p_tenant, p_account, n->>'tx', n->>'intent', n->>'ref', deposit_meant(p_tenant, p_account, n->>'intent', n->>'ref'), n->>'asset', (n->>'scale')::int,
          (n->>'amount')::bigint, (n->>'payer')::bigint, v_state, (n->>'confirmations')::int, (n->>'needed')::int,
          least(clock_timestamp(), (n->>'at')::timestamptz)) ON CONFLICT DO NOTHING;
  v_new := FOUND;
  SELECT * INTO STRICT o FROM deposit_payments WHERE tenant_id = p_tenant AND account_id = p_account AND tx = n->>'tx' FOR NO KEY UPDATE;
  y := o;
  IF NOT v_new THEN y := deposit_merged(o, n); END IF;
  IF y.deposit_id IS NOT NULL THEN
    SELECT * INTO STRICT d FROM deposits WHERE tenant_id = p_tenant AND deposit_id = y.deposit_id FOR NO KEY UPDATE;
  END IF;
  IF NOT v_new AND y IS NOT DISTINCT FROM o THEN
    IF NOT coalesce((n->>'asked')::boolean, false) THEN
      PERFORM deposit_event(p_tenant, y.deposit_id, p_account, y.tx, 'ignored', jsonb_build_object('actor', 'gateway', 'detail', deposit_said(n)));
      PERFORM deposit_differs(y, n);
    END IF;
    RETURN;
  END IF;
  IF y.state = 'failed' AND y.outcome = 'open' THEN y.outcome := 'failed'; END IF;
  UPDATE deposit_payments SET intent = y.intent, ref = y.ref, deposit_id = y.deposit_id, asset = y.asset, scale = y.scale, amount = y.amount, state = y.state,
         confirmations = y.confirmations, needed = y.needed, changed = y.changed, after_failed = y.after_failed, outcome = y.outcome, updated_at = clock_timestamp()
   WHERE tenant_id = p_tenant AND account_id = p_account AND tx = y.tx;
  PERFORM deposit_event(p_tenant, y.deposit_id, p_account, y.tx, 'noticed', jsonb_build_object('actor', 'gateway', 'detail', deposit_said(n)));
  IF y.outcome NOT IN ('open', 'failed') THEN PERFORM deposit_arrived(o, y, n); END IF;
  IF y.outcome = 'open' AND d.status IN ('pending', 'expired') THEN
    d.tx := y.tx;
    d := deposit_move(d, 'confirming', '{"actor": "gateway"}');
  ELSIF y.outcome = 'failed' AND (d.status = 'pending' OR (d.status = 'confirming' AND d.tx = y.tx)) THEN
    SELECT tx INTO v_other FROM deposit_payments WHERE tenant_id = p_tenant AND deposit_id = d.deposit_id AND outcome = 'open' ORDER BY first_at LIMIT 1;
    d.tx := coalesce(v_other, y.tx);
    IF v_other IS NULL THEN d := deposit_move(d, 'failed', '{"actor": "gateway", "reason": "payment_failed"}');
    ELSE UPDATE deposits SET tx = v_other, updated_at = clock_timestamp() WHERE tenant_id = p_tenant AND deposit_id = d.deposit_id;
    END IF;
  END IF;
  IF NOT coalesce((n->>'asked')::boolean, false) THEN
    PERFORM round_event(p_tenant, 'deposit.noticed.v1', jsonb_build_object('account', p_account, 'tx', y.tx));
  END IF;
END $$;
-- +goose StatementEnd

-- What is known of a payment after a further notice. The word "confirmed" beats both others and is never taken back; after
-- "failed" it stands, with a mark that makes a person look. Ended payments stay as they are, see deposit_last_word.
-- +goose StatementBegin
CREATE FUNCTION deposit_merged(y deposit_payments, n jsonb) RETURNS deposit_payments LANGUAGE plpgsql STABLE AS $$
DECLARE v_state text := n->>'state';
BEGIN
  IF y.outcome NOT IN ('open', 'failed') THEN RETURN deposit_last_word(y, n); END IF;
  IF v_state = 'confirmed' AND y.state = 'failed' THEN
    y.after_failed := true;
    y.outcome := 'open';
  ELSIF y.state = 'failed' OR (y.state = 'confirmed' AND v_state = 'failed') THEN
    RETURN y;
  END IF;
  IF v_state <> 'failed' THEN
    y.confirmations := greatest(y.confirmations, (n->>'confirmations')::int);
    y.needed := greatest(y.needed, (n->>'needed')::int);
    IF (y.asset, y.scale, y.amount) IS DISTINCT FROM (n->>'asset', (n->>'scale')::int, (n->>'amount')::bigint) THEN
      y.changed := true;
      IF v_state = 'confirmed' THEN y.asset := n->>'asset'; y.scale := (n->>'scale')::int; y.amount := (n->>'amount')::bigint; END IF;
    END IF;
  END IF;
  IF y.state <> 'confirmed' THEN y.state := v_state; END IF;
  IF y.deposit_id IS NULL THEN
    y.intent := coalesce(nullif(y.intent, ''), n->>'intent');
    y.ref := coalesce(nullif(y.ref, ''), n->>'ref');
    y.deposit_id := deposit_meant(y.tenant_id, y.account_id, y.intent, y.ref);
  END IF;
  RETURN y;
END $$;
-- +goose StatementEnd

-- A notice in words, for timelines.
-- +goose StatementBegin
CREATE FUNCTION deposit_said(n jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT concat(n->>'tx', ' ', n->>'state', ' ', n->>'amount', 'e-', n->>'scale', ' ', n->>'asset', ' ', n->>'confirmations', '/', n->>'needed')
$$;
-- +goose StatementEnd

-- A payment that has ended and is now said to be of another amount: shown to operators, once; one that still waits in
-- quarantine takes over the newest confirmed amount.
-- +goose StatementBegin
CREATE FUNCTION deposit_differs(y deposit_payments, n jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF n->>'state' <> 'confirmed' OR y.outcome IN ('open', 'failed')
     OR (y.asset, y.scale, y.amount) IS NOT DISTINCT FROM (n->>'asset', (n->>'scale')::int, (n->>'amount')::bigint) THEN RETURN; END IF;
  IF y.outcome = 'quarantined' AND EXISTS (SELECT 1 FROM deposit_quarantine WHERE tenant_id = y.tenant_id AND account_id = y.account_id AND tx = y.tx
       AND NOT extra AND status = 'open') THEN
    UPDATE deposit_payments SET asset = n->>'asset', scale = (n->>'scale')::int, amount = (n->>'amount')::bigint, changed = true, updated_at = clock_timestamp()
     WHERE tenant_id = y.tenant_id AND account_id = y.account_id AND tx = y.tx;
    UPDATE deposit_quarantine SET asset = n->>'asset', scale = (n->>'scale')::int, amount = (n->>'amount')::bigint
     WHERE tenant_id = y.tenant_id AND account_id = y.account_id AND tx = y.tx AND NOT extra;
    RETURN;
  END IF;
  INSERT INTO deposit_quarantine (tenant_id, item_id, account_id, tx, extra, deposit_id, asset, scale, amount, why)
  VALUES (y.tenant_id, n->>'item', y.account_id, y.tx, true, y.deposit_id, n->>'asset', (n->>'scale')::int, (n->>'amount')::bigint, 'changed') ON CONFLICT DO NOTHING;
  IF FOUND THEN PERFORM deposit_event(y.tenant_id, y.deposit_id, y.account_id, y.tx, 'quarantined', jsonb_build_object('reason', 'changed', 'detail', deposit_said(n))); END IF;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION deposit_is_confirmed(y deposit_payments) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT y.state = 'confirmed' AND y.confirmations >= greatest(y.needed, a.min_confirmations)
    FROM gateway_accounts a WHERE a.tenant_id = y.tenant_id AND a.account_id = y.account_id
$$;
-- +goose StatementEnd

-- Where a payment stands. Codes: ok, cashier.payment_not_found.
-- +goose StatementBegin
CREATE FUNCTION api_deposit_state(p_tenant bigint, p_account text, p_tx text) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE y deposit_payments;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO y FROM deposit_payments WHERE tenant_id = p_tenant AND account_id = p_account AND tx = p_tx;
  IF NOT FOUND THEN RETURN '{"code": "cashier.payment_not_found"}'; END IF;
  RETURN jsonb_build_object('code', 'ok', 'status', CASE WHEN y.outcome = 'open' THEN 'confirming' ELSE y.outcome END,
    'confirmed', y.outcome = 'open' AND deposit_is_confirmed(y), 'deposit', coalesce(y.credited_to, y.deposit_id, ''));
END $$;
-- +goose StatementEnd

-- Why a confirmed payment can't be credited to its intent; null when it can, as far as the payment goes.
-- +goose StatementBegin
CREATE FUNCTION deposit_obstacle(y deposit_payments, d deposits, a gateway_accounts) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE v_units bigint := deposit_units(y.amount, y.scale, d.scale);
BEGIN
  IF d.deposit_id IS NULL THEN RETURN 'unknown_intent'; END IF;
  IF y.after_failed THEN RETURN 'after_failed'; END IF;
  IF y.changed THEN RETURN 'changed'; END IF;
  IF d.status IN ('credited', 'refunded', 'quarantined') THEN RETURN 'second_payment'; END IF;
  IF d.status = 'failed' THEN RETURN 'intent_failed'; END IF;
  IF y.asset <> d.asset THEN RETURN 'wrong_asset'; END IF;
  IF v_units IS NULL THEN RETURN 'inexact_amount'; END IF;
  IF v_units < d.amount THEN RETURN 'underpaid'; END IF;
  IF v_units > d.amount THEN RETURN 'overpaid'; END IF;
  IF y.payer IS NOT NULL AND NOT EXISTS (SELECT 1 FROM players WHERE tenant_id = d.tenant_id AND player_id = d.player_id AND telegram_id = y.payer) THEN
    RETURN 'other_payer';
  END IF;
  -- What was paid in time and told late is not late.
  IF y.paid_at > d.expires_at AND y.paid_at > d.expires_at + a.late_credit THEN RETURN 'late'; END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- Credits a confirmed payment once, or puts it in quarantine (as p_item). A repeat says what became of it.
-- Codes: ok, cashier.payment_not_found.
-- +goose StatementBegin
CREATE FUNCTION api_deposit_credit(p_tenant bigint, p_account text, p_tx text, p_item text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE y deposit_payments; d deposits; a gateway_accounts; v_why text;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO y FROM deposit_payments WHERE tenant_id = p_tenant AND account_id = p_account AND tx = p_tx FOR NO KEY UPDATE;
  IF NOT FOUND OR y.outcome <> 'open' OR NOT deposit_is_confirmed(y) THEN RETURN api_deposit_state(p_tenant, p_account, p_tx); END IF;
  SELECT * INTO STRICT a FROM gateway_accounts WHERE tenant_id = p_tenant AND account_id = p_account;
  IF y.deposit_id IS NOT NULL THEN
    SELECT * INTO STRICT d FROM deposits WHERE tenant_id = p_tenant AND deposit_id = y.deposit_id FOR NO KEY UPDATE;
  END IF;
  v_why := deposit_obstacle(y, d, a);
  IF v_why IS NULL THEN
    v_why := player_refusal(p_tenant, d.group_id, d.player_id, 'deposit', d.credit_asset, d.credit)->>'code';
  END IF;
  IF v_why IS NULL THEN
    PERFORM deposit_post(y, d, a, jsonb_build_object('actor', 'system', 'reason', CASE WHEN y.paid_at > d.expires_at THEN 'late' ELSE '' END));
  ELSE
    PERFORM deposit_set_aside(y, d, p_item, v_why);
  END IF;
  RETURN api_deposit_state(p_tenant, p_account, p_tx);
END $$;
-- +goose StatementEnd

-- Pays what d says out of the account's clearing to d's player, under the payment's key. The caller has locked both rows.
-- +goose StatementBegin
CREATE FUNCTION deposit_post(y deposit_payments, d deposits, a gateway_accounts, p jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE r record; v_key text := y.account_id || ':' || y.tx; v_hash bytea;
BEGIN
  IF length(v_key) > 128 THEN v_key := y.account_id || ':' || encode(sha256(convert_to(y.tx, 'UTF8')), 'hex'); END IF;
  v_hash := sha256(convert_to(concat_ws('/', y.asset, y.scale, y.amount), 'UTF8'));
  r := ledger_apply(y.tenant_id, 'deposit', d.deposit_id, ARRAY[ledger_account(y.tenant_id, d.group_id, d.credit_asset, 'clearing', deposit_clearing(a))],
    ARRAY[ledger_account(y.tenant_id, d.group_id, d.credit_asset, 'player', d.player_id::text)], ARRAY[d.credit]);
  UPDATE deposit_payments SET outcome = 'credited', credited_to = d.deposit_id, transfer_id = r.o_transfer, updated_at = clock_timestamp()
   WHERE tenant_id = y.tenant_id AND account_id = y.account_id AND tx = y.tx;
  d.tx := y.tx;
  PERFORM deposit_move(d, 'credited', p);
  PERFORM ledger_remember(y.tenant_id, 'deposit', v_key, v_hash, r.o_transfer, jsonb_build_object('code', 'ok', 'transfer', r.o_transfer, 'at', r.o_at));
END $$;
-- +goose StatementEnd

-- The owner of the clearing account that stands for a gateway account's money.
-- +goose StatementBegin
CREATE FUNCTION deposit_clearing(a gateway_accounts) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT CASE WHEN a.kind = 'stars' THEN 'stars' ELSE a.account_id END $$;
-- +goose StatementEnd

-- Keeps a payment for a person. The intent waits with it unless another payment stands for it.
-- +goose StatementBegin
CREATE FUNCTION deposit_set_aside(y deposit_payments, d deposits, p_item text, p_why text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO deposit_quarantine (tenant_id, item_id, account_id, tx, deposit_id, asset, scale, amount, why)
  VALUES (y.tenant_id, p_item, y.account_id, y.tx, y.deposit_id, y.asset, y.scale, y.amount, p_why);
  UPDATE deposit_payments SET outcome = 'quarantined', updated_at = clock_timestamp() WHERE tenant_id = y.tenant_id AND account_id = y.account_id AND tx = y.tx;
  IF d.status = 'confirming' AND d.tx = y.tx THEN
    PERFORM deposit_move(d, 'quarantined', jsonb_build_object('actor', 'system', 'reason', p_why));
  ELSE
    PERFORM deposit_event(y.tenant_id, y.deposit_id, y.account_id, y.tx, 'quarantined', jsonb_build_object('reason', p_why));
  END IF;
END $$;
-- +goose StatementEnd

-- Whether a payment in Stars may go on: asked before Telegram takes the money. Codes: ok, cashier.deposit_not_found,
-- cashier.deposit_closed, cashier.amount_mismatch, cashier.other_payer, cashier.gateway_off, and those of player_refusal.
-- +goose StatementBegin
CREATE FUNCTION api_stars_check(p_tenant bigint, p_intent text, p_telegram bigint, p_amount bigint) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE d deposits; v jsonb;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO d FROM deposits WHERE tenant_id = p_tenant AND deposit_id = p_intent AND asset = 'xtr';
  IF NOT FOUND THEN RETURN '{"code": "cashier.deposit_not_found"}'; END IF;
  IF d.status <> 'pending' OR d.expires_at <= clock_timestamp() THEN RETURN jsonb_build_object('code', 'cashier.deposit_closed', 'status', d.status); END IF;
  IF d.amount <> p_amount THEN RETURN '{"code": "cashier.amount_mismatch"}'; END IF;
  IF NOT EXISTS (SELECT 1 FROM players WHERE tenant_id = p_tenant AND player_id = d.player_id AND telegram_id = p_telegram) THEN RETURN '{"code": "cashier.other_payer"}'; END IF;
  IF NOT EXISTS (SELECT 1 FROM gateway_accounts WHERE tenant_id = p_tenant AND account_id = d.account_id AND enabled AND deposits) THEN
    RETURN '{"code": "cashier.gateway_off"}';
  END IF;
  v := player_refusal(p_tenant, d.group_id, d.player_id, 'deposit', d.credit_asset, d.credit);
  RETURN coalesce(v, '{"code": "ok"}');
END $$;
-- +goose StatementEnd

-- The account that Stars of an intent, or of nothing we know, belong to: the intent's, else the tenant's first.
-- +goose StatementBegin
CREATE FUNCTION api_stars_account(p_tenant bigint, p_intent text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT account_id FROM deposits WHERE tenant_id = p_tenant AND deposit_id = p_intent AND asset = 'xtr'),
    (SELECT account_id FROM gateway_accounts WHERE tenant_id = p_tenant AND kind = 'stars' ORDER BY created_at LIMIT 1), '')
$$;
-- +goose StatementEnd
