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
  'operator_link_codes', 'operation_log');

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
