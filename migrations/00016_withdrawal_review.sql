-- +goose Up
-- What operators do with withdrawals and with the rules for them. Each function checks the operator's proof itself, writes
-- the operation log, and is one transaction's whole work.

-- What an operator must be allowed to do for a verdict at a stage. The review that leads to a payout is the final one.
-- +goose StatementBegin
CREATE FUNCTION withdrawal_permission(p_stage text, p_verdict text, p_reviews int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN p_stage = 'resolution' OR (p_stage IS NULL AND p_verdict IN ('pay_confirmed', 'pay_failed', 'retry')) THEN 'withdrawals.resolve'
              WHEN p_stage = 'secondary' OR (p_verdict = 'approve' AND p_reviews = 1) THEN 'withdrawals.review_final'
              ELSE 'withdrawals.review' END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION withdrawal_decision_view(d withdrawal_decisions) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('code', 'ok', 'id', d.decision_id, 'withdrawal', d.withdrawal_id, 'stage', d.stage, 'cycle', d.cycle, 'verdict', d.verdict,
    'operator', (SELECT public_id FROM operators WHERE tenant_id = d.tenant_id AND operator_id = d.operator_id),
    'reason_code', d.reason_code, 'reason', d.reason, 'gateway_ref', d.gateway_ref, 'at', d.decided_at,
    'applied', EXISTS (SELECT 1 FROM withdrawal_events e WHERE e.tenant_id = d.tenant_id AND e.decision_id = d.decision_id))
$$;
-- +goose StatementEnd

-- Why a person may not give this verdict on this withdrawal; null when nothing stands against it. Both review stages need
-- different people in all cycles; whether an unknown payout failed is not said by the one who approved it last.
-- +goose StatementBegin
CREATE FUNCTION withdrawal_objection(w withdrawals, p_stage text, p_operator bigint, p jsonb) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE v_verdict text := p->>'verdict';
BEGIN
  IF p_stage IS NULL THEN RETURN 'cashier.wrong_stage'; END IF;
  IF w.version <> (p->>'version')::int THEN RETURN 'cashier.stale'; END IF;
  IF NOT coalesce(v_verdict = ANY (CASE p_stage WHEN 'initial' THEN ARRAY['approve', 'reject'] WHEN 'secondary' THEN ARRAY['approve', 'reject', 'send_back']
      ELSE ARRAY['pay_confirmed', 'pay_failed', 'retry'] END), false) THEN
    RETURN 'cashier.invalid_verdict';
  END IF;
  IF v_verdict IN ('reject', 'send_back', 'pay_failed') AND coalesce(p->>'reason_code', '') = '' THEN RETURN 'cashier.reason_required'; END IF;
  IF v_verdict = 'pay_confirmed' AND btrim(coalesce(p->>'gateway_ref', '')) = '' THEN RETURN 'cashier.reference_required'; END IF;
  IF operator_is_player(w.tenant_id, p_operator, w.player_id) THEN RETURN 'cashier.own_withdrawal'; END IF;
  IF p_stage <> 'resolution' AND EXISTS (SELECT 1 FROM withdrawal_decisions WHERE tenant_id = w.tenant_id AND withdrawal_id = w.withdrawal_id
       AND operator_id = p_operator AND stage NOT IN (p_stage, 'resolution')) THEN
    RETURN 'cashier.same_person';
  END IF;
  IF v_verdict = 'pay_failed' AND w.was_unknown AND p_operator = coalesce(w.secondary_by, w.initial_by) THEN RETURN 'cashier.same_person'; END IF;
  IF withdrawal_pending(w) THEN RETURN 'cashier.already_decided'; END IF;
  IF w.claimed_until > clock_timestamp() AND w.claimed_by <> p_operator THEN RETURN 'cashier.claimed'; END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- Writes an operator's decision; api_withdrawal_apply moves by it. p: decision, withdrawal, version, verdict, reason_code,
-- reason, key, gateway_ref. Codes: ok, cashier.withdrawal_not_found, ledger.key_reused, operators.*, those of
-- withdrawal_objection, for an approval those of player_refusal.
-- +goose StatementBegin
CREATE FUNCTION api_withdrawal_decide(p_tenant bigint, p_via text, p_proof bytea, p_request text, p jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE w withdrawals; d withdrawal_decisions; a record; v jsonb; v_stage text; v_verdict text := p->>'verdict'; v_code text; v_telegram bigint; v_step boolean;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO w FROM withdrawals WHERE tenant_id = p_tenant AND withdrawal_id = p->>'withdrawal' FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "cashier.withdrawal_not_found"}'; END IF;

  -- A repeat is answered with what was written, wherever the withdrawal is by now.
  FOR d IN SELECT * FROM withdrawal_decisions WHERE tenant_id = p_tenant AND withdrawal_id = w.withdrawal_id AND key = p->>'key' LOOP
    a := operator_acting(p_tenant, p_via, p_proof, withdrawal_permission(d.stage, d.verdict, w.reviews), false);
    IF a.o_code IS NULL AND a.o_operator = d.operator_id THEN
      IF d.verdict <> v_verdict OR d.reason_code <> coalesce(p->>'reason_code', '') THEN RETURN '{"code": "ledger.key_reused"}'; END IF;
      RETURN withdrawal_decision_view(d) || '{"replayed": true}';
    END IF;
  END LOOP;

  v_stage := withdrawal_stage(w);
  v_step := v_stage = 'resolution' OR (v_verdict = 'approve' AND w.step_up AND (v_stage = 'secondary' OR w.reviews = 1));
  a := operator_acting(p_tenant, p_via, p_proof, withdrawal_permission(v_stage, v_verdict, w.reviews), coalesce(v_step, false));
  IF a.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', a.o_code); END IF;
  SELECT telegram_id INTO v_telegram FROM operators WHERE tenant_id = p_tenant AND operator_id = a.o_operator;
  v_code := withdrawal_objection(w, v_stage, a.o_operator, p);
  IF v_code IS NOT NULL THEN RETURN jsonb_build_object('code', v_code, 'status', w.status, 'version', w.version); END IF;
  IF EXISTS (SELECT 1 FROM withdrawal_decisions WHERE tenant_id = p_tenant AND operator_id = a.o_operator AND key = p->>'key') THEN
    RETURN '{"code": "ledger.key_reused"}';
  END IF;
  IF v_verdict = 'approve' THEN
    v := player_refusal(p_tenant, w.group_id, w.player_id, 'withdraw', w.asset, w.amount);
    IF v IS NOT NULL THEN RETURN v; END IF;
  END IF;

  INSERT INTO withdrawal_decisions (tenant_id, decision_id, withdrawal_id, stage, cycle, verdict, operator_id, operator_telegram, via, reason_code, reason,
    gateway_ref, key)
  VALUES (p_tenant, p->>'decision', w.withdrawal_id, v_stage, CASE WHEN v_stage = 'resolution' THEN w.resolution ELSE w.cycle END, v_verdict, a.o_operator,
    v_telegram, p_via, coalesce(p->>'reason_code', ''), coalesce(p->>'reason', ''), btrim(coalesce(p->>'gateway_ref', '')), p->>'key')
  RETURNING * INTO d;
  v := withdrawal_decision_view(d);
  PERFORM operation_note(p_tenant, a.o_operator, p_via, 'withdrawal.' || v_verdict, 'withdrawal', w.withdrawal_id,
    jsonb_build_object('status', w.status, 'version', w.version, 'cycle', w.cycle),
    jsonb_build_object('decision', d.decision_id, 'stage', v_stage, 'verdict', v_verdict, 'reason_code', d.reason_code, 'gateway_ref', d.gateway_ref),
    d.reason, p_request);
  PERFORM withdrawal_event(p_tenant, 'withdrawal.decided.v1', jsonb_build_object('withdrawal', w.withdrawal_id, 'decision', d.decision_id, 'stage', v_stage,
    'operator', v->>'operator'));
  RETURN v;
END $$;
-- +goose StatementEnd

-- Moves a withdrawal by a written decision, once. Codes: ok, cashier.withdrawal_not_found, cashier.decision_unknown,
-- cashier.wrong_stage.
-- +goose StatementBegin
CREATE FUNCTION api_withdrawal_apply(p_tenant bigint, p_id text, p_decision text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE w withdrawals; d withdrawal_decisions; v_to text;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO w FROM withdrawals WHERE tenant_id = p_tenant AND withdrawal_id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "cashier.withdrawal_not_found"}'; END IF;
  SELECT * INTO d FROM withdrawal_decisions WHERE tenant_id = p_tenant AND decision_id = p_decision AND withdrawal_id = p_id;
  IF NOT FOUND THEN RETURN '{"code": "cashier.decision_unknown"}'; END IF;
  IF EXISTS (SELECT 1 FROM withdrawal_events WHERE tenant_id = p_tenant AND decision_id = p_decision) THEN RETURN withdrawal_state(w); END IF;
  IF d.stage IS DISTINCT FROM withdrawal_stage(w) OR d.cycle <> (CASE WHEN d.stage = 'resolution' THEN w.resolution ELSE w.cycle END) THEN
    RETURN jsonb_build_object('code', 'cashier.wrong_stage', 'status', w.status, 'version', w.version);
  END IF;
  CASE d.verdict
    WHEN 'approve' THEN
      IF d.stage = 'initial' THEN w.initial_by := d.operator_id; ELSE w.secondary_by := d.operator_id; END IF;
      v_to := CASE WHEN d.stage = 'initial' AND w.reviews = 2 THEN 'secondary_review' ELSE 'approved' END;
    WHEN 'reject' THEN v_to := 'rejected';
    WHEN 'send_back' THEN
      v_to := 'initial_review';
      w.cycle := w.cycle + 1;
      w.initial_by := NULL;
    WHEN 'pay_confirmed' THEN
      v_to := 'paid';
      w.payout := 'paid';
      w.gateway_ref := d.gateway_ref;
    WHEN 'pay_failed' THEN
      v_to := 'failed';
      w.payout := 'failed';
    WHEN 'retry' THEN
      v_to := 'paying';
      w.payout := '';
      w.resolution := w.resolution + 1;
      INSERT INTO payout_attempts (tenant_id, withdrawal_id, attempt) VALUES (p_tenant, p_id, w.resolution);
  END CASE;
  w := withdrawal_move(w, v_to, jsonb_build_object('actor', 'operator', 'operator', d.operator_id, 'reason_code', d.reason_code, 'note', d.reason,
    'detail', coalesce(nullif(d.gateway_ref, ''), d.decision_id), 'decision', d.decision_id));
  RETURN withdrawal_state(w);
END $$;
-- +goose StatementEnd

-- Decisions that are written, not applied, and of the present stage, oldest first.
-- +goose StatementBegin
CREATE FUNCTION api_withdrawal_pending(p_tenant bigint, p_id text) RETURNS SETOF jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM ledger_guard(p_tenant);
  RETURN QUERY SELECT withdrawal_decision_view(d) FROM withdrawal_decisions d
    JOIN withdrawals w ON w.tenant_id = d.tenant_id AND w.withdrawal_id = d.withdrawal_id
   WHERE d.tenant_id = p_tenant AND d.withdrawal_id = p_id AND d.stage = withdrawal_stage(w)
     AND d.cycle = CASE WHEN d.stage = 'resolution' THEN w.resolution ELSE w.cycle END ORDER BY d.decided_at;
END $$;
-- +goose StatementEnd

-- Keeps a withdrawal for an operator, or lets go of it. Codes: ok, cashier.withdrawal_not_found, cashier.wrong_stage,
-- cashier.claimed, operators.*.
-- +goose StatementBegin
CREATE FUNCTION api_withdrawal_claim(p_tenant bigint, p_via text, p_proof bytea, p_request text, p_id text, p_claim boolean) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE w withdrawals; a record; v_for interval; v_live boolean;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO w FROM withdrawals WHERE tenant_id = p_tenant AND withdrawal_id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "cashier.withdrawal_not_found"}'; END IF;
  a := operator_acting(p_tenant, p_via, p_proof, withdrawal_permission(withdrawal_stage(w), '', w.reviews), false);
  IF a.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', a.o_code); END IF;
  v_live := coalesce(w.claimed_until > clock_timestamp(), false);
  IF v_live AND w.claimed_by <> a.o_operator THEN RETURN '{"code": "cashier.claimed"}'; END IF;
  IF p_claim AND withdrawal_stage(w) IS NULL THEN RETURN jsonb_build_object('code', 'cashier.wrong_stage', 'status', w.status, 'version', w.version); END IF;
  IF p_claim OR v_live THEN
    SELECT claim_for INTO v_for FROM cash_policies WHERE tenant_id = p_tenant AND asset = w.asset;
    UPDATE withdrawals SET claimed_by = CASE WHEN p_claim THEN a.o_operator END, claimed_until = CASE WHEN p_claim THEN clock_timestamp() + v_for END,
           updated_at = clock_timestamp() WHERE tenant_id = p_tenant AND withdrawal_id = p_id;
    INSERT INTO withdrawal_events (tenant_id, withdrawal_id, kind, actor, operator_id, from_status, to_status)
    VALUES (p_tenant, p_id, CASE WHEN p_claim THEN 'claimed' ELSE 'released' END, 'operator', a.o_operator, w.status, w.status);
    PERFORM operation_note(p_tenant, a.o_operator, p_via, CASE WHEN p_claim THEN 'withdrawal.claim' ELSE 'withdrawal.release' END, 'withdrawal', p_id,
      jsonb_build_object('claimed', v_live), jsonb_build_object('claimed', p_claim), '', p_request);
    PERFORM withdrawal_notice(p_tenant, p_id, NULL::bigint, true);
  END IF;
  RETURN jsonb_build_object('code', 'ok', 'withdrawal', api_withdrawal_view(p_tenant, p_id));
END $$;
-- +goose StatementEnd

-- Writes down that an operator has the workflow of an open withdrawal started again; it changes nothing else. Codes: ok,
-- cashier.withdrawal_not_found, cashier.wrong_stage.
-- +goose StatementBegin
CREATE FUNCTION api_withdrawal_resume(p_tenant bigint, p_via text, p_proof bytea, p_request text, p_id text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE w withdrawals; a record;
BEGIN
  PERFORM ledger_guard(p_tenant);
  a := operator_acting(p_tenant, p_via, p_proof, 'withdrawals.resolve', false);
  IF a.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', a.o_code); END IF;
  SELECT * INTO w FROM withdrawals WHERE tenant_id = p_tenant AND withdrawal_id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "cashier.withdrawal_not_found"}'; END IF;
  IF w.ended_at IS NOT NULL THEN RETURN jsonb_build_object('code', 'cashier.wrong_stage', 'status', w.status, 'version', w.version); END IF;
  INSERT INTO withdrawal_events (tenant_id, withdrawal_id, kind, actor, operator_id, from_status, to_status)
  VALUES (p_tenant, p_id, 'resumed', 'operator', a.o_operator, w.status, w.status);
  PERFORM operation_note(p_tenant, a.o_operator, p_via, 'withdrawal.resume', 'withdrawal', p_id, NULL::jsonb, jsonb_build_object('status', w.status), '', p_request);
  RETURN jsonb_build_object('code', 'ok', 'withdrawal', api_withdrawal_view(p_tenant, p_id));
END $$;
-- +goose StatementEnd

-- The withdrawal that a key was accepted for, before the player is asked to prove anything again. Codes: ok, ledger.key_reused,
-- cashier.withdrawal_not_found for a new key.
-- +goose StatementBegin
CREATE FUNCTION api_withdrawal_asked(p_tenant bigint, p_player bigint, p_key text, p_hash bytea) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v jsonb;
BEGIN
  PERFORM ledger_guard(p_tenant);
  v := ledger_seen(p_tenant, 'withdraw.' || p_player, p_key, p_hash);
  IF v IS NULL THEN RETURN '{"code": "cashier.withdrawal_not_found"}'; END IF;
  IF v->>'code' = 'ok' THEN RETURN v || jsonb_build_object('withdrawal', api_withdrawal_view(p_tenant, v->>'id')); END IF;
  RETURN v;
END $$;
-- +goose StatementEnd

-- Stores a policy. p_by null is the installation.
-- +goose StatementBegin
CREATE FUNCTION cash_policy_put(p_tenant bigint, p jsonb, p_by bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM cash_policies WHERE tenant_id = p_tenant AND asset = p->>'asset';
  INSERT INTO cash_policies (tenant_id, asset, enabled, min_amount, max_amount, daily_amount, auto_below, single_below, step_up_above, claim_for, escalate_after,
    expire_after, kyc_level, min_age, markets, credential_cooldown, address_wait, updated_by)
  VALUES (p_tenant, p->>'asset', (p->>'enabled')::boolean, (p->>'min_amount')::bigint, (p->>'max_amount')::bigint, (p->>'daily_amount')::bigint,
    (p->>'auto_below')::bigint, (p->>'single_below')::bigint, (p->>'step_up_above')::bigint, make_interval(secs => (p->>'claim_for')::float8),
    make_interval(secs => (p->>'escalate_after')::float8), make_interval(secs => (p->>'expire_after')::float8), (p->>'kyc_level')::int, (p->>'min_age')::int,
    ARRAY(SELECT jsonb_array_elements_text(p->'markets')), make_interval(secs => (p->>'credential_cooldown')::float8),
    make_interval(secs => (p->>'address_wait')::float8), p_by);
END $$;
-- +goose StatementEnd

-- Replaces a policy. While withdrawals of the asset wait before their payout no threshold may rise, whether or not it would
-- reach them. Codes: ok, cashier.asset_off, cashier.items_waiting, operators.*.
-- +goose StatementBegin
CREATE FUNCTION api_cash_policy_set(p_tenant bigint, p_via text, p_proof bytea, p_request text, p jsonb, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE a record; c cash_policies; v_waiting bigint;
BEGIN
  PERFORM ledger_guard(p_tenant);
  a := operator_acting(p_tenant, p_via, p_proof, 'cashier.configure', true);
  IF a.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', a.o_code); END IF;
  IF NOT ledger_is_cash(p->>'asset') THEN RETURN '{"code": "cashier.asset_off"}'; END IF;
  PERFORM pg_advisory_xact_lock(7013, hashtext(p_tenant || '/' || (p->>'asset')));
  SELECT * INTO c FROM cash_policies WHERE tenant_id = p_tenant AND asset = p->>'asset' FOR UPDATE;
  IF (p->>'auto_below')::bigint > coalesce(c.auto_below, 0) OR (p->>'single_below')::bigint > coalesce(c.single_below, 0)
     OR (p->>'step_up_above')::bigint > coalesce(c.step_up_above, 0) THEN
    SELECT count(*) INTO v_waiting FROM withdrawals WHERE tenant_id = p_tenant AND asset = p->>'asset' AND ended_at IS NULL
       AND status IN ('requested', 'initial_review', 'secondary_review', 'approved');
    IF v_waiting > 0 THEN RETURN jsonb_build_object('code', 'cashier.items_waiting', 'waiting', v_waiting); END IF;
  END IF;
  PERFORM cash_policy_put(p_tenant, p, a.o_operator);
  PERFORM operation_note(p_tenant, a.o_operator, p_via, 'policy.set', 'policy', p->>'asset', CASE WHEN c.asset IS NOT NULL THEN to_jsonb(c) - 'tenant_id' END, p, p_reason, p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- Turns the sandbox asset on where nobody has configured it: no real money, no thresholds. Codes: ok, cashier.asset_off.
-- +goose StatementBegin
CREATE FUNCTION api_cash_policy_seed(p_tenant bigint, p jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM ledger_guard(p_tenant);
  IF p->>'asset' IS DISTINCT FROM 'sbx' THEN RETURN '{"code": "cashier.asset_off"}'; END IF;
  PERFORM pg_advisory_xact_lock(7013, hashtext(p_tenant || '/sbx'));
  IF NOT EXISTS (SELECT 1 FROM cash_policies WHERE tenant_id = p_tenant AND asset = 'sbx') THEN
    PERFORM cash_policy_put(p_tenant, p || '{"auto_below": 0, "single_below": 0, "step_up_above": 0}', NULL::bigint);
    PERFORM operation_note(p_tenant, NULL::bigint, 'system', 'policy.seed', 'policy', 'sbx', NULL::jsonb, p, '', '');
  END IF;
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- Codes: ok, operators.*.
-- +goose StatementBegin
CREATE FUNCTION api_cashier_settings_set(p_tenant bigint, p_via text, p_proof bytea, p_request text, p_chat bigint, p_topic bigint, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE a record; s cashier_settings;
BEGIN
  PERFORM ledger_guard(p_tenant);
  a := operator_acting(p_tenant, p_via, p_proof, 'cashier.configure', true);
  IF a.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', a.o_code); END IF;
  SELECT * INTO s FROM cashier_settings WHERE tenant_id = p_tenant FOR UPDATE;
  INSERT INTO cashier_settings (tenant_id, review_chat_id, review_topic_id) VALUES (p_tenant, nullif(p_chat, 0), nullif(p_topic, 0))
  ON CONFLICT (tenant_id) DO UPDATE SET review_chat_id = excluded.review_chat_id, review_topic_id = excluded.review_topic_id;
  PERFORM operation_note(p_tenant, a.o_operator, p_via, 'settings.set', 'settings', 'cashier', CASE WHEN s.tenant_id IS NOT NULL THEN to_jsonb(s) - 'tenant_id' END,
    jsonb_build_object('review_chat_id', nullif(p_chat, 0), 'review_topic_id', nullif(p_topic, 0)), p_reason, p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd
