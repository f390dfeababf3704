-- +goose Up
-- Tenants and the people in them. Every table but directory is fenced by row level
-- security on the tenant set in the transaction.

-- +goose StatementBegin
CREATE FUNCTION fairground_tenant() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('fairground.tenant', true), '')::bigint $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION fairground_fence(VARIADIC p_tables text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY p_tables LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I USING (tenant_id = nullif(current_setting(''fairground.tenant'', true), '''')::bigint) '
      'WITH CHECK (tenant_id = nullif(current_setting(''fairground.tenant'', true), '''')::bigint)', t);
  END LOOP;
END $$;
-- +goose StatementEnd

-- What the application role may write directly; everything else only through functions.
CREATE TABLE writable_tables (name text PRIMARY KEY);

-- The one table outside the fence: it says which tenant a public key belongs to.
CREATE TABLE directory (
  kind      text   NOT NULL CHECK (kind IN ('tenant', 'bot', 'chat', 'group', 'player', 'round', 'code')),
  key       text   NOT NULL,
  tenant_id bigint NOT NULL,
  PRIMARY KEY (kind, key)
);

CREATE SEQUENCE tenant_id_seq;
CREATE TABLE tenants (
  tenant_id    bigint      PRIMARY KEY,
  public_id    text        NOT NULL UNIQUE,
  name         text        NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
  language     text        NOT NULL DEFAULT 'en',
  bot_id       bigint      UNIQUE,
  bot_username text        NOT NULL DEFAULT '',
  bot_token    bytea,
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE groups (
  tenant_id        bigint      NOT NULL,
  group_id         bigint      GENERATED ALWAYS AS IDENTITY,
  public_id        text        NOT NULL UNIQUE,
  chat_id          bigint      NOT NULL,
  title            text        NOT NULL DEFAULT '',
  language         text        NOT NULL DEFAULT 'en',
  topic_id         bigint,
  status           text        NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'active', 'paused', 'removed')),
  issuer_daily_cap bigint      NOT NULL DEFAULT 10000000 CHECK (issuer_daily_cap >= 0),
  created_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, group_id),
  UNIQUE (tenant_id, chat_id)
);

CREATE TABLE players (
  tenant_id   bigint      NOT NULL,
  player_id   bigint      GENERATED ALWAYS AS IDENTITY,
  public_id   text        NOT NULL UNIQUE,
  telegram_id bigint      NOT NULL,
  name        text        NOT NULL DEFAULT '',
  username    text        NOT NULL DEFAULT '',
  language    text        NOT NULL DEFAULT '',
  seed        text        CHECK (seed ~ '^[A-Za-z0-9_-]{1,64}$'),
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, player_id),
  UNIQUE (tenant_id, telegram_id)
);

CREATE TABLE members (
  tenant_id  bigint      NOT NULL,
  group_id   bigint      NOT NULL,
  player_id  bigint      NOT NULL,
  status     text        NOT NULL DEFAULT 'unknown'
             CHECK (status IN ('member', 'administrator', 'creator', 'restricted', 'left', 'kicked', 'unknown')),
  stake      bigint      NOT NULL DEFAULT 0 CHECK (stake >= 0),
  checked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, group_id, player_id)
);
CREATE INDEX members_player ON members (tenant_id, player_id);

CREATE TABLE login_codes (
  tenant_id  bigint      NOT NULL,
  code_hash  bytea       NOT NULL UNIQUE,
  player_id  bigint      NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at    timestamptz,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, code_hash)
);
CREATE INDEX login_codes_player ON login_codes (tenant_id, player_id, created_at);

CREATE TABLE sessions (
  tenant_id  bigint      NOT NULL,
  token_hash bytea       NOT NULL,
  player_id  bigint      NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, token_hash)
);

-- The audit and the relay find tenants in the directory: a tenant can't be missing there, nor taken out.
-- +goose StatementBegin
CREATE FUNCTION directory_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.kind IN ('tenant', 'round') THEN
    RAISE EXCEPTION '% of a % in the directory is refused', TG_OP, OLD.kind USING ERRCODE = '42501';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
-- +goose StatementEnd
CREATE TRIGGER directory_keeps BEFORE UPDATE OR DELETE ON directory FOR EACH ROW EXECUTE FUNCTION directory_keeps();

-- +goose StatementBegin
CREATE FUNCTION tenant_listed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM directory WHERE kind = 'tenant' AND key = NEW.public_id AND tenant_id = NEW.tenant_id) THEN
    RAISE EXCEPTION 'tenant % is not in the directory', NEW.public_id USING ERRCODE = '23503';
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER tenant_listed AFTER INSERT ON tenants DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tenant_listed();

SELECT fairground_fence('tenants', 'groups', 'players', 'members', 'login_codes', 'sessions');
INSERT INTO writable_tables (name) VALUES
  ('directory'), ('tenants'), ('groups'), ('players'), ('members'), ('login_codes'), ('sessions');

-- Grants the application role what it may do. Called by migrate after the last migration.
-- +goose StatementBegin
CREATE FUNCTION fairground_grant(p_role text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
  -- Whoever may create functions in public could be called by the functions that run as the owner.
  REVOKE CREATE ON SCHEMA public FROM PUBLIC;
  EXECUTE format('REVOKE CREATE ON SCHEMA public FROM %I', p_role);
  EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', p_role);
  EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA public FROM %I', p_role);
  EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA public TO %I', p_role);
  EXECUTE format('GRANT USAGE ON SEQUENCE tenant_id_seq TO %I', p_role);
  FOR r IN SELECT name FROM writable_tables LOOP
    EXECUTE format('GRANT INSERT, UPDATE, DELETE ON %I TO %I', r.name, p_role);
  END LOOP;
  REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
  EXECUTE format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM %I', p_role);
  FOR r IN SELECT p.oid::regprocedure AS sig FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
           WHERE n.nspname = 'public' AND p.prokind = 'f' AND (p.proname LIKE 'api\_%' OR p.proname = 'fairground_tenant') LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', r.sig, p_role);
  END LOOP;
END $$;
-- +goose StatementEnd
