-- +goose Up
-- Who is told when something needs a person, which findings of an audit a person has accepted, versions of policies, and
-- payments that their gateway never ends.

-- ---------- the reviewers' chat ----------

-- How many notices of a kind the reviewers' chat got lately, so that a storm becomes one message a minute.
CREATE TABLE notice_pace (
  tenant_id bigint      NOT NULL,
  kind      text        NOT NULL,
  since     timestamptz NOT NULL, -- when the minute began, or will begin
  sent      int         NOT NULL,
  PRIMARY KEY (tenant_id, kind)
);

-- Findings that a person accepted by resolving the incident that showed them. A new one is another finding.
CREATE TABLE accepted_findings (
  tenant_id   bigint      NOT NULL,
  scope       text        NOT NULL, -- W4, or I11: with the gateway account
  digest      bytea       NOT NULL, -- SHA-256 of the finding
  finding     jsonb       NOT NULL,
  copies      bigint      NOT NULL CHECK (copies > 0), -- as often as it was accepted: an audit shows what is beyond
  incident_id text        NOT NULL,
  accepted_by bigint      NOT NULL,
  accepted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, scope, digest),
  FOREIGN KEY (tenant_id, incident_id) REFERENCES incidents
);
SELECT fairground_fence('notice_pace', 'accepted_findings');

-- Tells the reviewers' chat: the first p_most of a minute one by one, the rest by one message at its end, without payload.
-- +goose StatementBegin
CREATE FUNCTION review_notice(p_tenant bigint, p_pace text, p_most int, p_kind text, p_payload jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE s cashier_settings; n notice_pace; v_now timestamptz; v_at timestamptz := '-infinity'; v_payload jsonb := p_payload;
BEGIN
  SELECT * INTO s FROM cashier_settings WHERE tenant_id = p_tenant AND review_chat_id IS NOT NULL;
  IF NOT FOUND THEN RETURN; END IF;
  INSERT INTO notice_pace (tenant_id, kind, since, sent) VALUES (p_tenant, p_pace, '-infinity', 0) ON CONFLICT DO NOTHING;
  SELECT * INTO STRICT n FROM notice_pace WHERE tenant_id = p_tenant AND kind = p_pace FOR UPDATE;
  v_now := clock_timestamp();
  -- One that is about to be sent may be read before this commits: it does not count.
  IF n.since > v_now + interval '5 seconds' THEN RETURN; END IF;
  IF n.since <= v_now - interval '1 minute' THEN
    n.since := v_now;
    n.sent := 1;
  ELSIF n.sent < p_most THEN
    n.sent := n.sent + 1;
  ELSE
    n.since := n.since + interval '1 minute';
    v_at := n.since;
    v_payload := '{}';
  END IF;
  UPDATE notice_pace SET since = n.since, sent = n.sent WHERE tenant_id = p_tenant AND kind = p_pace;
  INSERT INTO notifications (tenant_id, chat_id, topic_id, kind, payload, not_before) VALUES (p_tenant, s.review_chat_id, s.review_topic_id, p_kind, v_payload, v_at);
  PERFORM pg_notify('fairground_notify', p_tenant::text);
END $$;
-- +goose StatementEnd

-- These run at the end of their transaction: whoever waits for the pace waits for nothing else, and holds it no longer than
-- the commit. By then the transaction acts as the application again.
-- +goose StatementBegin
CREATE FUNCTION incident_notice() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM review_notice(NEW.tenant_id, CASE WHEN NEW.status = 'open' AND NEW.stops_payouts THEN 'incident.stop' ELSE 'incident' END, 5, 'incident',
    jsonb_build_object('incident', NEW.incident_id, 'status', NEW.status));
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER incident_opened AFTER INSERT ON incidents DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION incident_notice();
CREATE CONSTRAINT TRIGGER incident_changed AFTER UPDATE ON incidents DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (OLD.status <> NEW.status OR (NEW.stops_payouts AND NOT OLD.stops_payouts)) EXECUTE FUNCTION incident_notice();

-- +goose StatementBegin
CREATE FUNCTION quarantine_notice() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM review_notice(NEW.tenant_id, 'quarantine', 1, 'quarantine', jsonb_build_object('item', NEW.item_id));
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER quarantine_entered AFTER INSERT ON deposit_quarantine DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (NEW.status = 'open') EXECUTE FUNCTION quarantine_notice();
CREATE CONSTRAINT TRIGGER quarantine_entered_again AFTER UPDATE ON deposit_quarantine DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (NEW.status = 'open' AND OLD.status <> 'open') EXECUTE FUNCTION quarantine_notice();

-- Follows the reviewers' chat when Telegram gives it another id. Codes: ok.
-- +goose StatementBegin
CREATE FUNCTION api_review_chat_moved(p_tenant bigint, p_from bigint, p_to bigint) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM ledger_guard(p_tenant);
  UPDATE cashier_settings SET review_chat_id = p_to WHERE tenant_id = p_tenant AND review_chat_id = p_from;
  IF FOUND THEN
    PERFORM operation_note(p_tenant, NULL::bigint, 'system', 'settings.moved', 'settings', 'cashier', jsonb_build_object('review_chat_id', p_from),
      jsonb_build_object('review_chat_id', p_to), '', '');
    UPDATE notifications SET chat_id = p_to WHERE tenant_id = p_tenant AND chat_id = p_from AND status IN ('queued', 'failed');
  END IF;
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- ---------- the player ----------

-- +goose StatementBegin
CREATE FUNCTION player_notice(p_tenant bigint, p_player bigint, p_kind text, p_payload jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO notifications (tenant_id, chat_id, kind, payload)
  SELECT p_tenant, telegram_id, p_kind, p_payload FROM players WHERE tenant_id = p_tenant AND player_id = p_player;
  PERFORM pg_notify('fairground_notify', p_tenant::text);
END $$;
-- +goose StatementEnd

-- Says that what a player proves themselves with has changed, and until when no withdrawal goes out for it.
-- +goose StatementBegin
CREATE FUNCTION credential_notice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE v_what text; v_until timestamptz;
BEGIN
  v_what := CASE
    WHEN NEW.pin_check IS NULL AND NEW.totp_sealed IS NULL THEN 'reset'
    WHEN NEW.pin_check IS DISTINCT FROM OLD.pin_check THEN CASE WHEN OLD.pin_check IS NULL THEN 'pin.set' ELSE 'pin.changed' END
    WHEN NEW.totp_sealed IS DISTINCT FROM OLD.totp_sealed THEN CASE WHEN OLD.totp_sealed IS NULL THEN 'totp.set' ELSE 'totp.changed' END END;
  IF v_what IS NULL THEN RETURN NULL; END IF;
  SELECT NEW.changed_at + max(credential_cooldown) INTO v_until FROM cash_policies WHERE tenant_id = NEW.tenant_id AND enabled;
  PERFORM player_notice(NEW.tenant_id, NEW.player_id, 'credential.changed', jsonb_build_object('what', v_what, 'at', clock_timestamp(), 'until', v_until));
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER credential_notice AFTER UPDATE ON player_credentials FOR EACH ROW
  WHEN (OLD.pin_check IS DISTINCT FROM NEW.pin_check OR OLD.totp_sealed IS DISTINCT FROM NEW.totp_sealed)
  EXECUTE FUNCTION credential_notice();

-- +goose StatementBegin
CREATE FUNCTION address_notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM player_notice(NEW.tenant_id, NEW.player_id, CASE WHEN NEW.removed_at IS NULL THEN 'address.added' ELSE 'address.removed' END,
    jsonb_build_object('address', NEW.address_id, 'masked', NEW.masked, 'asset', NEW.asset, 'at', coalesce(NEW.removed_at, NEW.added_at), 'usable_at', NEW.usable_at));
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER address_added AFTER INSERT ON payout_addresses FOR EACH ROW EXECUTE FUNCTION address_notice();
CREATE TRIGGER address_removed AFTER UPDATE ON payout_addresses FOR EACH ROW WHEN (OLD.removed_at IS NULL AND NEW.removed_at IS NOT NULL)
  EXECUTE FUNCTION address_notice();

-- ---------- accepted findings ----------

-- A gateway's word that a withdrawal was paid which had ended otherwise, as an audit knows it: by how many such words there
-- are, so that one more is another finding.
-- +goose StatementBegin
CREATE FUNCTION payout_conflict(p_tenant bigint, p_withdrawal text, p_words bigint) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_object('withdrawal_id', p_withdrawal, 'words', p_words)
$$;
-- +goose StatementEnd

-- The findings of an incident that its resolution accepts: contradictions of gateways (W4) and differences to their statements
-- (I11). Nothing else is ever accepted: books that don't balance stay wrong.
-- +goose StatementBegin
CREATE FUNCTION incident_findings(i incidents) RETURNS TABLE (scope text, finding jsonb) LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF i.kind = 'payout_conflict' THEN
    RETURN QUERY SELECT 'W4', payout_conflict(i.tenant_id, i.detail->>'withdrawal', count(*)) FROM payout_answers
      WHERE tenant_id = i.tenant_id AND withdrawal_id = i.detail->>'withdrawal' AND state = 'paid' HAVING count(*) > 0;
  ELSIF i.kind IN ('audit.cashier', 'audit.gateway') AND jsonb_typeof(i.detail) = 'array' THEN
    RETURN QUERY SELECT CASE f->>'name' WHEN 'I11' THEN 'I11:' || substr(i.key, length('audit.gateway.') + 1) ELSE 'W4' END,
        CASE f->>'name' WHEN 'I11' THEN r - 'at' ELSE payout_conflict(i.tenant_id, r->>'withdrawal_id', (r->>'words')::bigint) END
      FROM jsonb_array_elements(i.detail) AS f, jsonb_array_elements(CASE WHEN jsonb_typeof(f->'rows') = 'array' THEN f->'rows' ELSE '[]' END) AS r
     WHERE (i.kind = 'audit.gateway' AND f->>'name' = 'I11') OR (i.kind = 'audit.cashier' AND f->>'name' = 'W4' AND r->>'status' <> 'paid');
  END IF;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION incident_accepted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO accepted_findings AS a (tenant_id, scope, digest, finding, copies, incident_id, accepted_by)
  SELECT NEW.tenant_id, f.scope, sha256(convert_to(f.finding::text, 'UTF8')), f.finding, count(*), NEW.incident_id, NEW.resolved_by
    FROM incident_findings(NEW) AS f GROUP BY f.scope, f.finding
  ON CONFLICT (tenant_id, scope, digest) DO UPDATE SET copies = a.copies + excluded.copies, incident_id = excluded.incident_id,
    accepted_by = excluded.accepted_by, accepted_at = clock_timestamp();
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER incident_accepted AFTER UPDATE ON incidents FOR EACH ROW WHEN (OLD.status = 'open' AND NEW.status = 'resolved') EXECUTE FUNCTION incident_accepted();

-- ---------- policies ----------

ALTER TABLE cash_policies ADD COLUMN version int NOT NULL DEFAULT 1 CHECK (version > 0);

-- Stores a policy as the next version. p_by null is the installation. The caller holds the policy's lock.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION cash_policy_put(p_tenant bigint, p jsonb, p_by bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE v_was int;
BEGIN
  DELETE FROM cash_policies WHERE tenant_id = p_tenant AND asset = p->>'asset' RETURNING version INTO v_was;
  INSERT INTO cash_policies (tenant_id, asset, enabled, min_amount, max_amount, daily_amount, auto_below, single_below, step_up_above, claim_for, escalate_after,
    expire_after, kyc_level, min_age, markets, credential_cooldown, address_wait, updated_by, version)
  VALUES (p_tenant, p->>'asset', (p->>'enabled')::boolean, (p->>'min_amount')::bigint, (p->>'max_amount')::bigint, (p->>'daily_amount')::bigint,
    (p->>'auto_below')::bigint, (p->>'single_below')::bigint, (p->>'step_up_above')::bigint, make_interval(secs => (p->>'claim_for')::float8),
    make_interval(secs => (p->>'escalate_after')::float8), make_interval(secs => (p->>'expire_after')::float8), (p->>'kyc_level')::int, (p->>'min_age')::int,
    ARRAY(SELECT jsonb_array_elements_text(p->'markets')), make_interval(secs => (p->>'credential_cooldown')::float8),
    make_interval(secs => (p->>'address_wait')::float8), p_by, coalesce(v_was, 0) + 1);
END $$;
-- +goose StatementEnd

-- Replaces a policy that the caller has read at a version; 0 is one that nobody has set. While withdrawals of the asset wait
-- before their payout no threshold may rise, whether or not it would reach them. Codes: ok, cashier.asset_off, cashier.stale,
-- cashier.items_waiting, operators.*.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION api_cash_policy_set(p_tenant bigint, p_via text, p_proof bytea, p_request text, p jsonb, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE a record; c cash_policies; v_waiting bigint;
BEGIN
  PERFORM ledger_guard(p_tenant);
  a := operator_acting(p_tenant, p_via, p_proof, 'cashier.configure', true);
  IF a.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', a.o_code); END IF;
  IF NOT ledger_is_cash(p->>'asset') THEN RETURN '{"code": "cashier.asset_off"}'; END IF;
  PERFORM pg_advisory_xact_lock(7013, hashtext(p_tenant || '/' || (p->>'asset')));
  SELECT * INTO c FROM cash_policies WHERE tenant_id = p_tenant AND asset = p->>'asset' FOR UPDATE;
  IF (p->>'version')::int IS DISTINCT FROM coalesce(c.version, 0) THEN RETURN jsonb_build_object('code', 'cashier.stale', 'version', coalesce(c.version, 0)); END IF;
  IF (p->>'auto_below')::bigint > coalesce(c.auto_below, 0) OR (p->>'single_below')::bigint > coalesce(c.single_below, 0)
     OR (p->>'step_up_above')::bigint > coalesce(c.step_up_above, 0) THEN
    SELECT count(*) INTO v_waiting FROM withdrawals WHERE tenant_id = p_tenant AND asset = p->>'asset' AND ended_at IS NULL
       AND status IN ('requested', 'initial_review', 'secondary_review', 'approved');
    IF v_waiting > 0 THEN RETURN jsonb_build_object('code', 'cashier.items_waiting', 'waiting', v_waiting); END IF;
  END IF;
  PERFORM cash_policy_put(p_tenant, p, a.o_operator);
  PERFORM operation_note(p_tenant, a.o_operator, p_via, 'policy.set', 'policy', p->>'asset', CASE WHEN c.asset IS NOT NULL THEN to_jsonb(c) - 'tenant_id' END,
    p || jsonb_build_object('version', coalesce(c.version, 0) + 1), p_reason, p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- ---------- payments that their gateway never ends ----------

-- What is known of a payment that a person set aside, after its gateway's last word. What was done about it stands; but one
-- that was dismissed and then did arrive waits for a person again.
-- +goose StatementBegin
CREATE FUNCTION deposit_last_word(y deposit_payments, n jsonb) RETURNS deposit_payments LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF n->>'state' = 'pending' OR (y.state = 'confirmed' AND n->>'state' = 'failed') OR deposit_is_confirmed(y)
     OR NOT EXISTS (SELECT 1 FROM deposit_quarantine WHERE tenant_id = y.tenant_id AND account_id = y.account_id AND tx = y.tx AND NOT extra AND why = 'set_aside') THEN
    RETURN y;
  END IF;
  y.state := n->>'state';
  IF y.state = 'confirmed' THEN
    y.confirmations := greatest(y.confirmations, (n->>'confirmations')::int);
    y.needed := greatest(y.needed, (n->>'needed')::int);
    IF y.outcome = 'dismissed' AND deposit_is_confirmed(y) THEN y.outcome := 'quarantined'; END IF;
  END IF;
  RETURN y;
END $$;
-- +goose StatementEnd

-- What follows from the last word on a payment that was set aside.
-- +goose StatementBegin
CREATE FUNCTION deposit_arrived(o deposit_payments, y deposit_payments, n jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF o.outcome = 'dismissed' AND y.outcome = 'quarantined' THEN
    UPDATE deposit_quarantine SET status = 'open', resolved_at = NULL, resolved_by = NULL
     WHERE tenant_id = y.tenant_id AND account_id = y.account_id AND tx = y.tx AND NOT extra;
    PERFORM deposit_event(y.tenant_id, y.deposit_id, y.account_id, y.tx, 'quarantined', jsonb_build_object('reason', 'set_aside', 'detail', 'it arrived after all'));
  END IF;
  PERFORM deposit_differs(y, n);
END $$;
-- +goose StatementEnd

-- Puts the payment of a deposit that waits for its confirmation into quarantine (as p_item). The same again is answered
-- alike. Codes: ok, operators.*, cashier.deposit_not_found, cashier.not_confirming, cashier.own_account.
-- +goose StatementBegin
CREATE FUNCTION api_deposit_set_aside(p_tenant bigint, p_via text, p_proof bytea, p_request text, p_id text, p_item text, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE w record; y deposit_payments; d deposits; v_item text;
BEGIN
  PERFORM ledger_guard(p_tenant);
  w := operator_acting(p_tenant, p_via, p_proof, 'deposits.resolve', true);
  IF w.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', w.o_code); END IF;
  SELECT y1.* INTO y FROM deposit_payments y1 JOIN deposits d1 USING (tenant_id, account_id, tx) WHERE d1.tenant_id = p_tenant AND d1.deposit_id = p_id FOR NO KEY UPDATE OF y1;
  SELECT * INTO d FROM deposits WHERE tenant_id = p_tenant AND deposit_id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "cashier.deposit_not_found"}'; END IF;
  IF d.tx IS DISTINCT FROM y.tx THEN RAISE EXCEPTION 'the deposit got another payment meanwhile' USING ERRCODE = '40001'; END IF;
  SELECT item_id INTO v_item FROM deposit_quarantine WHERE tenant_id = p_tenant AND account_id = y.account_id AND tx = y.tx AND NOT extra AND status = 'open';
  IF d.status = 'quarantined' AND v_item IS NOT NULL THEN RETURN jsonb_build_object('code', 'ok', 'item', v_item); END IF;
  IF d.status <> 'confirming' OR y.outcome IS DISTINCT FROM 'open' THEN RETURN jsonb_build_object('code', 'cashier.not_confirming', 'status', d.status); END IF;
  IF operator_is_player(p_tenant, w.o_operator, d.player_id) THEN RETURN '{"code": "cashier.own_account"}'; END IF;
  INSERT INTO deposit_quarantine (tenant_id, item_id, account_id, tx, deposit_id, asset, scale, amount, why, reason)
  VALUES (p_tenant, p_item, y.account_id, y.tx, p_id, y.asset, y.scale, y.amount, 'set_aside', p_reason);
  UPDATE deposit_payments SET outcome = 'quarantined', updated_at = clock_timestamp() WHERE tenant_id = p_tenant AND account_id = y.account_id AND tx = y.tx;
  PERFORM deposit_move(d, 'quarantined', jsonb_build_object('actor', 'operator', 'operator', w.o_operator, 'reason', 'set_aside', 'detail', p_reason));
  PERFORM operation_note(p_tenant, w.o_operator, p_via, 'deposit.set_aside', 'deposit', p_id, jsonb_build_object('status', d.status, 'tx', y.tx, 'state', y.state),
    jsonb_build_object('status', 'quarantined', 'item', p_item), p_reason, p_request);
  RETURN jsonb_build_object('code', 'ok', 'item', p_item);
END $$;
-- +goose StatementEnd
