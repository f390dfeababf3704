-- +goose Up
-- Adjustments and reversals with four eyes, and incidents. The application role writes none of it: the api_* functions
-- below check who acts, and no transfer is reversed without a row here that two people stand behind.

-- What one operator may adjust or reverse alone within 24 hours, in minor units of the asset. No row: nothing.
CREATE TABLE adjustment_settings (
  tenant_id    bigint      NOT NULL,
  asset        text        NOT NULL REFERENCES assets (code),
  adjust_limit bigint      NOT NULL DEFAULT 0 CHECK (adjust_limit >= 0),
  updated_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, asset)
);

CREATE TABLE adjustments (
  tenant_id     bigint      NOT NULL,
  adjustment_id text        NOT NULL CHECK (adjustment_id ~ '^adj_[a-z2-7]{16}$'),
  seq           bigint      GENERATED ALWAYS AS IDENTITY,
  kind          text        NOT NULL CHECK (kind IN ('adjustment', 'reversal')),
  group_id      bigint      NOT NULL,
  player_id     bigint,
  asset         text        NOT NULL REFERENCES assets (code),
  amount        bigint      NOT NULL CHECK (amount <> 0), -- of a reversal: what the transfer moved in all
  original_id   bigint,     -- the transfer to reverse
  reason_code   text        NOT NULL CHECK (length(reason_code) BETWEEN 1 AND 64),
  reason        text        NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
  status        text        NOT NULL CHECK (status IN ('pending', 'posted', 'rejected', 'expired')),
  alone         boolean     NOT NULL DEFAULT false, -- within the limit of one person
  requested_by  bigint      NOT NULL,
  requested_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at    timestamptz NOT NULL DEFAULT clock_timestamp() + interval '7 days',
  approved_by   bigint,
  closed_by     bigint,
  closed_at     timestamptz,
  closed_reason text        NOT NULL DEFAULT '',
  transfer_id   bigint,
  debt          bigint      NOT NULL DEFAULT 0,
  request_key   text        CHECK (length(request_key) BETWEEN 1 AND 128),
  request_hash  bytea       NOT NULL,
  PRIMARY KEY (tenant_id, adjustment_id),
  FOREIGN KEY (tenant_id, requested_by) REFERENCES operators,
  FOREIGN KEY (tenant_id, approved_by) REFERENCES operators,
  UNIQUE (tenant_id, requested_by, request_key),
  CHECK ((kind = 'reversal') = (original_id IS NOT NULL)),
  CHECK (kind = 'reversal' OR (player_id IS NOT NULL AND request_key IS NOT NULL)),
  CHECK ((status = 'posted') = (transfer_id IS NOT NULL)),
  CHECK (approved_by <> requested_by),
  CHECK (status <> 'posted' OR alone OR approved_by IS NOT NULL)
);
CREATE UNIQUE INDEX adjustments_one_reversal ON adjustments (tenant_id, original_id) WHERE kind = 'reversal' AND status IN ('pending', 'posted');
CREATE INDEX adjustments_seq ON adjustments (tenant_id, seq);
CREATE INDEX adjustments_alone ON adjustments (tenant_id, requested_by, asset, requested_at) WHERE alone;

CREATE TABLE incidents (
  tenant_id     bigint      NOT NULL,
  incident_id   text        NOT NULL CHECK (incident_id ~ '^inc_[a-z2-7]{16}$'),
  seq           bigint      GENERATED ALWAYS AS IDENTITY,
  kind          text        NOT NULL CHECK (kind ~ '^[a-z][a-z0-9_.]{0,63}$'),
  key           text        NOT NULL CHECK (length(key) BETWEEN 1 AND 128),
  detail        jsonb       NOT NULL,
  stops_payouts boolean     NOT NULL,
  status        text        NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'resolved')),
  opened_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  resolved_at   timestamptz,
  resolved_by   bigint,
  note          text        NOT NULL DEFAULT '',
  PRIMARY KEY (tenant_id, incident_id),
  FOREIGN KEY (tenant_id, resolved_by) REFERENCES operators,
  CHECK ((status = 'resolved') = (resolved_at IS NOT NULL AND resolved_by IS NOT NULL AND note <> ''))
);
CREATE UNIQUE INDEX incidents_open ON incidents (tenant_id, key) WHERE status = 'open';
CREATE INDEX incidents_seq ON incidents (tenant_id, seq);

CREATE TABLE incident_events (
  tenant_id   bigint      NOT NULL,
  incident_id text        NOT NULL,
  event_id    bigint      GENERATED ALWAYS AS IDENTITY,
  at          timestamptz NOT NULL DEFAULT clock_timestamp(),
  kind        text        NOT NULL CHECK (kind IN ('opened', 'seen', 'resolved')),
  operator_id bigint,
  detail      jsonb       NOT NULL DEFAULT '{}',
  PRIMARY KEY (tenant_id, incident_id, event_id)
);
SELECT ledger_seal_table('incident_events');
SELECT fairground_fence('adjustment_settings', 'adjustments', 'incidents', 'incident_events');

-- The application role can't reverse by itself any more: only functions of the owner call this.
ALTER FUNCTION api_ledger_reverse(bigint, bigint, text, bytea, text) RENAME TO ledger_reverse;

-- The lock that ledger_reverse takes: a refund takes it too, before it looks whether its deposit was reversed.
-- +goose StatementBegin
CREATE FUNCTION ledger_reversal_lock(p_tenant bigint, p_transfer bigint) RETURNS void LANGUAGE sql AS $$
  SELECT pg_advisory_xact_lock(7004, hashtext(p_tenant || '/' || p_transfer))
$$;
-- +goose StatementEnd

-- Posts what an adjustment says: points come from the issuer and go back to it, the rest from and to the house. Or
-- reverses. A balance never falls below zero: ledger.insufficient_funds, with the balance.
-- +goose StatementBegin
CREATE FUNCTION adjustment_post(p_tenant bigint, a adjustments) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE v_player bigint; v_bank bigint; r record;
BEGIN
  IF a.kind = 'reversal' THEN
    PERFORM ledger_reversal_lock(p_tenant, a.original_id);
    IF deposit_refunding(p_tenant, a.original_id) THEN RETURN '{"code": "ledger.not_reversible"}'; END IF;
    RETURN ledger_reverse(p_tenant, a.original_id, a.adjustment_id, a.request_hash, a.reason);
  END IF;
  v_player := ledger_account(p_tenant, a.group_id, a.asset, 'player', a.player_id::text);
  v_bank := ledger_account(p_tenant, a.group_id, a.asset, CASE WHEN a.asset = 'points' THEN 'issuer' ELSE 'house' END, '');
  r := ledger_apply(p_tenant, 'adjustment', a.adjustment_id, ARRAY[CASE WHEN a.amount > 0 THEN v_bank ELSE v_player END],
    ARRAY[CASE WHEN a.amount > 0 THEN v_player ELSE v_bank END], ARRAY[abs(a.amount)]);
  IF r.o_short IS NOT NULL THEN
    RETURN jsonb_build_object('code', 'ledger.insufficient_funds', 'needed', r.o_needed, 'account', CASE WHEN r.o_short = v_player THEN 'player' ELSE 'house' END,
      'balance', (SELECT posted FROM balances WHERE tenant_id = p_tenant AND account_id = r.o_short));
  END IF;
  RETURN ledger_remember(p_tenant, 'adjustment', a.adjustment_id, a.request_hash, r.o_transfer, jsonb_build_object('code', 'ok', 'transfer', r.o_transfer, 'at', r.o_at));
END $$;
-- +goose StatementEnd

-- Whether the player is a Telegram account that the operator has, or ever had.
-- +goose StatementBegin
CREATE FUNCTION operator_is_player(p_tenant bigint, p_operator bigint, p_player bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM players p WHERE p.tenant_id = p_tenant AND p.player_id = p_player AND (
    p.telegram_id = (SELECT telegram_id FROM operators WHERE tenant_id = p_tenant AND operator_id = p_operator)
    OR EXISTS (SELECT 1 FROM operator_telegrams o WHERE o.tenant_id = p_tenant AND o.operator_id = p_operator AND o.telegram_id = p.telegram_id)))
$$;
-- +goose StatementEnd

-- Whether a transfer touches an account of the operator's own player.
-- +goose StatementBegin
CREATE FUNCTION operator_in_transfer(p_tenant bigint, p_operator bigint, p_transfer bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM postings m JOIN accounts a ON a.tenant_id = p_tenant AND a.account_id IN (m.from_account, m.to_account)
                  WHERE m.tenant_id = p_tenant AND m.transfer_id = p_transfer AND a.purpose LIKE 'player%'
                    AND operator_is_player(p_tenant, p_operator, a.owner::bigint))
$$;
-- +goose StatementEnd

-- Whether a transfer belongs to a refund through a gateway, which has its own way back: what was refunded is not taken from
-- the player once more, and what a refund took is not given back to them.
-- +goose StatementBegin
CREATE FUNCTION deposit_refunding(p_tenant bigint, p_transfer bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM transfers WHERE tenant_id = p_tenant AND transfer_id = p_transfer AND kind LIKE 'deposit.refund%')
      OR EXISTS (SELECT 1 FROM deposit_payments y JOIN deposit_refunds r ON r.tenant_id = y.tenant_id AND r.account_id = y.account_id AND r.tx = y.tx
                  WHERE y.tenant_id = p_tenant AND y.transfer_id = p_transfer AND r.state <> 'refused')
$$;
-- +goose StatementEnd

-- Takes a new row: posts it at once when it is within what its maker may do alone, else leaves it to another person.
-- +goose StatementBegin
CREATE FUNCTION adjustment_take(p_tenant bigint, p_via text, p_proof bytea, p_permission text, a adjustments, p_request text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE v jsonb; v_limit bigint; v_used numeric; r record;
BEGIN
  PERFORM pg_advisory_xact_lock(7015, hashtext(p_tenant || '/' || a.requested_by));
  SELECT adjust_limit INTO v_limit FROM adjustment_settings WHERE tenant_id = p_tenant AND asset = a.asset;
  SELECT coalesce(sum(abs(amount)), 0) INTO v_used FROM adjustments WHERE tenant_id = p_tenant AND requested_by = a.requested_by AND asset = a.asset
     AND alone AND requested_at > clock_timestamp() - interval '24 hours';
  a.alone := v_used + abs(a.amount::numeric) <= coalesce(v_limit, 0);
  a.status := 'pending';
  IF a.alone THEN
    r := operator_acting(p_tenant, p_via, p_proof, p_permission, true);
    IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
    v := adjustment_post(p_tenant, a);
    IF v->>'code' <> 'ok' THEN RETURN v; END IF;
    a.status := 'posted'; a.transfer_id := (v->>'transfer')::bigint; a.debt := coalesce((v->>'debt')::bigint, 0); a.closed_at := clock_timestamp();
  END IF;
  INSERT INTO adjustments (tenant_id, adjustment_id, kind, group_id, player_id, asset, amount, original_id, reason_code, reason, status, alone,
    requested_by, transfer_id, debt, closed_at, request_key, request_hash)
  VALUES (p_tenant, a.adjustment_id, a.kind, a.group_id, a.player_id, a.asset, a.amount, a.original_id, a.reason_code, a.reason, a.status, a.alone,
    a.requested_by, a.transfer_id, a.debt, a.closed_at, a.request_key, a.request_hash) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN RAISE EXCEPTION 'the request was stored by a concurrent one' USING ERRCODE = '40001'; END IF;
  PERFORM operation_note(p_tenant, a.requested_by, p_via, a.kind || CASE WHEN a.alone THEN '.post' ELSE '.request' END, a.kind, a.adjustment_id, NULL,
    jsonb_build_object('asset', a.asset, 'amount', a.amount, 'original', a.original_id, 'status', a.status, 'transfer', a.transfer_id), a.reason, p_request);
  RETURN jsonb_build_object('code', 'ok', 'id', a.adjustment_id);
END $$;
-- +goose StatementEnd

-- Asks for an adjustment. The key is the maker's: the same request again answers the same, another one is
-- ledger.key_reused. Codes: ok, operators.*, cashier.own_account, ledger.insufficient_funds, ledger.key_reused.
-- +goose StatementBegin
CREATE FUNCTION api_adjustment_request(p_tenant bigint, p_via text, p_proof bytea, p jsonb, p_hash bytea, p_request text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record; a adjustments;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_acting(p_tenant, p_via, p_proof, 'adjustments.request', false);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  SELECT * INTO a FROM adjustments WHERE tenant_id = p_tenant AND requested_by = r.o_operator AND request_key = p->>'key';
  IF FOUND THEN
    RETURN CASE WHEN a.request_hash = p_hash THEN jsonb_build_object('code', 'ok', 'id', a.adjustment_id) ELSE '{"code": "ledger.key_reused"}' END;
  END IF;
  a.kind := 'adjustment'; a.adjustment_id := p->>'id'; a.group_id := (p->>'group')::bigint; a.player_id := (p->>'player')::bigint;
  a.asset := p->>'asset'; a.amount := (p->>'amount')::bigint; a.reason_code := p->>'reason_code'; a.reason := p->>'reason';
  a.requested_by := r.o_operator; a.request_key := p->>'key'; a.request_hash := p_hash; a.debt := 0;
  IF NOT EXISTS (SELECT 1 FROM groups WHERE tenant_id = p_tenant AND group_id = a.group_id)
     OR NOT EXISTS (SELECT 1 FROM players WHERE tenant_id = p_tenant AND player_id = a.player_id)
     OR NOT EXISTS (SELECT 1 FROM assets WHERE code = a.asset) THEN RETURN '{"code": "ledger.account_not_found"}'; END IF;
  IF operator_is_player(p_tenant, r.o_operator, a.player_id) THEN RETURN '{"code": "cashier.own_account"}'; END IF;
  RETURN adjustment_take(p_tenant, p_via, p_proof, 'adjustments.request', a, p_request);
END $$;
-- +goose StatementEnd

-- Asks for the reversal of a transfer. One reversal waits at a time: the same person asking again is answered with it.
-- Codes: ok, operators.*, cashier.own_account, cashier.reversal_waiting, and those of ledger_reverse.
-- +goose StatementBegin
CREATE FUNCTION api_adjustment_reverse(p_tenant bigint, p_via text, p_proof bytea, p jsonb, p_hash bytea, p_request text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record; a adjustments; t transfers;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_acting(p_tenant, p_via, p_proof, 'ledger.reverse', false);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  UPDATE adjustments SET status = 'expired', closed_at = clock_timestamp() WHERE tenant_id = p_tenant AND original_id = (p->>'transfer')::bigint
     AND status = 'pending' AND expires_at <= clock_timestamp();
  SELECT * INTO a FROM adjustments WHERE tenant_id = p_tenant AND original_id = (p->>'transfer')::bigint AND status IN ('pending', 'posted');
  IF FOUND AND a.requested_by = r.o_operator AND a.request_hash = p_hash THEN RETURN jsonb_build_object('code', 'ok', 'id', a.adjustment_id); END IF;
  IF FOUND THEN RETURN jsonb_build_object('code', CASE WHEN a.status = 'posted' THEN 'ledger.already_reversed' ELSE 'cashier.reversal_waiting' END); END IF;
  SELECT * INTO t FROM transfers WHERE tenant_id = p_tenant AND transfer_id = (p->>'transfer')::bigint;
  IF NOT FOUND THEN RETURN '{"code": "ledger.transfer_not_found"}'; END IF;
  IF EXISTS (SELECT 1 FROM reversals WHERE tenant_id = p_tenant AND original_id = t.transfer_id) THEN RETURN '{"code": "ledger.already_reversed"}'; END IF;
  IF t.kind = 'reversal' OR EXISTS (SELECT 1 FROM postings m JOIN accounts c ON c.tenant_id = p_tenant AND c.account_id IN (m.from_account, m.to_account)
              WHERE m.tenant_id = p_tenant AND m.transfer_id = t.transfer_id AND c.purpose IN ('escrow', 'player_withheld'))
     OR deposit_refunding(p_tenant, t.transfer_id) THEN
    RETURN '{"code": "ledger.not_reversible"}';
  END IF;
  IF operator_in_transfer(p_tenant, r.o_operator, t.transfer_id) THEN RETURN '{"code": "cashier.own_account"}'; END IF;
  a := NULL;
  a.kind := 'reversal'; a.adjustment_id := p->>'id'; a.group_id := t.group_id; a.asset := t.asset; a.original_id := t.transfer_id;
  a.reason_code := 'REVERSAL'; a.reason := p->>'reason'; a.requested_by := r.o_operator; a.request_hash := p_hash; a.debt := 0;
  SELECT sum(amount) INTO a.amount FROM postings WHERE tenant_id = p_tenant AND transfer_id = t.transfer_id;
  RETURN adjustment_take(p_tenant, p_via, p_proof, 'ledger.reverse', a, p_request);
END $$;
-- +goose StatementEnd

-- Another person's decision, or the maker's own withdrawal of it (a rejection). An approval needs a step-up and posts; when
-- the money is short it stays pending. Codes: ok, operators.*, cashier.adjustment_not_found, cashier.same_person,
-- cashier.own_account, cashier.already_decided, cashier.adjustment_expired, and those of the posting.
-- +goose StatementBegin
CREATE FUNCTION api_adjustment_decide(p_tenant bigint, p_via text, p_proof bytea, p_id text, p_approve boolean, p_reason text, p_request text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record; a adjustments; v jsonb; v_permission text;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_acting(p_tenant, p_via, p_proof, NULL, false);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  SELECT * INTO a FROM adjustments WHERE tenant_id = p_tenant AND adjustment_id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    r := operator_acting(p_tenant, p_via, p_proof, 'adjustments.approve', false);
    RETURN jsonb_build_object('code', coalesce(r.o_code, 'cashier.adjustment_not_found'));
  END IF;
  v_permission := CASE WHEN NOT p_approve AND a.requested_by = r.o_operator THEN CASE a.kind WHEN 'reversal' THEN 'ledger.reverse' ELSE 'adjustments.request' END
                       ELSE CASE a.kind WHEN 'reversal' THEN 'ledger.reverse_approve' ELSE 'adjustments.approve' END END;
  r := operator_acting(p_tenant, p_via, p_proof, v_permission, p_approve);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  IF p_approve AND a.requested_by = r.o_operator THEN RETURN '{"code": "cashier.same_person"}'; END IF;
  IF a.status <> 'pending' THEN
    -- The same decision again is answered alike.
    IF (p_approve AND a.approved_by = r.o_operator) OR (NOT p_approve AND a.status = 'rejected' AND a.closed_by = r.o_operator) THEN
      RETURN jsonb_build_object('code', 'ok', 'id', p_id);
    END IF;
    RETURN jsonb_build_object('code', 'cashier.already_decided', 'status', a.status);
  END IF;
  IF a.expires_at <= clock_timestamp() THEN
    UPDATE adjustments SET status = 'expired', closed_at = clock_timestamp() WHERE tenant_id = p_tenant AND adjustment_id = p_id;
    RETURN '{"code": "cashier.adjustment_expired"}';
  END IF;
  IF p_approve THEN
    IF operator_is_player(p_tenant, r.o_operator, a.player_id) OR (a.kind = 'reversal' AND operator_in_transfer(p_tenant, r.o_operator, a.original_id)) THEN
      RETURN '{"code": "cashier.own_account"}';
    END IF;
    v := adjustment_post(p_tenant, a);
    IF v->>'code' <> 'ok' THEN RETURN v; END IF;
  END IF;
  UPDATE adjustments SET status = CASE WHEN p_approve THEN 'posted' ELSE 'rejected' END, approved_by = CASE WHEN p_approve THEN r.o_operator END,
         closed_by = r.o_operator, closed_at = clock_timestamp(), closed_reason = p_reason, transfer_id = (v->>'transfer')::bigint,
         debt = coalesce((v->>'debt')::bigint, 0) WHERE tenant_id = p_tenant AND adjustment_id = p_id;
  PERFORM operation_note(p_tenant, r.o_operator, p_via, a.kind || CASE WHEN p_approve THEN '.approve' ELSE '.reject' END, a.kind, p_id,
    jsonb_build_object('status', 'pending'), jsonb_build_object('status', CASE WHEN p_approve THEN 'posted' ELSE 'rejected' END, 'asset', a.asset, 'amount', a.amount,
    'transfer', v->'transfer'), p_reason, p_request);
  RETURN jsonb_build_object('code', 'ok', 'id', p_id);
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION api_adjustment_limit(p_tenant bigint, p_via text, p_proof bytea, p_asset text, p_limit bigint, p_reason text, p_request text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record; v_was bigint;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_acting(p_tenant, p_via, p_proof, 'cashier.configure', true);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  IF NOT EXISTS (SELECT 1 FROM assets WHERE code = p_asset) THEN RETURN '{"code": "ledger.unknown_asset"}'; END IF;
  SELECT adjust_limit INTO v_was FROM adjustment_settings WHERE tenant_id = p_tenant AND asset = p_asset;
  INSERT INTO adjustment_settings (tenant_id, asset, adjust_limit) VALUES (p_tenant, p_asset, p_limit)
    ON CONFLICT (tenant_id, asset) DO UPDATE SET adjust_limit = p_limit, updated_at = clock_timestamp();
  PERFORM operation_note(p_tenant, r.o_operator, p_via, 'adjustment.limit', 'asset', p_asset, jsonb_build_object('limit', coalesce(v_was, 0)),
    jsonb_build_object('limit', p_limit), p_reason, p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- Whether an open incident stops the tenant's payouts.
-- +goose StatementBegin
CREATE FUNCTION payouts_stopped(p_tenant bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM incidents WHERE tenant_id = p_tenant AND status = 'open' AND stops_payouts)
$$;
-- +goose StatementEnd

-- Opens an incident. While one with the key is open, that one is answered, and stops payouts too if the new one would.
-- +goose StatementBegin
CREATE FUNCTION api_incident_open(p_tenant bigint, p_id text, p_kind text, p_key text, p_detail jsonb, p_stops boolean) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE i incidents;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO i FROM incidents WHERE tenant_id = p_tenant AND key = p_key AND status = 'open' FOR NO KEY UPDATE;
  IF FOUND THEN
    IF p_stops AND NOT i.stops_payouts THEN UPDATE incidents SET stops_payouts = true WHERE tenant_id = p_tenant AND incident_id = i.incident_id; END IF;
    IF p_detail IS DISTINCT FROM i.detail THEN
      UPDATE incidents SET detail = p_detail WHERE tenant_id = p_tenant AND incident_id = i.incident_id;
      INSERT INTO incident_events (tenant_id, incident_id, kind, detail) VALUES (p_tenant, i.incident_id, 'seen', p_detail);
    END IF;
    RETURN jsonb_build_object('code', 'ok', 'id', i.incident_id);
  END IF;
  INSERT INTO incidents (tenant_id, incident_id, kind, key, detail, stops_payouts) VALUES (p_tenant, p_id, p_kind, p_key, p_detail, p_stops) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN RAISE EXCEPTION 'the incident was opened by a concurrent request' USING ERRCODE = '40001'; END IF;
  INSERT INTO incident_events (tenant_id, incident_id, kind, detail) VALUES (p_tenant, p_id, 'opened', p_detail);
  RETURN jsonb_build_object('code', 'ok', 'id', p_id);
END $$;
-- +goose StatementEnd

-- Codes: ok, operators.*, cashier.incident_not_found, cashier.incident_resolved (by somebody before).
-- +goose StatementBegin
CREATE FUNCTION api_incident_resolve(p_tenant bigint, p_via text, p_proof bytea, p_id text, p_note text, p_request text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record; i incidents;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_acting(p_tenant, p_via, p_proof, 'incidents.resolve', true);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  SELECT * INTO i FROM incidents WHERE tenant_id = p_tenant AND incident_id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "cashier.incident_not_found"}'; END IF;
  IF i.status = 'resolved' THEN RETURN '{"code": "cashier.incident_resolved"}'; END IF;
  UPDATE incidents SET status = 'resolved', resolved_at = clock_timestamp(), resolved_by = r.o_operator, note = p_note WHERE tenant_id = p_tenant AND incident_id = p_id;
  INSERT INTO incident_events (tenant_id, incident_id, kind, operator_id, detail) VALUES (p_tenant, p_id, 'resolved', r.o_operator, jsonb_build_object('note', p_note));
  PERFORM operation_note(p_tenant, r.o_operator, p_via, 'incident.resolve', 'incident', p_id, jsonb_build_object('status', 'open', 'stops_payouts', i.stops_payouts),
    jsonb_build_object('status', 'resolved'), p_note, p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd
