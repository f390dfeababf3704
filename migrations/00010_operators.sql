-- +goose Up
-- Operators: who they are, how they prove it, what they may do, and what they did.
--
-- The application role writes none of these tables: it calls the api_operator_* functions, and those believe nobody who
-- only reads the tables. What a caller shows (the "proof": SHA-256 of a token, the key derived from a password, a code
-- made with the master secret) is stored as its SHA-256 once more, in the columns named *_check, so a row read is no
-- proof. What only the program can judge, such as a TOTP code, it attests with a value derived from the master secret.

ALTER TABLE directory DROP CONSTRAINT directory_kind_check;
ALTER TABLE directory ADD CONSTRAINT directory_kind_check CHECK (kind IN ('tenant', 'bot', 'chat', 'group', 'player', 'round', 'code',
  'operator', 'invitation', 'gateway', 'kyc', 'withdrawal', 'deposit'));

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION directory_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.kind IN ('tenant', 'round', 'operator', 'gateway', 'kyc', 'withdrawal', 'deposit') THEN
    RAISE EXCEPTION '% of a % in the directory is refused', TG_OP, OLD.kind USING ERRCODE = '42501';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
-- +goose StatementEnd

-- The permission matrix, outside the fence: the same for every tenant. operators.Matrix says the same in Go.
CREATE TABLE role_permissions (
  role       text NOT NULL CHECK (role IN ('owner', 'reviewer', 'senior_reviewer', 'finance', 'risk', 'support', 'analyst')),
  permission text NOT NULL CHECK (permission ~ '^[a-z]+\.[a-z_]+$'),
  PRIMARY KEY (role, permission)
);
INSERT INTO role_permissions (role, permission)
SELECT 'owner', unnest(ARRAY['withdrawals.read', 'withdrawals.review', 'withdrawals.review_final', 'withdrawals.resolve', 'deposits.read',
  'deposits.resolve', 'deposits.refund', 'cashier.read', 'cashier.configure', 'gateways.configure', 'adjustments.read', 'adjustments.request',
  'adjustments.approve', 'ledger.read', 'ledger.reverse', 'ledger.reverse_approve', 'players.read', 'players.restrict', 'players.kyc',
  'incidents.read', 'incidents.resolve', 'operators.read', 'operators.manage', 'keys.manage', 'log.read', 'groups.read'])
UNION ALL SELECT 'reviewer', unnest(ARRAY['withdrawals.read', 'withdrawals.review', 'deposits.read', 'cashier.read', 'players.read', 'groups.read'])
UNION ALL SELECT 'senior_reviewer', unnest(ARRAY['withdrawals.read', 'withdrawals.review', 'withdrawals.review_final', 'deposits.read', 'cashier.read',
  'players.read', 'incidents.read', 'groups.read'])
UNION ALL SELECT 'finance', unnest(ARRAY['withdrawals.read', 'withdrawals.resolve', 'deposits.read', 'deposits.resolve', 'deposits.refund', 'cashier.read',
  'adjustments.read', 'adjustments.request', 'adjustments.approve', 'ledger.read', 'ledger.reverse', 'ledger.reverse_approve', 'players.read',
  'incidents.read', 'incidents.resolve', 'log.read', 'groups.read'])
UNION ALL SELECT 'risk', unnest(ARRAY['withdrawals.read', 'deposits.read', 'cashier.read', 'ledger.read', 'players.read', 'players.restrict', 'players.kyc',
  'incidents.read', 'log.read', 'groups.read'])
UNION ALL SELECT 'support', unnest(ARRAY['withdrawals.read', 'deposits.read', 'cashier.read', 'adjustments.read', 'adjustments.request', 'players.read',
  'groups.read'])
UNION ALL SELECT 'analyst', unnest(ARRAY['withdrawals.read', 'deposits.read', 'cashier.read', 'adjustments.read', 'ledger.read', 'players.read',
  'incidents.read', 'log.read', 'groups.read']);

CREATE TABLE operators (
  tenant_id              bigint      NOT NULL,
  operator_id            bigint      GENERATED ALWAYS AS IDENTITY,
  public_id              text        NOT NULL UNIQUE CHECK (public_id ~ '^o_[a-z2-7]{16}$'),
  email                  text        NOT NULL CHECK (length(email) BETWEEN 3 AND 254 AND email = lower(email)),
  email_key              bytea       NOT NULL UNIQUE CHECK (length(email_key) = 32),
  name                   text        NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
  roles                  text[]      NOT NULL CHECK (cardinality(roles) BETWEEN 1 AND 7
                         AND roles <@ ARRAY['owner', 'reviewer', 'senior_reviewer', 'finance', 'risk', 'support', 'analyst']),
  status                 text        NOT NULL CHECK (status IN ('invited', 'active', 'disabled')),
  password_kdf           text,       -- argon2id's parameters and salt
  password_check         bytea,      -- SHA-256 of the key that argon2id derives
  attest_check           bytea       NOT NULL CHECK (length(attest_check) = 32),
  totp_pending           bytea,
  totp_sealed            bytea,
  totp_confirmed_at      timestamptz,
  totp_step              bigint      NOT NULL DEFAULT 0, -- the last time step whose code was used
  telegram_id            bigint,
  telegram_check         bytea,
  telegram_step_up_until timestamptz,
  signed_in_at           timestamptz,
  created_at             timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at             timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, operator_id),
  UNIQUE (tenant_id, telegram_id),
  CHECK (status <> 'active' OR password_check IS NOT NULL),
  CHECK ((telegram_id IS NULL) = (telegram_check IS NULL)),
  CHECK ((totp_confirmed_at IS NULL) = (totp_sealed IS NULL))
);
CREATE INDEX operators_telegram ON operators (tenant_id, telegram_check) WHERE telegram_check IS NOT NULL;

CREATE TABLE operator_sessions (
  tenant_id     bigint      NOT NULL,
  token_check   bytea       NOT NULL CHECK (length(token_check) = 32),
  operator_id   bigint      NOT NULL,
  method        text        NOT NULL CHECK (method IN ('password', 'invitation', 'oidc')),
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  seen_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at    timestamptz NOT NULL,
  step_up_until timestamptz,
  revoked_at    timestamptz,
  PRIMARY KEY (tenant_id, token_check),
  FOREIGN KEY (tenant_id, operator_id) REFERENCES operators
);
CREATE INDEX operator_sessions_operator ON operator_sessions (tenant_id, operator_id);

CREATE TABLE operator_keys (
  tenant_id   bigint      NOT NULL,
  key_id      text        NOT NULL CHECK (key_id ~ '^k_[a-z2-7]{16}$'),
  operator_id bigint      NOT NULL,
  name        text        NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
  token_check bytea       NOT NULL CHECK (length(token_check) = 32),
  scopes      text[]      NOT NULL CHECK (cardinality(scopes) > 0),
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at  timestamptz,
  used_at     timestamptz,
  revoked_at  timestamptz,
  PRIMARY KEY (tenant_id, key_id),
  UNIQUE (tenant_id, token_check),
  FOREIGN KEY (tenant_id, operator_id) REFERENCES operators
);

CREATE TABLE operator_invitations (
  tenant_id   bigint      NOT NULL,
  token_check bytea       NOT NULL CHECK (length(token_check) = 32),
  operator_id bigint      NOT NULL,
  invited_by  bigint      NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at  timestamptz NOT NULL,
  used_at     timestamptz,
  PRIMARY KEY (tenant_id, token_check),
  FOREIGN KEY (tenant_id, operator_id) REFERENCES operators
);
CREATE INDEX operator_invitations_operator ON operator_invitations (tenant_id, operator_id);

CREATE TABLE operator_recovery_codes (
  tenant_id   bigint NOT NULL,
  operator_id bigint NOT NULL,
  code_hash   bytea  NOT NULL CHECK (length(code_hash) = 32),
  used_at     timestamptz,
  PRIMARY KEY (tenant_id, operator_id, code_hash),
  FOREIGN KEY (tenant_id, operator_id) REFERENCES operators
);

CREATE TABLE operator_link_codes (
  tenant_id   bigint      NOT NULL,
  code_check  bytea       NOT NULL CHECK (length(code_check) = 32),
  operator_id bigint      NOT NULL,
  expires_at  timestamptz NOT NULL,
  used_at     timestamptz,
  PRIMARY KEY (tenant_id, code_check),
  FOREIGN KEY (tenant_id, operator_id) REFERENCES operators
);

-- Every Telegram account that was ever linked: whoever unlinks theirs is still no reviewer of their own money.
CREATE TABLE operator_telegrams (
  tenant_id   bigint      NOT NULL,
  operator_id bigint      NOT NULL,
  telegram_id bigint      NOT NULL,
  linked_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, operator_id, telegram_id),
  FOREIGN KEY (tenant_id, operator_id) REFERENCES operators
);
SELECT ledger_seal_table('operator_telegrams');

-- Failed sign-ins by e-mail, known or not, so that a lock tells nobody which e-mails exist. Outside the fence: an unknown
-- e-mail has no tenant. The key is a keyed hash.
CREATE TABLE operator_attempts (
  email_key    bytea       PRIMARY KEY CHECK (length(email_key) = 32),
  failures     int         NOT NULL DEFAULT 0,
  locked_until timestamptz,
  last_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX operator_attempts_last ON operator_attempts (last_at);

CREATE TABLE operation_log (
  tenant_id    bigint      NOT NULL,
  entry_id     bigint      GENERATED ALWAYS AS IDENTITY,
  at           timestamptz NOT NULL DEFAULT clock_timestamp(),
  operator_id  bigint,     -- null: the installation itself
  via          text        NOT NULL CHECK (via IN ('session', 'key', 'telegram', 'system')),
  action       text        NOT NULL CHECK (length(action) BETWEEN 1 AND 64),
  subject_kind text        NOT NULL DEFAULT '',
  subject      text        NOT NULL DEFAULT '',
  before       jsonb,
  after        jsonb,
  reason       text        NOT NULL DEFAULT '',
  request_id   text        NOT NULL DEFAULT '',
  PRIMARY KEY (tenant_id, entry_id)
);
CREATE INDEX operation_log_operator ON operation_log (tenant_id, operator_id, entry_id);
CREATE INDEX operation_log_subject ON operation_log (tenant_id, subject, entry_id);
SELECT ledger_seal_table('operation_log');

SELECT fairground_fence('operators', 'operator_sessions', 'operator_keys', 'operator_invitations', 'operator_recovery_codes',
  'operator_link_codes', 'operator_telegrams', 'operation_log');

-- The only writer of the operation log.
-- +goose StatementBegin
CREATE FUNCTION operation_note(p_tenant bigint, p_operator bigint, p_via text, p_action text, p_subject_kind text, p_subject text,
  p_before jsonb, p_after jsonb, p_reason text, p_request text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO operation_log (tenant_id, operator_id, via, action, subject_kind, subject, before, after, reason, request_id)
  VALUES (p_tenant, p_operator, coalesce(p_via, 'system'), p_action, coalesce(p_subject_kind, ''), coalesce(p_subject, ''), p_before, p_after,
          coalesce(p_reason, ''), coalesce(p_request, ''));
END $$;
-- +goose StatementEnd

-- Who acts, and whether they may. o_code is null when allowed, else operators.unauthenticated, operators.forbidden or
-- operators.step_up_required. No permission asks for any sign-in. An API key is limited by its scopes and by its
-- operator's roles, and is stepped up only by its scope step_up.
-- +goose StatementBegin
CREATE FUNCTION operator_acting(p_tenant bigint, p_via text, p_proof bytea, p_permission text, p_step_up boolean, OUT o_operator bigint, OUT o_code text)
LANGUAGE plpgsql AS $$
DECLARE v_roles text[]; v_scopes text[]; v_stepped timestamptz; v_now timestamptz := clock_timestamp();
BEGIN
  IF p_via = 'session' THEN
    SELECT operator_id, step_up_until INTO o_operator, v_stepped FROM operator_sessions
     WHERE tenant_id = p_tenant AND token_check = sha256(p_proof) AND revoked_at IS NULL AND expires_at > v_now AND seen_at > v_now - interval '30 minutes';
  ELSIF p_via = 'key' THEN
    SELECT operator_id, scopes, CASE WHEN 'step_up' = ANY (scopes) THEN timestamptz 'infinity' END INTO o_operator, v_scopes, v_stepped FROM operator_keys
     WHERE tenant_id = p_tenant AND token_check = sha256(p_proof) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > v_now);
  ELSIF p_via = 'telegram' THEN
    SELECT operator_id, telegram_step_up_until INTO o_operator, v_stepped FROM operators WHERE tenant_id = p_tenant AND telegram_check = sha256(p_proof);
  END IF;
  SELECT roles INTO v_roles FROM operators WHERE tenant_id = p_tenant AND operator_id = o_operator AND status = 'active';
  IF NOT FOUND THEN
    o_operator := NULL;
    o_code := 'operators.unauthenticated';
  ELSIF p_permission IS NOT NULL AND (NOT EXISTS (SELECT 1 FROM role_permissions WHERE role = ANY (v_roles) AND permission = p_permission)
     OR (v_scopes IS NOT NULL AND p_permission <> ALL (v_scopes))) THEN
    o_code := 'operators.forbidden';
  ELSIF coalesce(p_step_up, true) AND (v_stepped IS NULL OR v_stepped <= v_now) THEN
    o_code := 'operators.step_up_required';
  END IF;
END $$;
-- +goose StatementEnd

-- Takes the row of an e-mail's failures and says until when it is locked; null when it is not.
-- +goose StatementBegin
CREATE FUNCTION operator_lock_of(p_email bytea) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE v_until timestamptz;
BEGIN
  INSERT INTO operator_attempts (email_key) VALUES (p_email) ON CONFLICT DO NOTHING;
  SELECT locked_until INTO v_until FROM operator_attempts WHERE email_key = p_email FOR UPDATE;
  RETURN CASE WHEN v_until > clock_timestamp() THEN v_until END;
END $$;
-- +goose StatementEnd

-- Counts a failure; the tenth locks for 15 minutes. Answers p_code. Rows of a day ago are forgotten.
-- +goose StatementBegin
CREATE FUNCTION operator_failed(p_email bytea, p_code text) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM operator_attempts WHERE email_key IN (SELECT email_key FROM operator_attempts
    WHERE last_at < clock_timestamp() - interval '1 day' AND email_key <> p_email ORDER BY last_at LIMIT 20 FOR UPDATE SKIP LOCKED);
  UPDATE operator_attempts SET last_at = clock_timestamp(),
         failures = CASE WHEN locked_until IS NULL AND last_at > clock_timestamp() - interval '15 minutes' THEN failures + 1 ELSE 1 END,
         locked_until = NULL WHERE email_key = p_email;
  UPDATE operator_attempts SET locked_until = clock_timestamp() + interval '15 minutes' WHERE email_key = p_email AND failures >= 10;
  RETURN jsonb_build_object('code', p_code);
END $$;
-- +goose StatementEnd

-- Uses up a second factor that the program has judged good: a time step, each once and only rising, or a recovery code.
-- +goose StatementBegin
CREATE FUNCTION operator_second(p_tenant bigint, p_operator bigint, p_step bigint, p_recovery bytea, p_attest bytea) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM operators WHERE tenant_id = p_tenant AND operator_id = p_operator AND attest_check = sha256(p_attest)) THEN RETURN false; END IF;
  IF p_step IS NOT NULL THEN
    UPDATE operators SET totp_step = p_step WHERE tenant_id = p_tenant AND operator_id = p_operator AND totp_confirmed_at IS NOT NULL AND totp_step < p_step;
    RETURN FOUND;
  END IF;
  UPDATE operator_recovery_codes SET used_at = clock_timestamp()
   WHERE tenant_id = p_tenant AND operator_id = p_operator AND code_hash = p_recovery AND used_at IS NULL;
  RETURN FOUND;
END $$;
-- +goose StatementEnd

-- Opens a session for the operator and forgets those that ended a day ago.
-- +goose StatementBegin
CREATE FUNCTION operator_session(p_tenant bigint, p_operator bigint, p_proof bytea, p_method text, p_stepped boolean, p_request text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE v_now timestamptz := clock_timestamp(); o operators;
BEGIN
  DELETE FROM operator_sessions WHERE tenant_id = p_tenant AND operator_id = p_operator AND expires_at < v_now - interval '1 day';
  INSERT INTO operator_sessions (tenant_id, token_check, operator_id, method, created_at, seen_at, expires_at, step_up_until)
  VALUES (p_tenant, sha256(p_proof), p_operator, p_method, v_now, v_now, v_now + interval '12 hours', CASE WHEN p_stepped THEN v_now + interval '10 minutes' END);
  UPDATE operators SET signed_in_at = v_now WHERE tenant_id = p_tenant AND operator_id = p_operator RETURNING * INTO o;
  UPDATE operator_attempts SET failures = 0, locked_until = NULL WHERE email_key = o.email_key;
  PERFORM operation_note(p_tenant, p_operator, 'session', 'operator.sign_in', 'operator', o.public_id, NULL, jsonb_build_object('method', p_method), NULL, p_request);
  RETURN operator_answer(p_tenant, o) || jsonb_build_object('expires_at', v_now + interval '12 hours',
    'step_up_until', CASE WHEN p_stepped THEN v_now + interval '10 minutes' END);
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION operator_answer(p_tenant bigint, o operators) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('code', 'ok', 'operator', (o).operator_id, 'operator_id', (o).public_id, 'name', (o).name, 'roles', to_jsonb((o).roles),
    'tenant_id', (SELECT public_id FROM tenants WHERE tenant_id = p_tenant))
$$;
-- +goose StatementEnd

-- Signs in. p_key is what argon2id derived from the password; p_wrong says that a code was sent and is not good; p_step or
-- p_recovery is the good one. A tenant of 0 stands for an unknown e-mail and takes the same steps. Codes: ok,
-- operators.invalid_credentials, operators.code_required, operators.locked.
-- +goose StatementBegin
CREATE FUNCTION api_operator_sign_in(p_tenant bigint, p_email bytea, p_key bytea, p_wrong boolean, p_step bigint, p_recovery bytea, p_attest bytea,
  p_proof bytea, p_request text) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE o operators; v_locked timestamptz; v_two boolean := p_step IS NOT NULL OR p_recovery IS NOT NULL;
BEGIN
  PERFORM ledger_guard(p_tenant);
  v_locked := operator_lock_of(p_email);
  IF v_locked IS NOT NULL THEN RETURN jsonb_build_object('code', 'operators.locked', 'until', v_locked); END IF;
  SELECT * INTO o FROM operators WHERE tenant_id = p_tenant AND email_key = p_email FOR NO KEY UPDATE;
  IF NOT FOUND OR o.status <> 'active' OR o.password_check IS DISTINCT FROM sha256(p_key) OR coalesce(p_wrong, true) THEN
    RETURN operator_failed(p_email, 'operators.invalid_credentials');
  END IF;
  IF o.totp_confirmed_at IS NOT NULL THEN
    IF NOT v_two THEN RETURN '{"code": "operators.code_required"}'; END IF;
    IF NOT operator_second(p_tenant, o.operator_id, p_step, p_recovery, p_attest) THEN RETURN operator_failed(p_email, 'operators.invalid_credentials'); END IF;
  END IF;
  RETURN operator_session(p_tenant, o.operator_id, p_proof, 'password', o.totp_confirmed_at IS NOT NULL, p_request);
END $$;
-- +goose StatementEnd

-- Signs in somebody whom the identity provider vouched for, as the program attests. The session is not stepped up.
-- +goose StatementBegin
CREATE FUNCTION api_operator_sign_in_oidc(p_tenant bigint, p_email bytea, p_attest bytea, p_proof bytea, p_request text)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_id bigint;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT operator_id INTO v_id FROM operators WHERE tenant_id = p_tenant AND email_key = p_email AND status = 'active' AND attest_check = sha256(p_attest)
     FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "operators.invalid_credentials"}'; END IF;
  RETURN operator_session(p_tenant, v_id, p_proof, 'oidc', false, p_request);
END $$;
-- +goose StatementEnd

-- Says whom a proof speaks for, and notes at most once a minute that it was used.
-- +goose StatementBegin
CREATE FUNCTION api_operator_authenticate(p_tenant bigint, p_via text, p_proof bytea) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record; o operators; v_scopes text[]; v_until timestamptz; v_expires timestamptz; v_now timestamptz := clock_timestamp();
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_acting(p_tenant, p_via, p_proof, NULL, false);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  IF p_via = 'session' THEN
    UPDATE operator_sessions SET seen_at = v_now WHERE tenant_id = p_tenant AND token_check = sha256(p_proof) AND seen_at < v_now - interval '1 minute';
    SELECT step_up_until, expires_at INTO v_until, v_expires FROM operator_sessions WHERE tenant_id = p_tenant AND token_check = sha256(p_proof);
  ELSIF p_via = 'key' THEN
    UPDATE operator_keys SET used_at = v_now WHERE tenant_id = p_tenant AND token_check = sha256(p_proof) AND (used_at IS NULL OR used_at < v_now - interval '1 minute');
    SELECT scopes, expires_at, CASE WHEN 'step_up' = ANY (scopes) THEN coalesce(expires_at, v_now + interval '1 day') END INTO v_scopes, v_expires, v_until
      FROM operator_keys WHERE tenant_id = p_tenant AND token_check = sha256(p_proof);
  ELSE
    SELECT telegram_step_up_until INTO v_until FROM operators WHERE tenant_id = p_tenant AND operator_id = r.o_operator;
  END IF;
  SELECT * INTO o FROM operators WHERE tenant_id = p_tenant AND operator_id = r.o_operator;
  RETURN operator_answer(p_tenant, o) || jsonb_build_object('scopes', to_jsonb(v_scopes), 'step_up_until', v_until, 'expires_at', v_expires);
END $$;
-- +goose StatementEnd

-- Ends this session, or with p_all every session of the operator.
-- +goose StatementBegin
CREATE FUNCTION api_operator_sign_out(p_tenant bigint, p_via text, p_proof bytea, p_all boolean, p_request text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_acting(p_tenant, p_via, p_proof, NULL, false);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  IF p_via = 'key' OR (p_via <> 'session' AND NOT p_all) THEN RETURN '{"code": "operators.session_required"}'; END IF;
  UPDATE operator_sessions SET revoked_at = clock_timestamp() WHERE tenant_id = p_tenant AND operator_id = r.o_operator AND revoked_at IS NULL
     AND (p_all OR token_check = sha256(p_proof));
  IF p_all THEN UPDATE operators SET telegram_step_up_until = NULL WHERE tenant_id = p_tenant AND operator_id = r.o_operator; END IF;
  PERFORM operation_note(p_tenant, r.o_operator, p_via, CASE WHEN p_all THEN 'operator.sign_out_everywhere' ELSE 'operator.sign_out' END,
    'operator', operator_public(p_tenant, r.o_operator), NULL, NULL, NULL, p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION operator_public(p_tenant bigint, p_operator bigint) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT public_id FROM operators WHERE tenant_id = p_tenant AND operator_id = p_operator
$$;
-- +goose StatementEnd

-- Failures of somebody who is signed in are counted apart: whoever knows only an e-mail can lock the sign-in, not the
-- person at work.
-- +goose StatementBegin
CREATE FUNCTION operator_inside(p_email bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT sha256(p_email || '\x01'::bytea) $$;
-- +goose StatementEnd

-- Steps up for 10 minutes. Codes: ok, operators.wrong_code, operators.no_second_factor, operators.locked and those of a sign-in.
-- +goose StatementBegin
CREATE FUNCTION api_operator_step_up(p_tenant bigint, p_via text, p_proof bytea, p_step bigint, p_recovery bytea, p_attest bytea, p_request text)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record; o operators; v_locked timestamptz; v_until timestamptz := clock_timestamp() + interval '10 minutes';
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_acting(p_tenant, p_via, p_proof, NULL, false);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  IF p_via = 'key' THEN RETURN '{"code": "operators.session_required"}'; END IF;
  SELECT * INTO o FROM operators WHERE tenant_id = p_tenant AND operator_id = r.o_operator;
  v_locked := operator_lock_of(operator_inside(o.email_key));
  IF v_locked IS NOT NULL THEN RETURN jsonb_build_object('code', 'operators.locked', 'until', v_locked); END IF;
  IF o.totp_confirmed_at IS NULL THEN RETURN '{"code": "operators.no_second_factor"}'; END IF;
  IF NOT operator_second(p_tenant, o.operator_id, p_step, p_recovery, p_attest) THEN RETURN operator_failed(operator_inside(o.email_key), 'operators.wrong_code'); END IF;
  UPDATE operator_attempts SET failures = 0, locked_until = NULL WHERE email_key = operator_inside(o.email_key);
  IF p_via = 'session' THEN
    UPDATE operator_sessions SET step_up_until = v_until, seen_at = clock_timestamp() WHERE tenant_id = p_tenant AND token_check = sha256(p_proof);
  ELSE
    UPDATE operators SET telegram_step_up_until = v_until WHERE tenant_id = p_tenant AND operator_id = o.operator_id;
  END IF;
  PERFORM operation_note(p_tenant, o.operator_id, p_via, 'operator.step_up', 'operator', o.public_id, NULL,
    jsonb_build_object('recovery', p_step IS NULL), NULL, p_request);
  RETURN operator_answer(p_tenant, o) || jsonb_build_object('step_up_until', v_until);
END $$;
-- +goose StatementEnd

-- What a person does to the own account: in a session, and stepped up where p_step_up or where a second factor exists.
-- +goose StatementBegin
CREATE FUNCTION operator_own(p_tenant bigint, p_via text, p_proof bytea, p_step_up boolean, OUT o operators, OUT o_code text) LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
  r := operator_acting(p_tenant, p_via, p_proof, NULL, false);
  o_code := CASE WHEN r.o_code IS NULL AND p_via <> 'session' THEN 'operators.session_required' ELSE r.o_code END;
  IF o_code IS NOT NULL THEN RETURN; END IF;
  SELECT * INTO o FROM operators WHERE tenant_id = p_tenant AND operator_id = r.o_operator;
  IF p_step_up OR o.totp_confirmed_at IS NOT NULL THEN
    r := operator_acting(p_tenant, p_via, p_proof, NULL, true);
    o_code := r.o_code;
  END IF;
END $$;
-- +goose StatementEnd

-- Keeps a new TOTP secret until its first code. Whoever only holds a session must not step it up with a device of their
-- own: it takes the password (p_key as in sign-in), or a single sign-on of the last 10 minutes. Replacing a confirmed
-- device needs a step-up too. Codes: ok, operators.invalid_credentials, operators.locked.
-- +goose StatementBegin
CREATE FUNCTION api_operator_totp_enrol(p_tenant bigint, p_via text, p_proof bytea, p_key bytea, p_sealed bytea, p_request text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record; v_locked timestamptz;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_own(p_tenant, p_via, p_proof, false);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  IF NOT EXISTS (SELECT 1 FROM operator_sessions WHERE tenant_id = p_tenant AND token_check = sha256(p_proof) AND method = 'oidc'
                    AND created_at > clock_timestamp() - interval '10 minutes') THEN
    v_locked := operator_lock_of(operator_inside((r.o).email_key));
    IF v_locked IS NOT NULL THEN RETURN jsonb_build_object('code', 'operators.locked', 'until', v_locked); END IF;
    IF (r.o).password_check IS DISTINCT FROM sha256(p_key) THEN RETURN operator_failed(operator_inside((r.o).email_key), 'operators.invalid_credentials'); END IF;
  END IF;
  UPDATE operators SET totp_pending = p_sealed WHERE tenant_id = p_tenant AND operator_id = (r.o).operator_id;
  PERFORM operation_note(p_tenant, (r.o).operator_id, p_via, 'operator.totp_enrol', 'operator', (r.o).public_id, NULL, NULL, NULL, p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- Puts the pending device in force with its first good code, gives new recovery codes and steps the session up.
-- +goose StatementBegin
CREATE FUNCTION api_operator_totp_confirm(p_tenant bigint, p_via text, p_proof bytea, p_sealed bytea, p_step bigint, p_codes bytea[], p_attest bytea, p_request text)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record; v_locked timestamptz;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_own(p_tenant, p_via, p_proof, false);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  v_locked := operator_lock_of(operator_inside((r.o).email_key));
  IF v_locked IS NOT NULL THEN RETURN jsonb_build_object('code', 'operators.locked', 'until', v_locked); END IF;
  IF (r.o).totp_pending IS NULL THEN RETURN '{"code": "operators.no_second_factor"}'; END IF;
  IF p_step IS NULL OR (r.o).totp_pending IS DISTINCT FROM p_sealed OR (r.o).attest_check IS DISTINCT FROM sha256(p_attest) THEN
    RETURN operator_failed(operator_inside((r.o).email_key), 'operators.wrong_code');
  END IF;
  UPDATE operators SET totp_sealed = totp_pending, totp_pending = NULL, totp_confirmed_at = clock_timestamp(), totp_step = p_step, updated_at = clock_timestamp()
   WHERE tenant_id = p_tenant AND operator_id = (r.o).operator_id AND totp_pending = p_sealed;
  IF NOT FOUND THEN RETURN '{"code": "operators.wrong_code"}'; END IF; -- a twin was first
  PERFORM operator_codes(p_tenant, (r.o).operator_id, p_codes);
  UPDATE operator_sessions SET step_up_until = clock_timestamp() + interval '10 minutes' WHERE tenant_id = p_tenant AND token_check = sha256(p_proof);
  PERFORM operation_note(p_tenant, (r.o).operator_id, p_via, 'operator.totp_confirm', 'operator', (r.o).public_id, NULL, NULL, NULL, p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION operator_codes(p_tenant bigint, p_operator bigint, p_codes bytea[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM operator_recovery_codes WHERE tenant_id = p_tenant AND operator_id = p_operator;
  INSERT INTO operator_recovery_codes (tenant_id, operator_id, code_hash) SELECT p_tenant, p_operator, c FROM unnest(p_codes) AS c;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION api_operator_recovery_codes(p_tenant bigint, p_via text, p_proof bytea, p_codes bytea[], p_request text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_own(p_tenant, p_via, p_proof, true);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  PERFORM operator_codes(p_tenant, (r.o).operator_id, p_codes);
  PERFORM operation_note(p_tenant, (r.o).operator_id, p_via, 'operator.recovery_codes', 'operator', (r.o).public_id, NULL, NULL, NULL, p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- Changes the own password and ends every other session. Codes: ok, operators.invalid_credentials, operators.locked.
-- +goose StatementBegin
CREATE FUNCTION api_operator_password(p_tenant bigint, p_via text, p_proof bytea, p_old bytea, p_kdf text, p_check bytea, p_request text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record; v_locked timestamptz;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_own(p_tenant, p_via, p_proof, false);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  v_locked := operator_lock_of(operator_inside((r.o).email_key));
  IF v_locked IS NOT NULL THEN RETURN jsonb_build_object('code', 'operators.locked', 'until', v_locked); END IF;
  IF (r.o).password_check IS DISTINCT FROM sha256(p_old) THEN RETURN operator_failed(operator_inside((r.o).email_key), 'operators.invalid_credentials'); END IF;
  UPDATE operators SET password_kdf = p_kdf, password_check = p_check, updated_at = clock_timestamp() WHERE tenant_id = p_tenant AND operator_id = (r.o).operator_id;
  UPDATE operator_sessions SET revoked_at = clock_timestamp()
   WHERE tenant_id = p_tenant AND operator_id = (r.o).operator_id AND revoked_at IS NULL AND token_check <> sha256(p_proof);
  PERFORM operation_note(p_tenant, (r.o).operator_id, p_via, 'operator.password', 'operator', (r.o).public_id, NULL, NULL, NULL, p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- Adds an operator and enters the e-mail's hash in the directory. Codes: ok, operators.email_taken.
-- +goose StatementBegin
CREATE FUNCTION operator_add(p_tenant bigint, p_status text, p jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE o operators;
BEGIN
  INSERT INTO directory (kind, key, tenant_id) VALUES ('operator', p->>'email_key', p_tenant) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN RETURN '{"code": "operators.email_taken"}'; END IF;
  INSERT INTO operators (tenant_id, public_id, email, email_key, name, roles, status, password_kdf, password_check, attest_check)
  VALUES (p_tenant, p->>'id', p->>'email', decode(p->>'email_key', 'hex'), p->>'name', ARRAY(SELECT jsonb_array_elements_text(p->'roles')), p_status,
          p->>'kdf', decode(p->>'check', 'hex'), decode(p->>'attest', 'hex')) RETURNING * INTO o;
  RETURN operator_answer(p_tenant, o);
END $$;
-- +goose StatementEnd

-- Adds an operator while the tenant has no active owner: the first owner closes this door.
-- Codes: ok, operators.owner_exists, operators.email_taken, operators.tenant_not_found.
-- +goose StatementBegin
CREATE FUNCTION api_operator_create(p_tenant bigint, p jsonb, p_request text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v jsonb;
BEGIN
  PERFORM ledger_guard(p_tenant);
  PERFORM pg_advisory_xact_lock(7010, hashtext(p_tenant::text));
  IF NOT EXISTS (SELECT 1 FROM tenants WHERE tenant_id = p_tenant) THEN RETURN '{"code": "operators.tenant_not_found"}'; END IF;
  IF EXISTS (SELECT 1 FROM operators WHERE tenant_id = p_tenant AND status = 'active' AND 'owner' = ANY (roles)) THEN
    RETURN '{"code": "operators.owner_exists"}';
  END IF;
  v := operator_add(p_tenant, 'active', p);
  IF v->>'code' = 'ok' THEN
    PERFORM operation_note(p_tenant, NULL, 'system', 'operator.create', 'operator', p->>'id', NULL, jsonb_build_object('email', p->'email', 'roles', p->'roles'), NULL, p_request);
  END IF;
  RETURN v;
END $$;
-- +goose StatementEnd

-- Invites a person for 72 hours; again while the first invitation was not taken up. Codes: ok, operators.email_taken.
-- +goose StatementBegin
CREATE FUNCTION api_operator_invite(p_tenant bigint, p_via text, p_proof bytea, p jsonb, p_invitation bytea, p_reason text, p_request text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record; v jsonb; o operators;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_acting(p_tenant, p_via, p_proof, 'operators.manage', true);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  PERFORM pg_advisory_xact_lock(7010, hashtext(p_tenant::text));
  SELECT * INTO o FROM operators WHERE tenant_id = p_tenant AND email_key = decode(p->>'email_key', 'hex') AND status = 'invited';
  IF FOUND THEN
    UPDATE operators SET name = p->>'name', roles = ARRAY(SELECT jsonb_array_elements_text(p->'roles')), updated_at = clock_timestamp()
     WHERE tenant_id = p_tenant AND operator_id = o.operator_id RETURNING * INTO o;
    UPDATE operator_invitations SET used_at = clock_timestamp() WHERE tenant_id = p_tenant AND operator_id = o.operator_id AND used_at IS NULL;
    v := operator_answer(p_tenant, o);
  ELSE
    v := operator_add(p_tenant, 'invited', p - 'kdf' - 'check');
  END IF;
  IF v->>'code' <> 'ok' THEN RETURN v; END IF;
  INSERT INTO operator_invitations (tenant_id, token_check, operator_id, invited_by, expires_at)
  VALUES (p_tenant, sha256(p_invitation), (v->>'operator')::bigint, r.o_operator, clock_timestamp() + interval '72 hours');
  PERFORM operation_note(p_tenant, r.o_operator, p_via, 'operator.invite', 'operator', v->>'operator_id', NULL,
    jsonb_build_object('email', p->'email', 'roles', p->'roles'), p_reason, p_request);
  RETURN v;
END $$;
-- +goose StatementEnd

-- Takes an invitation up, once, with a password. Codes: ok, operators.invalid_invitation.
-- +goose StatementBegin
CREATE FUNCTION api_operator_accept(p_tenant bigint, p_invitation bytea, p_kdf text, p_check bytea, p_proof bytea, p_request text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_id bigint;
BEGIN
  PERFORM ledger_guard(p_tenant);
  UPDATE operator_invitations AS i SET used_at = clock_timestamp() FROM operators AS o
   WHERE i.tenant_id = p_tenant AND i.token_check = sha256(p_invitation) AND i.used_at IS NULL AND i.expires_at > clock_timestamp()
     AND o.tenant_id = p_tenant AND o.operator_id = i.operator_id AND o.status = 'invited' RETURNING i.operator_id INTO v_id;
  IF v_id IS NULL THEN RETURN '{"code": "operators.invalid_invitation"}'; END IF;
  UPDATE operators SET status = 'active', password_kdf = p_kdf, password_check = p_check, updated_at = clock_timestamp()
   WHERE tenant_id = p_tenant AND operator_id = v_id AND status = 'invited';
  IF NOT FOUND THEN RAISE EXCEPTION 'the operator was changed by a concurrent request' USING ERRCODE = '40001'; END IF;
  PERFORM operation_note(p_tenant, v_id, 'session', 'operator.accept', 'operator', operator_public(p_tenant, v_id), NULL, NULL, NULL, p_request);
  RETURN operator_session(p_tenant, v_id, p_proof, 'invitation', false, p_request);
END $$;
-- +goose StatementEnd

-- Locks the staff of the tenant and finds the one somebody may manage: not themselves.
-- +goose StatementBegin
CREATE FUNCTION operator_managed(p_tenant bigint, p_via text, p_proof bytea, p_target text, OUT o_by bigint, OUT o operators, OUT o_code text) LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
  r := operator_acting(p_tenant, p_via, p_proof, 'operators.manage', true);
  o_by := r.o_operator; o_code := r.o_code;
  IF o_code IS NOT NULL THEN RETURN; END IF;
  PERFORM pg_advisory_xact_lock(7010, hashtext(p_tenant::text));
  SELECT * INTO o FROM operators WHERE tenant_id = p_tenant AND public_id = p_target FOR NO KEY UPDATE;
  o_code := CASE WHEN NOT FOUND THEN 'operators.not_found' WHEN o.operator_id = o_by THEN 'operators.self' END;
END $$;
-- +goose StatementEnd

-- Whether the tenant would keep an active owner without this one.
-- +goose StatementBegin
CREATE FUNCTION operator_other_owner(p_tenant bigint, p_operator bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM operators WHERE tenant_id = p_tenant AND operator_id <> p_operator AND status = 'active' AND 'owner' = ANY (roles))
$$;
-- +goose StatementEnd

-- Codes: ok, operators.not_found, operators.self, operators.last_owner.
-- +goose StatementBegin
CREATE FUNCTION api_operator_roles(p_tenant bigint, p_via text, p_proof bytea, p_target text, p_roles text[], p_reason text, p_request text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_managed(p_tenant, p_via, p_proof, p_target);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  IF (r.o).status = 'active' AND 'owner' = ANY ((r.o).roles) AND 'owner' <> ALL (p_roles) AND NOT operator_other_owner(p_tenant, (r.o).operator_id) THEN
    RETURN '{"code": "operators.last_owner"}';
  END IF;
  UPDATE operators SET roles = p_roles, updated_at = clock_timestamp() WHERE tenant_id = p_tenant AND operator_id = (r.o).operator_id;
  PERFORM operation_note(p_tenant, r.o_by, p_via, 'operator.roles', 'operator', p_target, jsonb_build_object('roles', (r.o).roles),
    jsonb_build_object('roles', p_roles), p_reason, p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- Ends every way in that an operator has.
-- +goose StatementBegin
CREATE FUNCTION operator_shut(p_tenant bigint, p_operator bigint, p_keys boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE operator_sessions SET revoked_at = clock_timestamp() WHERE tenant_id = p_tenant AND operator_id = p_operator AND revoked_at IS NULL;
  UPDATE operator_link_codes SET used_at = clock_timestamp() WHERE tenant_id = p_tenant AND operator_id = p_operator AND used_at IS NULL;
  UPDATE operators SET telegram_step_up_until = NULL WHERE tenant_id = p_tenant AND operator_id = p_operator;
  IF p_keys THEN
    UPDATE operator_keys SET revoked_at = clock_timestamp() WHERE tenant_id = p_tenant AND operator_id = p_operator AND revoked_at IS NULL;
    UPDATE operator_invitations SET used_at = clock_timestamp() WHERE tenant_id = p_tenant AND operator_id = p_operator AND used_at IS NULL;
  END IF;
END $$;
-- +goose StatementEnd

-- Disables an operator, whose sessions and keys end at once, or enables one again. Codes: ok, operators.not_found,
-- operators.self, operators.last_owner.
-- +goose StatementBegin
CREATE FUNCTION api_operator_status(p_tenant bigint, p_via text, p_proof bytea, p_target text, p_disable boolean, p_reason text, p_request text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record; v_status text;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_managed(p_tenant, p_via, p_proof, p_target);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  IF p_disable AND (r.o).status = 'active' AND 'owner' = ANY ((r.o).roles) AND NOT operator_other_owner(p_tenant, (r.o).operator_id) THEN
    RETURN '{"code": "operators.last_owner"}';
  END IF;
  v_status := CASE WHEN p_disable THEN 'disabled' WHEN (r.o).status <> 'disabled' THEN (r.o).status
                   WHEN (r.o).password_check IS NULL THEN 'invited' ELSE 'active' END;
  IF v_status = (r.o).status THEN RETURN '{"code": "ok"}'; END IF;
  UPDATE operators SET status = v_status, updated_at = clock_timestamp() WHERE tenant_id = p_tenant AND operator_id = (r.o).operator_id;
  IF p_disable THEN PERFORM operator_shut(p_tenant, (r.o).operator_id, true); END IF;
  PERFORM operation_note(p_tenant, r.o_by, p_via, CASE WHEN p_disable THEN 'operator.disable' ELSE 'operator.enable' END, 'operator', p_target,
    jsonb_build_object('status', (r.o).status), jsonb_build_object('status', v_status), p_reason, p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- Takes a lost device off an account and ends its sessions: the password alone signs in until another is enrolled.
-- +goose StatementBegin
CREATE FUNCTION api_operator_reset_factor(p_tenant bigint, p_via text, p_proof bytea, p_target text, p_reason text, p_request text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_managed(p_tenant, p_via, p_proof, p_target);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  UPDATE operators SET totp_sealed = NULL, totp_pending = NULL, totp_confirmed_at = NULL, updated_at = clock_timestamp()
   WHERE tenant_id = p_tenant AND operator_id = (r.o).operator_id;
  DELETE FROM operator_recovery_codes WHERE tenant_id = p_tenant AND operator_id = (r.o).operator_id;
  PERFORM operator_shut(p_tenant, (r.o).operator_id, false);
  PERFORM operation_note(p_tenant, r.o_by, p_via, 'operator.reset_factor', 'operator', p_target, NULL, NULL, p_reason, p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- Makes an API key that acts for its maker, from a session only. Scopes the maker does not have are operators.forbidden.
-- +goose StatementBegin
CREATE FUNCTION api_operator_key_create(p_tenant bigint, p_via text, p_proof bytea, p jsonb, p_token bytea, p_expires timestamptz, p_reason text, p_request text)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record; v_scopes text[] := ARRAY(SELECT jsonb_array_elements_text(p->'scopes'));
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_acting(p_tenant, p_via, p_proof, 'keys.manage', true);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  IF p_via <> 'session' THEN RETURN '{"code": "operators.session_required"}'; END IF;
  IF EXISTS (SELECT 1 FROM unnest(v_scopes) AS s WHERE s <> 'step_up' AND NOT EXISTS (SELECT 1 FROM role_permissions p JOIN operators o ON p.role = ANY (o.roles)
              WHERE o.tenant_id = p_tenant AND o.operator_id = r.o_operator AND p.permission = s)) THEN
    RETURN '{"code": "operators.forbidden"}';
  END IF;
  -- Whoever is disabled at this moment keeps no key: disabling waits for this row, or was first.
  PERFORM 1 FROM operators WHERE tenant_id = p_tenant AND operator_id = r.o_operator AND status = 'active' FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "operators.unauthenticated"}'; END IF;
  INSERT INTO operator_keys (tenant_id, key_id, operator_id, name, token_check, scopes, expires_at)
  VALUES (p_tenant, p->>'id', r.o_operator, p->>'name', sha256(p_token), v_scopes, p_expires);
  PERFORM operation_note(p_tenant, r.o_operator, p_via, 'key.create', 'key', p->>'id', NULL,
    jsonb_build_object('name', p->'name', 'scopes', p->'scopes', 'expires_at', p_expires), p_reason, p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- Codes: ok (also for one that is revoked), operators.key_not_found.
-- +goose StatementBegin
CREATE FUNCTION api_operator_key_revoke(p_tenant bigint, p_via text, p_proof bytea, p_key text, p_reason text, p_request text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_acting(p_tenant, p_via, p_proof, 'keys.manage', false);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  UPDATE operator_keys SET revoked_at = clock_timestamp() WHERE tenant_id = p_tenant AND key_id = p_key AND revoked_at IS NULL;
  IF FOUND THEN
    PERFORM operation_note(p_tenant, r.o_operator, p_via, 'key.revoke', 'key', p_key, NULL, NULL, p_reason, p_request);
  ELSIF NOT EXISTS (SELECT 1 FROM operator_keys WHERE tenant_id = p_tenant AND key_id = p_key) THEN
    RETURN '{"code": "operators.key_not_found"}';
  END IF;
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- A code for 10 minutes that links the Telegram account which sends it. A new code ends the one before.
-- +goose StatementBegin
CREATE FUNCTION api_operator_link_code(p_tenant bigint, p_via text, p_proof bytea, p_code bytea, p_request text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_own(p_tenant, p_via, p_proof, false);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  DELETE FROM operator_link_codes WHERE tenant_id = p_tenant AND operator_id = (r.o).operator_id;
  INSERT INTO operator_link_codes (tenant_id, code_check, operator_id, expires_at)
  VALUES (p_tenant, sha256(p_code), (r.o).operator_id, clock_timestamp() + interval '10 minutes');
  PERFORM operation_note(p_tenant, (r.o).operator_id, p_via, 'operator.link_code', 'operator', (r.o).public_id, NULL, NULL, NULL, p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- Links a Telegram account by a code, once. Codes: ok, operators.invalid_link_code, operators.telegram_taken.
-- +goose StatementBegin
CREATE FUNCTION api_operator_link(p_tenant bigint, p_code bytea, p_telegram bigint, p_proof bytea) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_id bigint; o operators;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT c.operator_id INTO v_id FROM operator_link_codes c JOIN operators s ON s.tenant_id = p_tenant AND s.operator_id = c.operator_id AND s.status = 'active'
   WHERE c.tenant_id = p_tenant AND c.code_check = sha256(p_code) AND c.used_at IS NULL AND c.expires_at > clock_timestamp() FOR UPDATE OF c;
  IF NOT FOUND THEN RETURN '{"code": "operators.invalid_link_code"}'; END IF;
  IF EXISTS (SELECT 1 FROM operators WHERE tenant_id = p_tenant AND telegram_id = p_telegram AND operator_id <> v_id) THEN
    RETURN '{"code": "operators.telegram_taken"}';
  END IF;
  UPDATE operator_link_codes SET used_at = clock_timestamp() WHERE tenant_id = p_tenant AND code_check = sha256(p_code);
  UPDATE operators SET telegram_id = p_telegram, telegram_check = sha256(p_proof), telegram_step_up_until = NULL, updated_at = clock_timestamp()
   WHERE tenant_id = p_tenant AND operator_id = v_id RETURNING * INTO o;
  INSERT INTO operator_telegrams (tenant_id, operator_id, telegram_id) VALUES (p_tenant, v_id, p_telegram) ON CONFLICT DO NOTHING;
  PERFORM operation_note(p_tenant, v_id, 'telegram', 'operator.link', 'operator', o.public_id, NULL, jsonb_build_object('telegram_id', p_telegram), NULL, NULL);
  RETURN operator_answer(p_tenant, o);
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION api_operator_unlink(p_tenant bigint, p_via text, p_proof bytea, p_request text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE r record; o operators;
BEGIN
  PERFORM ledger_guard(p_tenant);
  r := operator_acting(p_tenant, p_via, p_proof, NULL, false);
  IF r.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', r.o_code); END IF;
  IF p_via = 'key' THEN RETURN '{"code": "operators.session_required"}'; END IF;
  SELECT * INTO o FROM operators WHERE tenant_id = p_tenant AND operator_id = r.o_operator;
  UPDATE operators SET telegram_id = NULL, telegram_check = NULL, telegram_step_up_until = NULL, updated_at = clock_timestamp()
   WHERE tenant_id = p_tenant AND operator_id = r.o_operator;
  IF o.telegram_id IS NOT NULL THEN
    PERFORM operation_note(p_tenant, r.o_operator, p_via, 'operator.unlink', 'operator', o.public_id, jsonb_build_object('telegram_id', o.telegram_id), NULL, NULL, p_request);
  END IF;
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd
