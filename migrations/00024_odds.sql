-- +goose Up
-- Odds: how a config comes into force. A draft is written by one person, simulated, and approved by another, who puts it in
-- force at once or at a moment ahead. Versions are never changed; one that is scheduled can be called off before its moment.
-- A round plays with the version in force at the moment it opens, by the database's clock.

INSERT INTO role_permissions (role, permission)
SELECT 'owner', unnest(ARRAY['games.read', 'games.draft', 'games.approve', 'games.limits'])
UNION ALL SELECT 'senior_reviewer', unnest(ARRAY['games.read', 'games.draft', 'games.approve'])
UNION ALL SELECT 'analyst', unnest(ARRAY['games.read', 'games.draft'])
UNION ALL SELECT unnest(ARRAY['reviewer', 'finance', 'risk', 'support']), 'games.read';

-- A version's numbers are of one tenant and game, and of nobody in particular.
ALTER TABLE game_configs
  ADD COLUMN effective_at timestamptz NOT NULL DEFAULT '-infinity', -- those from before: in force in the order of their numbers
  ADD COLUMN origin       text        NOT NULL DEFAULT 'installation' CHECK (origin IN ('default', 'installation', 'draft', 'rollback')),
  ADD COLUMN draft_id     text,
  ADD COLUMN restores     int,
  ADD COLUMN drafted_by   bigint,
  ADD COLUMN approved_by  bigint,
  ADD CONSTRAINT game_configs_two_people CHECK (origin IN ('default', 'installation')
    OR (draft_id IS NOT NULL AND drafted_by IS NOT NULL AND approved_by IS NOT NULL AND drafted_by <> approved_by));
ALTER TABLE game_configs ALTER COLUMN effective_at SET DEFAULT clock_timestamp();
CREATE INDEX game_configs_force ON game_configs (tenant_id, game, effective_at DESC, version DESC);
-- From here on the functions below are its only writers.
DELETE FROM writable_tables WHERE name = 'game_configs';

-- Versions that were called off before their moment.
CREATE TABLE config_cancellations (
  tenant_id    bigint      NOT NULL,
  game         text        NOT NULL,
  version      int         NOT NULL,
  operator_id  bigint      NOT NULL,
  reason       text        NOT NULL,
  cancelled_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, game, version),
  FOREIGN KEY (tenant_id, game, version) REFERENCES game_configs,
  FOREIGN KEY (tenant_id, operator_id) REFERENCES operators
);
SELECT ledger_seal_table('config_cancellations');

CREATE TABLE config_drafts (
  tenant_id       bigint      NOT NULL,
  draft_id        text        NOT NULL CHECK (draft_id ~ '^cd_[a-z2-7]{16}$'),
  seq             bigint      GENERATED ALWAYS AS IDENTITY,
  game            text        NOT NULL,
  base_version    int         NOT NULL,
  config          jsonb       NOT NULL,
  hash            text        NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
  restores        int,        -- of a roll-back: the version whose content it has
  reason          text        NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
  key             text        NOT NULL CHECK (length(key) BETWEEN 1 AND 128),
  status          text        NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'approved', 'rejected', 'withdrawn')),
  created_by      bigint      NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  decided_by      bigint,
  decided_at      timestamptz,
  decision_reason text,
  simulation_id   bigint,
  version         int,
  effective_at    timestamptz,
  PRIMARY KEY (tenant_id, draft_id),
  UNIQUE (tenant_id, created_by, key),
  FOREIGN KEY (tenant_id, created_by) REFERENCES operators,
  FOREIGN KEY (tenant_id, decided_by) REFERENCES operators,
  CONSTRAINT config_drafts_decided CHECK ((status = 'open') = (decided_by IS NULL) AND (status = 'open') = (decided_at IS NULL)),
  CONSTRAINT config_drafts_two_people CHECK (status <> 'approved' OR decided_by <> created_by),
  CONSTRAINT config_drafts_simulated CHECK (status <> 'approved' OR (simulation_id IS NOT NULL AND version IS NOT NULL AND effective_at IS NOT NULL))
);
CREATE INDEX config_drafts_game ON config_drafts (tenant_id, game, seq DESC);

-- What simulating a draft gave. The hash says of which content.
CREATE TABLE config_simulations (
  tenant_id     bigint      NOT NULL,
  simulation_id bigint      GENERATED ALWAYS AS IDENTITY,
  draft_id      text        NOT NULL,
  hash          text        NOT NULL,
  method        text        NOT NULL CHECK (method IN ('enumerated', 'simulated', 'pool', 'none')),
  exact         boolean     NOT NULL,
  rounds        bigint      NOT NULL CHECK (rounds >= 0),
  seed          text        NOT NULL CHECK (seed ~ '^[0-9a-f]{64}$'),
  returns       jsonb       NOT NULL,
  operator_id   bigint      NOT NULL,
  simulated_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, simulation_id),
  FOREIGN KEY (tenant_id, draft_id) REFERENCES config_drafts,
  FOREIGN KEY (tenant_id, operator_id) REFERENCES operators,
  CHECK (method NOT IN ('enumerated', 'simulated') OR jsonb_array_length(returns) > 0)
);
CREATE INDEX config_simulations_draft ON config_simulations (tenant_id, draft_id, simulation_id DESC);
SELECT ledger_seal_table('config_simulations');

-- Between which returns a tenant lets a game be, in parts per million. Without a row: 0 to 100 %.
CREATE TABLE game_limits (
  tenant_id  bigint      NOT NULL,
  game       text        NOT NULL,
  min_ppm    bigint      NOT NULL CHECK (min_ppm >= 0),
  max_ppm    bigint      NOT NULL CHECK (max_ppm <= 1000000),
  version    int         NOT NULL,
  updated_by bigint      NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, game),
  FOREIGN KEY (tenant_id, updated_by) REFERENCES operators,
  CHECK (min_ppm <= max_ppm)
);

SELECT fairground_fence('config_cancellations', 'config_drafts', 'config_simulations', 'game_limits');

-- The version in force at a moment; null without any.
-- +goose StatementBegin
CREATE FUNCTION config_in_force(p_tenant bigint, p_game text, p_at timestamptz) RETURNS int LANGUAGE sql STABLE AS $$
  SELECT c.version FROM game_configs c WHERE c.tenant_id = p_tenant AND c.game = p_game AND c.effective_at <= p_at
     AND NOT EXISTS (SELECT 1 FROM config_cancellations x WHERE x.tenant_id = p_tenant AND x.game = p_game AND x.version = c.version)
   ORDER BY c.effective_at DESC, c.version DESC LIMIT 1
$$;
-- +goose StatementEnd

-- Holds off everybody who opens a round of the game until this transaction ends: nothing opens between the moment that is
-- looked at here and the commit.
-- +goose StatementBegin
CREATE FUNCTION config_change(p_tenant bigint, p_game text) RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(7024, hashtext(p_tenant || '/' || p_game));
  RETURN clock_timestamp();
END $$;
-- +goose StatementEnd

-- Refuses (FG024) what is played with another version than the one in force at its moment. Whoever plays reads the version
-- first, in another transaction: the version may have changed in between. The trigger's argument names the column of the moment.
-- +goose StatementBegin
CREATE FUNCTION config_is_in_force() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE v_version int; v_at timestamptz := (to_jsonb(NEW)->>TG_ARGV[0])::timestamptz;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(7024, hashtext(NEW.tenant_id || '/' || NEW.game));
  SELECT config_in_force(NEW.tenant_id, NEW.game, v_at) INTO v_version;
  IF v_version <> NEW.config_version THEN
    RAISE EXCEPTION 'version % of % is in force, not %', v_version, NEW.game, NEW.config_version USING ERRCODE = 'FG024';
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER config_in_force AFTER INSERT ON rounds FOR EACH ROW EXECUTE FUNCTION config_is_in_force('opens_at');

-- The same for plays, once for all that one statement takes.
-- +goose StatementBegin
CREATE FUNCTION config_is_in_force_for_plays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(7024, h) FROM (SELECT DISTINCT hashtext(tenant_id || '/' || game) AS h FROM made ORDER BY 1) AS s;
  IF EXISTS (SELECT 1 FROM (SELECT tenant_id, game, config_version, min(played_at) AS first, max(played_at) AS last FROM made GROUP BY 1, 2, 3) AS m
       WHERE config_in_force(m.tenant_id, m.game, m.first) <> m.config_version OR config_in_force(m.tenant_id, m.game, m.last) <> m.config_version) THEN
    RAISE EXCEPTION 'another version of a config is in force' USING ERRCODE = 'FG024';
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER config_in_force AFTER INSERT ON plays REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION config_is_in_force_for_plays();

-- The version of a game's config that plays are made under, as in 00023: the one in force.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION game_config_current(p_tenant bigint, p_game text) RETURNS int LANGUAGE sql STABLE AS $$
  SELECT config_in_force(p_tenant, p_game, clock_timestamp())
$$;
-- +goose StatementEnd

-- Version 1 of a game in a tenant: what the game brings.
-- +goose StatementBegin
CREATE FUNCTION api_config_default(p_tenant bigint, p_game text, p_config jsonb, p_hash text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM ledger_guard(p_tenant);
  INSERT INTO game_configs (tenant_id, game, version, config, hash, effective_at, origin) VALUES (p_tenant, p_game, 1, p_config, p_hash, '-infinity', 'default')
  ON CONFLICT DO NOTHING;
END $$;
-- +goose StatementEnd

-- A version that the installation itself puts in force, in a tenant that nobody runs yet. Codes: ok, games.approval_needed.
-- +goose StatementBegin
CREATE FUNCTION api_config_install(p_tenant bigint, p_game text, p_config jsonb, p_hash text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_now timestamptz; v_version int;
BEGIN
  PERFORM ledger_guard(p_tenant);
  IF EXISTS (SELECT 1 FROM operators WHERE tenant_id = p_tenant AND status = 'active') THEN RETURN '{"code": "games.approval_needed"}'; END IF;
  v_now := config_change(p_tenant, p_game);
  SELECT max(version) + 1 INTO v_version FROM game_configs WHERE tenant_id = p_tenant AND game = p_game;
  INSERT INTO game_configs (tenant_id, game, version, config, hash, created_at, effective_at, origin)
  VALUES (p_tenant, p_game, v_version, p_config, p_hash, v_now, v_now, 'installation');
  PERFORM operation_note(p_tenant, NULL::bigint, NULL::text, 'odds.install', 'game', p_game, NULL::jsonb,
    jsonb_build_object('version', v_version, 'hash', p_hash, 'config', p_config), '', '');
  RETURN jsonb_build_object('code', 'ok', 'version', v_version);
END $$;
-- +goose StatementEnd

-- Writes a draft against the version in force. p: draft, game, base, config, hash, restores, reason, key. Codes: ok,
-- operators.*, ledger.key_reused, games.stale_base, games.version_not_found, games.no_change.
-- +goose StatementBegin
CREATE FUNCTION api_config_draft(p_tenant bigint, p_via text, p_proof bytea, p_request text, p jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE a record; d config_drafts; c game_configs; v_restores int := (p->>'restores')::int; v_live int;
BEGIN
  PERFORM ledger_guard(p_tenant);
  a := operator_acting(p_tenant, p_via, p_proof, 'games.draft', false);
  IF a.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', a.o_code); END IF;
  SELECT * INTO d FROM config_drafts WHERE tenant_id = p_tenant AND created_by = a.o_operator AND key = p->>'key';
  IF FOUND THEN
    IF d.game <> p->>'game' OR d.hash <> p->>'hash' OR d.restores IS DISTINCT FROM v_restores THEN RETURN '{"code": "ledger.key_reused"}'; END IF;
    RETURN jsonb_build_object('code', 'ok', 'draft', d.draft_id, 'replayed', true);
  END IF;
  v_live := config_in_force(p_tenant, p->>'game', clock_timestamp());
  IF v_live IS DISTINCT FROM (p->>'base')::int THEN RETURN jsonb_build_object('code', 'games.stale_base', 'base', p->'base', 'live', v_live); END IF;
  IF v_restores IS NOT NULL AND NOT EXISTS (SELECT 1 FROM game_configs WHERE tenant_id = p_tenant AND game = p->>'game' AND version = v_restores
       AND config = p->'config' AND hash = p->>'hash') THEN
    RETURN '{"code": "games.version_not_found"}';
  END IF;
  SELECT * INTO c FROM game_configs WHERE tenant_id = p_tenant AND game = p->>'game' AND version = v_live;
  IF c.config = p->'config' THEN RETURN jsonb_build_object('code', 'games.no_change', 'live', v_live); END IF;
  INSERT INTO config_drafts (tenant_id, draft_id, game, base_version, config, hash, restores, reason, key, created_by)
  VALUES (p_tenant, p->>'draft', p->>'game', v_live, p->'config', p->>'hash', v_restores, p->>'reason', p->>'key', a.o_operator)
  ON CONFLICT (tenant_id, created_by, key) DO NOTHING;
  IF NOT FOUND THEN RAISE EXCEPTION 'the draft was written by a concurrent request' USING ERRCODE = '40001'; END IF;
  PERFORM operation_note(p_tenant, a.o_operator, p_via, CASE WHEN v_restores IS NULL THEN 'odds.draft' ELSE 'odds.roll_back' END, 'draft', p->>'draft',
    jsonb_build_object('game', c.game, 'version', c.version, 'hash', c.hash, 'config', c.config),
    jsonb_build_object('game', c.game, 'restores', v_restores, 'hash', p->'hash', 'config', p->'config'), p->>'reason', p_request);
  RETURN jsonb_build_object('code', 'ok', 'draft', p->>'draft');
END $$;
-- +goose StatementEnd

-- Stores what simulating a draft gave. p: draft, hash, method, exact, rounds, seed, returns. Codes: ok, operators.*,
-- games.draft_not_found, games.draft_decided, games.not_simulated (of another content).
-- +goose StatementBegin
CREATE FUNCTION api_config_simulated(p_tenant bigint, p_via text, p_proof bytea, p_request text, p jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE a record; d config_drafts;
BEGIN
  PERFORM ledger_guard(p_tenant);
  a := operator_acting(p_tenant, p_via, p_proof, 'games.draft', false);
  IF a.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', a.o_code); END IF;
  SELECT * INTO d FROM config_drafts WHERE tenant_id = p_tenant AND draft_id = p->>'draft' FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "games.draft_not_found"}'; END IF;
  IF d.status <> 'open' THEN RETURN jsonb_build_object('code', 'games.draft_decided', 'status', d.status); END IF;
  IF d.hash <> p->>'hash' THEN RETURN '{"code": "games.not_simulated"}'; END IF;
  INSERT INTO config_simulations (tenant_id, draft_id, hash, method, exact, rounds, seed, returns, operator_id)
  VALUES (p_tenant, d.draft_id, d.hash, p->>'method', (p->>'exact')::boolean, (p->>'rounds')::bigint, p->>'seed', p->'returns', a.o_operator);
  PERFORM operation_note(p_tenant, a.o_operator, p_via, 'odds.simulate', 'draft', d.draft_id, NULL::jsonb, p - 'draft', '', p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- Why a simulated content may not come into force in a tenant; null when nothing stands against it. Where players pay each
-- other, or knowledge decides, there is no return to limit.
-- +goose StatementBegin
CREATE FUNCTION config_return_refusal(p_tenant bigint, p_game text, s config_simulations) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE v_min bigint; v_max bigint; r jsonb;
BEGIN
  IF s.method NOT IN ('enumerated', 'simulated') THEN RETURN NULL; END IF;
  SELECT min_ppm, max_ppm INTO v_min, v_max FROM game_limits WHERE tenant_id = p_tenant AND game = p_game;
  v_min := coalesce(v_min, 0);
  v_max := coalesce(v_max, 1000000);
  FOR r IN SELECT x FROM jsonb_array_elements(s.returns) AS x LOOP
    IF (r->>'low_ppm')::bigint < v_min OR (r->>'high_ppm')::bigint > v_max THEN
      RETURN jsonb_build_object('code', 'games.return_outside_limits', 'choice', r->'choice', 'low_ppm', r->'low_ppm', 'high_ppm', r->'high_ppm',
        'min_ppm', v_min, 'max_ppm', v_max);
    END IF;
  END LOOP;
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- Puts an approved draft in force at a moment, null for at once. The caller holds the draft. Codes: ok and those of
-- api_config_decide.
-- +goose StatementBegin
CREATE FUNCTION config_publish(d config_drafts, p_by bigint, p_base int, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE s config_simulations; v jsonb; v_now timestamptz; v_live int; v_version int; v_next game_configs; v_low bigint; v_high bigint;
BEGIN
  v_now := config_change(d.tenant_id, d.game);
  IF p_at <= v_now THEN RETURN jsonb_build_object('code', 'games.not_in_future', 'now', v_now); END IF;
  SELECT * INTO v_next FROM game_configs c WHERE c.tenant_id = d.tenant_id AND c.game = d.game AND c.effective_at > v_now AND NOT EXISTS (
    SELECT 1 FROM config_cancellations x WHERE x.tenant_id = d.tenant_id AND x.game = d.game AND x.version = c.version);
  IF FOUND THEN RETURN jsonb_build_object('code', 'games.already_scheduled', 'version', v_next.version, 'effective_at', v_next.effective_at); END IF;
  v_live := config_in_force(d.tenant_id, d.game, v_now);
  IF d.base_version <> v_live OR p_base <> d.base_version THEN
    RETURN jsonb_build_object('code', 'games.stale_base', 'base', d.base_version, 'live', v_live);
  END IF;
  SELECT * INTO s FROM config_simulations WHERE tenant_id = d.tenant_id AND draft_id = d.draft_id AND hash = d.hash ORDER BY simulation_id DESC LIMIT 1;
  IF NOT FOUND THEN RETURN '{"code": "games.not_simulated"}'; END IF;
  v := config_return_refusal(d.tenant_id, d.game, s);
  IF v IS NOT NULL THEN RETURN v; END IF;
  SELECT max(version) + 1 INTO v_version FROM game_configs WHERE tenant_id = d.tenant_id AND game = d.game;
  INSERT INTO game_configs (tenant_id, game, version, config, hash, created_at, effective_at, origin, draft_id, restores, drafted_by, approved_by)
  VALUES (d.tenant_id, d.game, v_version, d.config, d.hash, v_now, coalesce(p_at, v_now), CASE WHEN d.restores IS NULL THEN 'draft' ELSE 'rollback' END,
    d.draft_id, d.restores, d.created_by, p_by);
  SELECT min((x->>'low_ppm')::bigint), max((x->>'high_ppm')::bigint) INTO v_low, v_high FROM jsonb_array_elements(s.returns) AS x;
  PERFORM round_event(d.tenant_id, 'config.published.v1', jsonb_build_object('game', d.game, 'version', v_version, 'hash', d.hash,
    'return_low_ppm', v_low, 'return_high_ppm', v_high, 'effective_at', coalesce(p_at, v_now)));
  RETURN jsonb_build_object('code', 'ok', 'version', v_version, 'effective_at', coalesce(p_at, v_now), 'simulation', s.simulation_id, 'returns', s.returns);
END $$;
-- +goose StatementEnd

-- Decides on a draft. p: draft, verdict (approve, reject, withdraw), base, effective_at, reason. An approval puts the draft in
-- force at effective_at, or at once. The same decision again is answered alike. Codes: ok, operators.*, games.draft_not_found,
-- games.draft_decided, games.same_person, games.not_in_future, games.already_scheduled, games.stale_base,
-- games.not_simulated, games.return_outside_limits.
-- +goose StatementBegin
CREATE FUNCTION api_config_decide(p_tenant bigint, p_via text, p_proof bytea, p_request text, p jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE a record; d config_drafts; v jsonb := '{}'; v_verdict text := p->>'verdict'; v_status text; v_at timestamptz := (p->>'effective_at')::timestamptz;
BEGIN
  PERFORM ledger_guard(p_tenant);
  v_status := CASE v_verdict WHEN 'approve' THEN 'approved' WHEN 'reject' THEN 'rejected' WHEN 'withdraw' THEN 'withdrawn' END;
  a := operator_acting(p_tenant, p_via, p_proof, CASE v_verdict WHEN 'withdraw' THEN 'games.draft' ELSE 'games.approve' END, v_verdict = 'approve');
  IF a.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', a.o_code); END IF;
  SELECT * INTO d FROM config_drafts WHERE tenant_id = p_tenant AND draft_id = p->>'draft' FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "games.draft_not_found"}'; END IF;
  IF v_verdict = 'approve' AND d.created_by = a.o_operator THEN RETURN '{"code": "games.same_person"}'; END IF;
  IF d.status <> 'open' THEN
    IF d.status = v_status AND d.decided_by = a.o_operator AND (v_at IS NULL OR v_at = d.effective_at) THEN
      RETURN jsonb_build_object('code', 'ok', 'draft', d.draft_id, 'replayed', true);
    END IF;
    RETURN jsonb_build_object('code', 'games.draft_decided', 'status', d.status);
  END IF;
  IF v_verdict = 'approve' THEN
    v := config_publish(d, a.o_operator, (p->>'base')::int, v_at);
    IF v->>'code' <> 'ok' THEN RETURN v; END IF;
  END IF;
  UPDATE config_drafts SET status = v_status, decided_by = a.o_operator, decided_at = clock_timestamp(), decision_reason = p->>'reason',
         simulation_id = (v->>'simulation')::bigint, version = (v->>'version')::int, effective_at = (v->>'effective_at')::timestamptz
   WHERE tenant_id = p_tenant AND draft_id = d.draft_id;
  PERFORM operation_note(p_tenant, a.o_operator, p_via, 'odds.' || CASE WHEN v_at IS NULL THEN v_verdict ELSE 'schedule' END, 'draft', d.draft_id,
    (SELECT jsonb_build_object('status', 'open', 'game', c.game, 'version', c.version, 'hash', c.hash, 'config', c.config) FROM game_configs c
      WHERE c.tenant_id = p_tenant AND c.game = d.game AND c.version = d.base_version),
    jsonb_build_object('status', v_status, 'game', d.game, 'hash', d.hash, 'config', d.config) || v - 'code', p->>'reason', p_request);
  RETURN jsonb_build_object('code', 'ok', 'draft', d.draft_id);
END $$;
-- +goose StatementEnd

-- Sets an open draft against the version in force now; what it says stays. Codes: ok, operators.*, games.draft_not_found,
-- games.draft_decided, games.stale_base.
-- +goose StatementBegin
CREATE FUNCTION api_config_rebase(p_tenant bigint, p_via text, p_proof bytea, p_request text, p_draft text, p_base int, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE a record; d config_drafts; v_live int;
BEGIN
  PERFORM ledger_guard(p_tenant);
  a := operator_acting(p_tenant, p_via, p_proof, 'games.draft', false);
  IF a.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', a.o_code); END IF;
  SELECT * INTO d FROM config_drafts WHERE tenant_id = p_tenant AND draft_id = p_draft FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "games.draft_not_found"}'; END IF;
  IF d.status <> 'open' THEN RETURN jsonb_build_object('code', 'games.draft_decided', 'status', d.status); END IF;
  v_live := config_in_force(p_tenant, d.game, clock_timestamp());
  IF v_live <> p_base THEN RETURN jsonb_build_object('code', 'games.stale_base', 'base', p_base, 'live', v_live); END IF;
  IF d.base_version <> p_base THEN
    UPDATE config_drafts SET base_version = p_base WHERE tenant_id = p_tenant AND draft_id = p_draft;
    PERFORM operation_note(p_tenant, a.o_operator, p_via, 'odds.rebase', 'draft', p_draft, jsonb_build_object('base', d.base_version),
      jsonb_build_object('base', p_base), p_reason, p_request);
  END IF;
  RETURN jsonb_build_object('code', 'ok', 'draft', p_draft);
END $$;
-- +goose StatementEnd

-- Calls off a version whose moment has not come: the one in force stays. Codes: ok, operators.*, games.not_scheduled.
-- +goose StatementBegin
CREATE FUNCTION api_config_cancel(p_tenant bigint, p_via text, p_proof bytea, p_request text, p_game text, p_version int, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE a record; c game_configs; v_now timestamptz;
BEGIN
  PERFORM ledger_guard(p_tenant);
  a := operator_acting(p_tenant, p_via, p_proof, 'games.approve', true);
  IF a.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', a.o_code); END IF;
  v_now := config_change(p_tenant, p_game);
  SELECT * INTO c FROM game_configs WHERE tenant_id = p_tenant AND game = p_game AND version = p_version;
  IF c.effective_at IS NULL OR c.effective_at <= v_now THEN RETURN '{"code": "games.not_scheduled"}'; END IF;
  INSERT INTO config_cancellations (tenant_id, game, version, operator_id, reason) VALUES (p_tenant, p_game, p_version, a.o_operator, p_reason)
  ON CONFLICT DO NOTHING;
  IF FOUND THEN
    PERFORM operation_note(p_tenant, a.o_operator, p_via, 'odds.cancel', 'game', p_game,
      jsonb_build_object('version', c.version, 'hash', c.hash, 'effective_at', c.effective_at),
      jsonb_build_object('version', config_in_force(p_tenant, p_game, v_now)), p_reason, p_request);
    PERFORM round_event(p_tenant, 'config.cancelled.v1', jsonb_build_object('game', p_game, 'version', p_version));
  END IF;
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd

-- Limits the returns of a game. p: game, min_ppm, max_ppm, version (as read, 0 for none), reason. What is in force stays.
-- Codes: ok, operators.*, games.stale.
-- +goose StatementBegin
CREATE FUNCTION api_game_limits(p_tenant bigint, p_via text, p_proof bytea, p_request text, p jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE a record; l game_limits; v_was jsonb;
BEGIN
  PERFORM ledger_guard(p_tenant);
  a := operator_acting(p_tenant, p_via, p_proof, 'games.limits', true);
  IF a.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', a.o_code); END IF;
  PERFORM config_change(p_tenant, p->>'game');
  SELECT * INTO l FROM game_limits WHERE tenant_id = p_tenant AND game = p->>'game';
  v_was := jsonb_build_object('min_ppm', coalesce(l.min_ppm, 0), 'max_ppm', coalesce(l.max_ppm, 1000000));
  IF coalesce(l.version, 0) <> (p->>'version')::int THEN RETURN jsonb_build_object('code', 'games.stale', 'version', coalesce(l.version, 0)); END IF;
  INSERT INTO game_limits (tenant_id, game, min_ppm, max_ppm, version, updated_by)
  VALUES (p_tenant, p->>'game', (p->>'min_ppm')::bigint, (p->>'max_ppm')::bigint, 1, a.o_operator)
  ON CONFLICT (tenant_id, game) DO UPDATE SET min_ppm = excluded.min_ppm, max_ppm = excluded.max_ppm, version = game_limits.version + 1,
    updated_by = excluded.updated_by, updated_at = clock_timestamp();
  PERFORM operation_note(p_tenant, a.o_operator, p_via, 'odds.limits', 'game', p->>'game', v_was,
    jsonb_build_object('min_ppm', p->'min_ppm', 'max_ppm', p->'max_ppm'), p->>'reason', p_request);
  RETURN '{"code": "ok"}';
END $$;
-- +goose StatementEnd
