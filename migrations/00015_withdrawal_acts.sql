-- +goose Up
-- What may be done with withdrawals, addresses and policies. Each function is one transaction's whole work. Codes other than
-- ok mean that nothing moved.

-- Whether an account of a gateway pays an asset out now.
-- +goose StatementBegin
CREATE FUNCTION withdrawal_gateway_pays(p_tenant bigint, p_gateway text, p_asset text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (SELECT 1 FROM gateway_accounts WHERE tenant_id = p_tenant AND account_id = p_gateway AND enabled AND payouts AND p_asset = ANY (assets));
END $$;
-- +goose StatementEnd

-- Adds a destination to a player's book. Codes: ok, cashier.asset_off, cashier.gateway_off, cashier.address_exists,
-- players.not_verified.
-- +goose StatementBegin
CREATE FUNCTION api_address_add(p_tenant bigint, p_player bigint, p_id text, p_gateway text, p_asset text, p_label text, p_sealed bytea, p_hash bytea,
  p_masked text, p_verification text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE c cash_policies; v_now timestamptz := clock_timestamp(); v_usable timestamptz;
BEGIN
  PERFORM ledger_guard(p_tenant);
  PERFORM 1 FROM players WHERE tenant_id = p_tenant AND player_id = p_player FOR NO KEY UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'player % does not exist', p_player USING ERRCODE = 'P0002'; END IF;
  SELECT * INTO c FROM cash_policies WHERE tenant_id = p_tenant AND asset = p_asset;
  IF NOT FOUND OR NOT c.enabled THEN RETURN '{"code": "cashier.asset_off"}'; END IF;
  IF NOT withdrawal_gateway_pays(p_tenant, p_gateway, p_asset) THEN RETURN '{"code": "cashier.gateway_off"}'; END IF;
  IF EXISTS (SELECT 1 FROM payout_addresses WHERE tenant_id = p_tenant AND player_id = p_player AND destination_hash = p_hash AND removed_at IS NULL) THEN
    RETURN '{"code": "cashier.address_exists"}';
  END IF;
  IF NOT player_verified(p_tenant, p_player, 'address', p_verification) THEN RETURN '{"code": "players.not_verified"}'; END IF;
  v_usable := v_now + c.address_wait;
  INSERT INTO payout_addresses (tenant_id, address_id, player_id, gateway, asset, label, destination_sealed, destination_hash, masked, added_at, usable_at)
  VALUES (p_tenant, p_id, p_player, p_gateway, p_asset, p_label, p_sealed, p_hash, p_masked, v_now, v_usable);
  RETURN jsonb_build_object('code', 'ok', 'added_at', v_now, 'usable_at', v_usable);
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION api_address_remove(p_tenant bigint, p_player bigint, p_id text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM ledger_guard(p_tenant);
  UPDATE payout_addresses SET removed_at = coalesce(removed_at, clock_timestamp()) WHERE tenant_id = p_tenant AND address_id = p_id AND player_id = p_player;
  RETURN CASE WHEN FOUND THEN '{"code": "ok"}'::jsonb ELSE '{"code": "cashier.address_not_found"}' END;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION api_withdrawal_state(p_tenant bigint, p_id text) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE w withdrawals;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO w FROM withdrawals WHERE tenant_id = p_tenant AND withdrawal_id = p_id;
  IF NOT FOUND THEN RETURN '{"code": "cashier.withdrawal_not_found"}'; END IF;
  RETURN withdrawal_state(w) || jsonb_build_object('pending', withdrawal_pending(w));
END $$;
-- +goose StatementEnd

-- Sends a request to its first review, or past all of them.
-- +goose StatementBegin
CREATE FUNCTION api_withdrawal_begin(p_tenant bigint, p_id text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE w withdrawals;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO w FROM withdrawals WHERE tenant_id = p_tenant AND withdrawal_id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "cashier.withdrawal_not_found"}'; END IF;
  IF w.status = 'requested' THEN
    w := withdrawal_move(w, CASE WHEN w.reviews = 0 THEN 'approved' ELSE 'initial_review' END, '{"actor": "system"}');
  END IF;
  RETURN withdrawal_state(w);
END $$;
-- +goose StatementEnd

-- Marks a review as overdue, once.
-- +goose StatementBegin
CREATE FUNCTION api_withdrawal_escalate(p_tenant bigint, p_id text, p_version int) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE w withdrawals;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO w FROM withdrawals WHERE tenant_id = p_tenant AND withdrawal_id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "cashier.withdrawal_not_found"}'; END IF;
  IF w.status IN ('initial_review', 'secondary_review') AND w.version = p_version AND NOT w.escalated THEN
    UPDATE withdrawals SET escalated = true, updated_at = clock_timestamp() WHERE tenant_id = p_tenant AND withdrawal_id = p_id;
    INSERT INTO withdrawal_events (tenant_id, withdrawal_id, kind, actor, from_status, to_status) VALUES (p_tenant, p_id, 'escalated', 'system', w.status, w.status);
    PERFORM withdrawal_notice(p_tenant, p_id, NULL::bigint, true);
  END IF;
  RETURN withdrawal_state(w);
END $$;
-- +goose StatementEnd

-- Ends a withdrawal that nobody decided in time. A decision that is written for the stage goes first: pending says so.
-- +goose StatementBegin
CREATE FUNCTION api_withdrawal_expire(p_tenant bigint, p_id text, p_version int) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE w withdrawals;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO w FROM withdrawals WHERE tenant_id = p_tenant AND withdrawal_id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "cashier.withdrawal_not_found"}'; END IF;
  IF w.version = p_version AND withdrawal_may(w.status, 'expired') THEN
    IF withdrawal_pending(w) THEN RETURN withdrawal_state(w) || '{"pending": true}'; END IF;
    w := withdrawal_move(w, 'expired', '{"actor": "system", "reason_code": "SLA_EXPIRED"}');
  END IF;
  RETURN withdrawal_state(w);
END $$;
-- +goose StatementEnd

-- Puts a payout before a person: the reviewers get or keep its card.
-- +goose StatementBegin
CREATE FUNCTION api_withdrawal_need_person(p_tenant bigint, p_id text, p_why text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE w withdrawals;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO w FROM withdrawals WHERE tenant_id = p_tenant AND withdrawal_id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "cashier.withdrawal_not_found"}'; END IF;
  IF w.ended_at IS NULL AND NOT (w.needs_person AND w.escalated) THEN
    UPDATE withdrawals SET needs_person = true, escalated = true, updated_at = clock_timestamp() WHERE tenant_id = p_tenant AND withdrawal_id = p_id;
    INSERT INTO withdrawal_events (tenant_id, withdrawal_id, kind, actor, from_status, to_status, note)
    VALUES (p_tenant, p_id, 'needs_person', 'system', w.status, w.status, left(p_why, 500));
    PERFORM withdrawal_notice(p_tenant, p_id, w.player_id, true);
  END IF;
  RETURN withdrawal_state(w);
END $$;
-- +goose StatementEnd

-- Commits that the gateway is about to be called. An attempt that was begun before is not fresh: its caller asks first.
-- Codes: ok, cashier.withdrawal_not_found, cashier.payouts_stopped, cashier.gateway_off. An attempt that was begun goes on while
-- its account is off.
-- +goose StatementBegin
CREATE FUNCTION api_withdrawal_pay(p_tenant bigint, p_id text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE w withdrawals; v jsonb; v_fresh boolean := false;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO w FROM withdrawals WHERE tenant_id = p_tenant AND withdrawal_id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "cashier.withdrawal_not_found"}'; END IF;
  IF w.status IN ('approved', 'paying') AND payouts_stopped(p_tenant) THEN RETURN '{"code": "cashier.payouts_stopped"}'; END IF;
  IF w.status = 'approved' THEN
    PERFORM 1 FROM gateway_accounts WHERE tenant_id = p_tenant AND account_id = w.gateway FOR SHARE; -- whoever switches it off comes before or after
    IF NOT withdrawal_gateway_pays(p_tenant, w.gateway, w.asset) THEN RETURN '{"code": "cashier.gateway_off"}'; END IF;
    v := player_refusal(p_tenant, w.group_id, w.player_id, 'withdraw', w.asset, w.amount);
    IF v->>'code' = 'players.frozen' THEN RETURN jsonb_build_object('code', 'cashier.payouts_stopped', 'why', v->>'code'); END IF;
    INSERT INTO payout_attempts (tenant_id, withdrawal_id, attempt) VALUES (p_tenant, p_id, w.resolution);
    w := withdrawal_move(w, 'paying', jsonb_build_object('actor', 'system', 'detail', 'attempt ' || w.resolution));
    v_fresh := true;
  END IF;
  RETURN withdrawal_state(w) || withdrawal_order(w) || jsonb_build_object('fresh', v_fresh);
END $$;
-- +goose StatementEnd

-- What a caller of the gateway needs, only while there is something to call for.
-- +goose StatementBegin
CREATE FUNCTION withdrawal_order(w withdrawals) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF w.status NOT IN ('paying', 'unknown') THEN RETURN '{}'; END IF;
  RETURN (SELECT jsonb_build_object('gateway', w.gateway, 'asset', w.asset, 'scale', s.scale, 'amount', w.amount, 'player', w.player_id, 'address', w.address_id,
      'destination', encode(d.destination_sealed, 'base64'))
    FROM payout_addresses d JOIN assets s ON s.code = w.asset WHERE d.tenant_id = w.tenant_id AND d.address_id = w.address_id);
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION api_withdrawal_payout(p_tenant bigint, p_id text) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE w withdrawals;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO w FROM withdrawals WHERE tenant_id = p_tenant AND withdrawal_id = p_id;
  IF NOT FOUND THEN RETURN '{"code": "cashier.withdrawal_not_found"}'; END IF;
  RETURN withdrawal_state(w) || withdrawal_order(w);
END $$;
-- +goose StatementEnd

-- Stores what a gateway said, once for every new word, and ends the withdrawal when the word is final. A word that
-- contradicts how the withdrawal ended moves nothing and is answered with conflict.
-- +goose StatementBegin
CREATE FUNCTION api_withdrawal_answer(p_tenant bigint, p_id text, p_source text, p_state text, p_ref text, p_reason text, p_attest bytea) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE w withdrawals; v_last payout_answers; v_open boolean; v_conflict boolean; v_to text; v_new boolean;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO w FROM withdrawals WHERE tenant_id = p_tenant AND withdrawal_id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "cashier.withdrawal_not_found"}'; END IF;
  PERFORM gateway_attested(p_tenant, w.gateway, p_attest);
  v_open := w.status IN ('paying', 'unknown');
  v_conflict := NOT v_open AND ((p_state = 'paid' AND w.status <> 'paid') OR (p_state = 'failed' AND w.status = 'paid'));
  IF NOT v_open AND NOT v_conflict THEN RETURN withdrawal_state(w); END IF;
  SELECT * INTO v_last FROM payout_answers WHERE tenant_id = p_tenant AND withdrawal_id = p_id ORDER BY answer_id DESC LIMIT 1;
  v_new := (v_last.state, v_last.ref) IS DISTINCT FROM (p_state, coalesce(p_ref, ''));
  IF v_new THEN
    INSERT INTO payout_answers (tenant_id, withdrawal_id, source, state, ref, reason)
    VALUES (p_tenant, p_id, p_source, p_state, coalesce(p_ref, ''), left(coalesce(p_reason, ''), 500));
  END IF;
  IF v_conflict THEN RETURN withdrawal_state(w) || jsonb_build_object('conflict', true, 'new', v_new); END IF;
  v_new := v_new OR w.payout <> p_state;
  w.payout := p_state;
  w.gateway_ref := coalesce(nullif(p_ref, ''), w.gateway_ref);
  v_to := CASE WHEN p_state IN ('paid', 'failed') THEN p_state WHEN p_state = 'unknown' THEN 'unknown' ELSE 'paying' END;
  IF v_to <> w.status THEN
    w := withdrawal_move(w, v_to, jsonb_build_object('actor', 'gateway', 'note', left(coalesce(p_reason, ''), 500), 'detail', p_ref));
  ELSIF v_new THEN
    UPDATE withdrawals SET payout = w.payout, gateway_ref = w.gateway_ref, updated_at = clock_timestamp() WHERE tenant_id = p_tenant AND withdrawal_id = p_id;
    INSERT INTO withdrawal_events (tenant_id, withdrawal_id, kind, actor, from_status, to_status, note, detail)
    VALUES (p_tenant, p_id, 'answered', 'gateway', w.status, w.status, p_state, coalesce(p_ref, ''));
  END IF;
  RETURN withdrawal_state(w);
END $$;
-- +goose StatementEnd
