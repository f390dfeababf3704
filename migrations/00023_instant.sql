-- +goose Up
-- Server seeds out of chains that are published before the first of them is used, and instant plays: one player's stake,
-- drawn and paid in the transaction that takes it.
--
-- Whose turn it is in a chain is decided here: a round takes its group's next seed, a play the player's seed and next nonce.
-- The program computes beforehand and is refused when it computed with another one.

ALTER TABLE directory DROP CONSTRAINT directory_kind_check;
ALTER TABLE directory ADD CONSTRAINT directory_kind_check CHECK (kind IN ('tenant', 'bot', 'chat', 'group', 'player', 'round', 'code',
  'operator', 'invitation', 'gateway', 'kyc', 'withdrawal', 'deposit', 'chain'));

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION directory_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.kind IN ('tenant', 'round', 'operator', 'gateway', 'kyc', 'withdrawal', 'deposit', 'chain') THEN
    RAISE EXCEPTION '% of a % in the directory is refused', TG_OP, OLD.kind USING ERRCODE = '42501';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
-- +goose StatementEnd

-- ---------- chains ----------

CREATE TABLE seed_chains (
  tenant_id     bigint      NOT NULL,
  chain_id      text        NOT NULL CHECK (chain_id ~ '^c_[a-z2-7]{16}$'),
  purpose       text        NOT NULL CHECK (purpose IN ('rounds', 'plays')),
  owner_id      bigint      NOT NULL, -- the group whose rounds, the player whose plays
  ordinal       int         NOT NULL CHECK (ordinal >= 0),
  commits       bytea       NOT NULL CHECK (octet_length(commits) > 0 AND octet_length(commits) % 32 = 0), -- SHA-256 of each seed, in order
  hash          bytea       NOT NULL,
  master_sealed bytea       NOT NULL, -- what the seeds are derived from
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, chain_id),
  UNIQUE (tenant_id, purpose, owner_id, ordinal)
);
SELECT ledger_seal_table('seed_chains');

-- The next seed of a group's rounds.
CREATE TABLE seed_heads (
  tenant_id bigint NOT NULL,
  group_id  bigint NOT NULL,
  chain_id  text   NOT NULL,
  next      int    NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, group_id),
  FOREIGN KEY (tenant_id, chain_id) REFERENCES seed_chains
);

CREATE TABLE round_seeds (
  tenant_id  bigint NOT NULL,
  round_id   text   NOT NULL,
  chain_id   text   NOT NULL,
  seed_index int    NOT NULL,
  PRIMARY KEY (tenant_id, round_id),
  UNIQUE (tenant_id, chain_id, seed_index),
  FOREIGN KEY (tenant_id, chain_id) REFERENCES seed_chains
);

-- The seed a player's plays are drawn from, and the nonce of the next.
CREATE TABLE player_seeds (
  tenant_id   bigint NOT NULL,
  player_id   bigint NOT NULL,
  chain_id    text   NOT NULL,
  seed_index  int    NOT NULL DEFAULT 0,
  client_seed text   NOT NULL CHECK (client_seed ~ '^[A-Za-z0-9_-]{1,64}$'),
  nonce       bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, player_id),
  FOREIGN KEY (tenant_id, chain_id) REFERENCES seed_chains
) WITH (fillfactor = 50);

CREATE TABLE player_seed_reveals (
  tenant_id   bigint      NOT NULL,
  chain_id    text        NOT NULL,
  seed_index  int         NOT NULL,
  player_id   bigint      NOT NULL,
  seed        bytea       NOT NULL,
  client_seed text        NOT NULL,
  nonces      bigint      NOT NULL, -- how many plays were drawn from it
  revealed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, chain_id, seed_index),
  FOREIGN KEY (tenant_id, chain_id) REFERENCES seed_chains
);
SELECT ledger_seal_table('player_seed_reveals');

CREATE TABLE plays (
  tenant_id      bigint      NOT NULL,
  chain_id       text        NOT NULL,
  seed_index     int         NOT NULL,
  nonce          bigint      NOT NULL CHECK (nonce >= 0),
  group_id       bigint      NOT NULL,
  player_id      bigint      NOT NULL,
  game           text        NOT NULL,
  config_version int         NOT NULL,
  choice         text        NOT NULL,
  stake          bigint      NOT NULL CHECK (stake > 0),
  max_payout     bigint      NOT NULL,
  payout         bigint      NOT NULL CHECK (payout BETWEEN 0 AND max_payout),
  outcome        jsonb       NOT NULL,
  transfer_id    bigint      NOT NULL,
  played_at      timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, chain_id, seed_index, nonce)
);
SELECT ledger_seal_table('plays');

SELECT fairground_fence('seed_chains', 'seed_heads', 'round_seeds', 'player_seeds', 'player_seed_reveals', 'plays');

-- +goose StatementBegin
CREATE FUNCTION api_seed_commit(p_commits bytea, p_index int) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
  SELECT substr(p_commits, p_index * 32 + 1, 32)
$$;
-- +goose StatementEnd

-- Publishes the chain that comes next for an owner; one that a twin published first is left. A group's rounds go on with it
-- once the chain before is used up, a player begins with the first. Codes: ok, games.group_inactive, players.not_member.
-- +goose StatementBegin
CREATE FUNCTION api_seed_chain(p_tenant bigint, p_purpose text, p_owner bigint, p_ordinal int, p_chain text, p_commits bytea, p_hash bytea, p_sealed bytea,
  p_client_seed text) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_text text; v_chain text;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT E'fairground.chain.v1\n' || p_chain || E'\n' || string_agg(encode(api_seed_commit(p_commits, i), 'hex') || E'\n', '' ORDER BY i) INTO v_text
    FROM generate_series(0, octet_length(p_commits) / 32 - 1) AS i;
  IF p_hash IS DISTINCT FROM sha256(convert_to(v_text, 'UTF8')) THEN RAISE EXCEPTION 'the hash of chain % is another', p_chain USING ERRCODE = 'XX000'; END IF;
  IF NOT (CASE p_purpose WHEN 'rounds' THEN EXISTS (SELECT 1 FROM groups WHERE tenant_id = p_tenant AND group_id = p_owner)
                         ELSE EXISTS (SELECT 1 FROM players WHERE tenant_id = p_tenant AND player_id = p_owner) END) THEN
    RETURN CASE p_purpose WHEN 'rounds' THEN '{"code": "games.group_inactive"}'::jsonb ELSE '{"code": "players.not_member"}'::jsonb END;
  END IF;
  IF p_ordinal > coalesce((SELECT max(ordinal) + 1 FROM seed_chains WHERE tenant_id = p_tenant AND purpose = p_purpose AND owner_id = p_owner), 0) THEN
    RAISE EXCEPTION 'chain % is not the next one', p_chain USING ERRCODE = '22023';
  END IF;
  INSERT INTO seed_chains (tenant_id, chain_id, purpose, owner_id, ordinal, commits, hash, master_sealed)
  VALUES (p_tenant, p_chain, p_purpose, p_owner, p_ordinal, p_commits, p_hash, p_sealed) ON CONFLICT (tenant_id, purpose, owner_id, ordinal) DO NOTHING;
  IF FOUND THEN INSERT INTO directory (kind, key, tenant_id) VALUES ('chain', p_chain, p_tenant); END IF;
  SELECT chain_id INTO STRICT v_chain FROM seed_chains WHERE tenant_id = p_tenant AND purpose = p_purpose AND owner_id = p_owner AND ordinal = p_ordinal;
  IF p_purpose = 'plays' AND p_ordinal = 0 THEN
    INSERT INTO player_seeds (tenant_id, player_id, chain_id, client_seed) VALUES (p_tenant, p_owner, v_chain, p_client_seed) ON CONFLICT DO NOTHING;
  ELSIF p_purpose = 'rounds' AND p_ordinal = 0 THEN
    INSERT INTO seed_heads (tenant_id, group_id, chain_id) VALUES (p_tenant, p_owner, v_chain) ON CONFLICT DO NOTHING;
  ELSIF p_purpose = 'rounds' THEN
    UPDATE seed_heads AS h SET chain_id = v_chain, next = 0 FROM seed_chains AS c
     WHERE h.tenant_id = p_tenant AND h.group_id = p_owner AND c.tenant_id = p_tenant AND c.chain_id = h.chain_id
       AND c.ordinal = p_ordinal - 1 AND h.next >= octet_length(c.commits) / 32;
  END IF;
  RETURN jsonb_build_object('code', 'ok', 'chain', v_chain);
END $$;
-- +goose StatementEnd

-- A round takes its group's next seed, in the order of the openings: nobody chooses it. FG001 says that the round was made
-- with another one.
-- +goose StatementBegin
CREATE FUNCTION round_seed_take() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE h seed_heads; v_commits bytea;
BEGIN
  SELECT * INTO h FROM seed_heads WHERE tenant_id = NEW.tenant_id AND group_id = NEW.group_id FOR UPDATE;
  IF NOT FOUND THEN RETURN NULL; END IF; -- no chain was ever published for the group, and the proof will say so
  SELECT commits INTO STRICT v_commits FROM seed_chains WHERE tenant_id = NEW.tenant_id AND chain_id = h.chain_id;
  IF api_seed_commit(v_commits, h.next) <> NEW.commit_hash THEN
    RAISE EXCEPTION 'the next seed of group % is another', NEW.group_id USING ERRCODE = 'FG001';
  END IF;
  INSERT INTO round_seeds (tenant_id, round_id, chain_id, seed_index) VALUES (NEW.tenant_id, NEW.round_id, h.chain_id, h.next);
  UPDATE seed_heads SET next = h.next + 1 WHERE tenant_id = NEW.tenant_id AND group_id = NEW.group_id;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER round_seed_take AFTER INSERT ON rounds FOR EACH ROW EXECUTE FUNCTION round_seed_take();

-- A round that could not be opened in its transaction gives its seed back.
-- +goose StatementBegin
CREATE FUNCTION round_seed_return() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE r round_seeds;
BEGIN
  DELETE FROM round_seeds WHERE tenant_id = OLD.tenant_id AND round_id = OLD.round_id RETURNING * INTO r;
  UPDATE seed_heads SET next = r.seed_index WHERE tenant_id = OLD.tenant_id AND group_id = OLD.group_id AND chain_id = r.chain_id AND next = r.seed_index + 1;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER round_seed_return AFTER DELETE ON rounds FOR EACH ROW EXECUTE FUNCTION round_seed_return();

-- ---------- public randomness ----------

-- What will go into a round's draw beside the seeds: fixed when the round opens, before anybody can know it.
CREATE TABLE round_beacons (
  tenant_id bigint      NOT NULL,
  round_id  text        NOT NULL,
  source    jsonb       NOT NULL, -- the network and its round
  due_at    timestamptz NOT NULL,
  signature bytea,
  PRIMARY KEY (tenant_id, round_id),
  FOREIGN KEY (tenant_id, round_id) REFERENCES rounds
);
SELECT fairground_fence('round_beacons');

-- Fixes it in the transaction that opens the round.
-- +goose StatementBegin
CREATE FUNCTION api_round_beacon(p_tenant bigint, p_round text, p_source jsonb, p_due timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM ledger_guard(p_tenant);
  IF NOT EXISTS (SELECT 1 FROM rounds WHERE tenant_id = p_tenant AND round_id = p_round AND xmin = pg_current_xact_id()::xid AND closes_at < p_due) THEN
    RAISE EXCEPTION 'round % was opened before, or is open longer', p_round USING ERRCODE = '22023';
  END IF;
  INSERT INTO round_beacons (tenant_id, round_id, source, due_at) VALUES (p_tenant, p_round, p_source, p_due);
END $$;
-- +goose StatementEnd

-- Keeps the first signature and answers with it.
-- +goose StatementBegin
CREATE FUNCTION api_round_beacon_signed(p_tenant bigint, p_round text, p_signature bytea) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v bytea;
BEGIN
  PERFORM ledger_guard(p_tenant);
  UPDATE round_beacons SET signature = coalesce(signature, p_signature) WHERE tenant_id = p_tenant AND round_id = p_round AND due_at <= clock_timestamp() + interval '5 seconds'
  RETURNING signature INTO STRICT v;
  RETURN v;
END $$;
-- +goose StatementEnd

-- Betting does not last until the randomness is known: FG002.
-- +goose StatementBegin
CREATE FUNCTION round_beacon_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM round_beacons WHERE tenant_id = NEW.tenant_id AND round_id = NEW.round_id AND due_at <= NEW.closes_at) THEN
    RAISE EXCEPTION 'round % would be open when its randomness is known', NEW.round_id USING ERRCODE = 'FG002';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER round_beacon_keeps BEFORE UPDATE OF closes_at ON rounds FOR EACH ROW WHEN (NEW.closes_at > OLD.closes_at) EXECUTE FUNCTION round_beacon_keeps();

-- Shows the seed a player's plays were drawn from and takes the next of the chain, or the first of the next chain. Codes:
-- ok, ledger.key_reused, stale (another seed is in use, or no next one is published).
-- +goose StatementBegin
CREATE FUNCTION api_seed_rotate(p_tenant bigint, p_player bigint, p_chain text, p_index int, p_seed bytea, p_client_seed text, p_key text, p_hash bytea)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v jsonb; s player_seeds; c seed_chains; n seed_chains; v_next int;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO s FROM player_seeds WHERE tenant_id = p_tenant AND player_id = p_player FOR NO KEY UPDATE;
  v := ledger_seen(p_tenant, 'rotate.' || p_player, p_key, p_hash);
  IF v IS NOT NULL THEN RETURN v; END IF;
  IF (s.chain_id, s.seed_index) IS DISTINCT FROM (p_chain, p_index) THEN RETURN '{"code": "stale"}'; END IF;
  SELECT * INTO STRICT c FROM seed_chains WHERE tenant_id = p_tenant AND chain_id = p_chain;
  IF sha256(p_seed) <> api_seed_commit(c.commits, p_index) THEN
    RAISE EXCEPTION 'seed % of chain % does not match its commitment', p_index, p_chain USING ERRCODE = 'XX000';
  END IF;
  n := c;
  v_next := p_index + 1;
  IF v_next >= octet_length(c.commits) / 32 THEN
    v_next := 0;
    SELECT * INTO n FROM seed_chains WHERE tenant_id = p_tenant AND purpose = 'plays' AND owner_id = p_player AND ordinal = c.ordinal + 1;
    IF NOT FOUND THEN RETURN '{"code": "stale"}'; END IF;
  END IF;
  INSERT INTO player_seed_reveals (tenant_id, chain_id, seed_index, player_id, seed, client_seed, nonces)
  VALUES (p_tenant, p_chain, p_index, p_player, p_seed, s.client_seed, s.nonce);
  UPDATE player_seeds SET chain_id = n.chain_id, seed_index = v_next, client_seed = p_client_seed, nonce = 0 WHERE tenant_id = p_tenant AND player_id = p_player;
  RETURN ledger_remember(p_tenant, 'rotate.' || p_player, p_key, p_hash, NULL::bigint, jsonb_build_object('code', 'ok',
    'chain', p_chain, 'index', p_index, 'nonces', s.nonce, 'client_seed', s.client_seed));
END $$;
-- +goose StatementEnd

-- ---------- plays ----------

-- The version of a game's config that plays are made under.
-- +goose StatementBegin
CREATE FUNCTION game_config_current(p_tenant bigint, p_game text) RETURNS int LANGUAGE sql STABLE AS $$
  SELECT max(version) FROM game_configs WHERE tenant_id = p_tenant AND game = p_game
$$;
-- +goose StatementEnd

-- Whether a group has rules of pacing, and what they refuse: null when they don't. Nobody has any yet.
-- +goose StatementBegin
CREATE FUNCTION round_paced(p_tenant bigint, p_group bigint) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT false';
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION round_pacing_refusal(p_tenant bigint, p_group bigint, p_player bigint, p_game text, p_stake bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  RETURN NULL::jsonb;
END $$;
-- +goose StatementEnd

-- Whether a group's house may still lose today, as at the opening of a round.
-- +goose StatementBegin
CREATE FUNCTION api_play_room(p_tenant bigint, p_group bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM ledger_guard(p_tenant);
  RETURN coalesce((SELECT ledger_issued_today(p_tenant, ledger_account(p_tenant, p_group, 'points', 'issuer', '')) < issuer_daily_cap
    FROM groups WHERE tenant_id = p_tenant AND group_id = p_group), true);
END $$;
-- +goose StatementEnd

-- Takes, draws and pays plays that arrived together, each decided by itself: one transaction, a fixed number of statements.
-- The arrays run in parallel and name a player once. What was drawn is computed by the caller from the seed, the nonce and
-- the config that it names, and refused as stale when they are not the ones in force. Answers, in order: ok,
-- games.group_inactive, players.frozen, players.excluded, players.not_member, games.house_limit, stale, those of
-- round_pacing_refusal, ledger.insufficient_funds, ledger.key_reused. A refusal is not kept: the same key may pass later.
-- +goose StatementBegin
CREATE FUNCTION api_plays(p_tenant bigint, p_group bigint[], p_player bigint[], p_game text[], p_version int[], p_choice text[], p_stake bigint[],
  p_max_payout bigint[], p_payout bigint[], p_outcome text[], p_room boolean[], p_chain text[], p_index int[], p_nonce bigint[], p_key text[], p_hash bytea[])
RETURNS jsonb[] LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off SET enable_material = off AS $$
DECLARE v_versions jsonb; v_paced bigint[]; v_code text[]; v_old jsonb[]; v_purse bigint[]; v_bank bigint[]; v_group_public text[]; v_player_public text[];
  v_n int; v_wakes boolean; v_answers jsonb[]; v_made bigint; v_seeds bigint; v_lines bigint; v_moved bigint; v_kept bigint;
BEGIN
  PERFORM ledger_guard(p_tenant);
  IF (SELECT count(DISTINCT p) FROM unnest(p_player) AS p) <> cardinality(p_player) THEN RAISE EXCEPTION 'a player stands in a batch once' USING ERRCODE = '22023'; END IF;
  SELECT jsonb_object_agg(g, game_config_current(p_tenant, g)) INTO v_versions FROM (SELECT DISTINCT g FROM unnest(p_game) AS g) AS x;
  SELECT coalesce(array_agg(g), '{}') INTO v_paced FROM (SELECT DISTINCT g FROM unnest(p_group) AS g) AS x WHERE round_paced(p_tenant, g);
  -- The lock on a player's seed keeps the player's plays one after the other; a twin of one finds its answer below.
  PERFORM 1 FROM (SELECT p FROM unnest(p_player) AS p ORDER BY p) AS x
    CROSS JOIN LATERAL (SELECT 1 FROM player_seeds WHERE tenant_id = p_tenant AND player_id = x.p LIMIT 1 FOR NO KEY UPDATE) AS s;

  SELECT array_agg(CASE WHEN i.hash <> x.hash THEN 'ledger.key_reused' WHEN i.hash IS NOT NULL THEN 'replay'
                        WHEN g.status IS DISTINCT FROM 'active' THEN 'games.group_inactive'
                        WHEN l.frozen_at IS NOT NULL OR l.excluded_until > clock_timestamp() THEN 'refused'
                        WHEN m.player_id IS NULL THEN 'players.not_member'
                        WHEN NOT x.room THEN 'games.house_limit'
                        WHEN (s.chain_id, s.seed_index, s.nonce, (v_versions->>x.game)::int) IS DISTINCT FROM (x.chain, x.index, x.nonce, x.version) THEN 'stale'
                        ELSE 'ok' END ORDER BY x.n),
         array_agg(CASE WHEN i.hash IS NOT NULL THEN i.outcome || '{"replayed": true}'
                        WHEN l.frozen_at IS NOT NULL THEN '{"code": "players.frozen"}'
                        WHEN l.excluded_until IS NOT NULL THEN jsonb_build_object('code', 'players.excluded', 'until', l.excluded_until) END ORDER BY x.n),
         array_agg(a.account_id ORDER BY x.n), array_agg(h.account_id ORDER BY x.n), array_agg(g.public_id ORDER BY x.n), array_agg(l.public_id ORDER BY x.n)
    INTO v_code, v_old, v_purse, v_bank, v_group_public, v_player_public
    FROM unnest(p_group, p_player, p_game, p_version, p_room, p_chain, p_index, p_nonce, p_key, p_hash)
         WITH ORDINALITY AS x(group_id, player, game, version, room, chain, index, nonce, key, hash, n)
    LEFT JOIN LATERAL (SELECT hash, outcome FROM idem WHERE tenant_id = p_tenant AND scope = 'play.' || x.player AND key = x.key LIMIT 1) i ON true
    LEFT JOIN LATERAL (SELECT status, public_id FROM groups WHERE tenant_id = p_tenant AND group_id = x.group_id LIMIT 1) g ON true
    LEFT JOIN LATERAL (SELECT public_id, excluded_until, frozen_at FROM players WHERE tenant_id = p_tenant AND player_id = x.player LIMIT 1) l ON true
    LEFT JOIN LATERAL (SELECT player_id FROM members WHERE tenant_id = p_tenant AND group_id = x.group_id AND player_id = x.player
                          AND status IN ('member', 'administrator', 'creator', 'restricted') LIMIT 1) m ON true
    LEFT JOIN LATERAL (SELECT chain_id, seed_index, nonce FROM player_seeds WHERE tenant_id = p_tenant AND player_id = x.player LIMIT 1) s ON true
    LEFT JOIN LATERAL (SELECT account_id FROM accounts WHERE tenant_id = p_tenant AND group_id = x.group_id AND asset = 'points'
                          AND purpose = 'player' AND owner = x.player::text LIMIT 1) a ON true
    LEFT JOIN LATERAL (SELECT account_id FROM accounts WHERE tenant_id = p_tenant AND group_id = x.group_id AND asset = 'points'
                          AND purpose = 'issuer' AND owner = '' LIMIT 1) h ON true;
  IF cardinality(v_paced) > 0 THEN
    FOR v_n IN SELECT n FROM generate_subscripts(v_code, 1) AS n WHERE v_code[n] = 'ok' AND p_group[n] = ANY (v_paced) ORDER BY p_group[n], p_player[n] LOOP
      v_old[v_n] := round_pacing_refusal(p_tenant, p_group[v_n], p_player[v_n], p_game[v_n], p_stake[v_n]);
      IF v_old[v_n] IS NOT NULL THEN v_code[v_n] := 'refused'; END IF;
    END LOOP;
  END IF;
  FOR v_n IN SELECT n FROM generate_subscripts(v_code, 1) AS n WHERE v_code[n] = 'ok' AND v_bank[n] IS NULL ORDER BY p_group[n] LOOP
    v_bank[v_n] := ledger_account(p_tenant, p_group[v_n], 'points', 'issuer', '');
  END LOOP;
  v_wakes := 'ok' = ANY (v_code) AND NOT outbox_waits(p_tenant);
  PERFORM 1 FROM (SELECT a FROM unnest(v_purse, v_code) AS u(a, code) WHERE code = 'ok' ORDER BY a) AS x
    CROSS JOIN LATERAL (SELECT 1 FROM balances WHERE tenant_id = p_tenant AND account_id = x.a LIMIT 1 FOR NO KEY UPDATE) AS b;

  WITH x AS MATERIALIZED (
    SELECT u.*, b.ctid AS purse_row, b.posted, b.floor, s.ctid AS seed_row, greatest(clock_timestamp(), b.last_at + interval '1 microsecond') AS at
      FROM unnest(p_group, p_player, p_game, p_version, p_choice, p_stake, p_max_payout, p_payout, p_outcome, p_chain, p_index, p_nonce, p_key, p_hash,
                  v_code, v_old, v_purse, v_bank, v_group_public, v_player_public)
           WITH ORDINALITY AS u(group_id, player, game, version, choice, stake, max_payout, payout, outcome, chain, index, nonce, key, hash,
                  code, old, purse, bank, group_public, player_public, n)
      LEFT JOIN LATERAL (SELECT ctid, posted, floor, last_at FROM balances WHERE tenant_id = p_tenant AND account_id = u.purse LIMIT 1) b ON u.code = 'ok'
      LEFT JOIN LATERAL (SELECT ctid FROM player_seeds WHERE tenant_id = p_tenant AND player_id = u.player LIMIT 1) s ON u.code = 'ok'),
  m AS MATERIALIZED (
    SELECT x.*, 'pl_' || substr(x.chain, 3) || '_' || x.index || '_' || x.nonce AS play, nextval('transfer_id_seq') AS transfer_id
      FROM x WHERE x.code = 'ok' AND x.posted - x.stake >= x.floor),
  s AS (UPDATE player_seeds AS s SET nonce = s.nonce + 1 FROM m WHERE s.ctid = m.seed_row RETURNING 1),
  b AS (
    UPDATE balances AS b SET posted = b.posted + m.payout - m.stake, version = b.version + 1, last_at = m.at
      FROM m WHERE b.ctid = m.purse_row AND m.payout <> m.stake
    RETURNING b.account_id, b.version, b.posted, m.payout - m.stake AS delta, m.transfer_id, m.play, m.at),
  n AS (INSERT INTO lines (tenant_id, account_id, version, transfer_id, kind, ref, delta, after, posted_at)
        SELECT p_tenant, account_id, version, transfer_id, 'play', play, delta, posted, at FROM b RETURNING 1),
  t AS (INSERT INTO transfers (tenant_id, transfer_id, group_id, asset, kind, ref, posted_at)
        SELECT p_tenant, transfer_id, group_id, 'points', 'play', play, at FROM m),
  p AS (INSERT INTO postings (tenant_id, transfer_id, seq, from_account, to_account, amount, posted_at)
        SELECT p_tenant, m.transfer_id, v.seq, v.a, v.b, v.amount, m.at FROM m
          CROSS JOIN LATERAL (VALUES (1, m.purse, m.bank, m.stake), (2, m.bank, m.purse, m.payout)) AS v(seq, a, b, amount) WHERE v.amount > 0),
  y AS (INSERT INTO plays (tenant_id, chain_id, seed_index, nonce, group_id, player_id, game, config_version, choice, stake, max_payout, payout, outcome, transfer_id, played_at)
        SELECT p_tenant, chain, index, nonce, group_id, player, game, version, choice, stake, max_payout, payout, outcome::jsonb, transfer_id, at FROM m),
  o AS (INSERT INTO outbox (tenant_id, type, payload) SELECT p_tenant, 'play.settled.v1', jsonb_build_object('play', play, 'group', group_public,
          'player', player_public, 'game', game, 'stake', stake, 'payout', payout) FROM m),
  i AS (INSERT INTO idem (tenant_id, scope, key, hash, accepted, transfer_id, outcome)
        SELECT p_tenant, 'play.' || player, key, hash, true, transfer_id, jsonb_build_object('code', 'ok', 'play', play, 'balance', posted + payout - stake)
          FROM m ON CONFLICT DO NOTHING RETURNING 1)
  SELECT array_agg(CASE
           WHEN m.n IS NOT NULL THEN jsonb_build_object('code', 'ok', 'play', m.play, 'balance', m.posted + m.payout - m.stake, 'at', m.at)
           WHEN x.code = 'ok' THEN jsonb_build_object('code', 'ledger.insufficient_funds', 'needed', x.stake, 'balance', coalesce(x.posted, 0))
           WHEN x.code IN ('replay', 'refused') THEN x.old
           ELSE jsonb_build_object('code', x.code) END ORDER BY x.n),
         count(m.n), count(*) FILTER (WHERE m.payout <> m.stake), (SELECT count(*) FROM s), (SELECT count(*) FROM n), (SELECT count(*) FROM i)
    INTO v_answers, v_made, v_moved, v_seeds, v_lines, v_kept FROM x LEFT JOIN m ON m.n = x.n;
  IF v_kept <> v_made THEN RAISE EXCEPTION 'a key was stored by a concurrent request' USING ERRCODE = '40001'; END IF;
  IF v_lines <> v_moved OR v_seeds <> v_made THEN RAISE EXCEPTION 'a play lacks a balance or a seed' USING ERRCODE = 'XX000'; END IF;
  IF v_made > 0 AND v_wakes THEN PERFORM pg_notify('fairground_outbox', p_tenant::text); END IF;
  RETURN v_answers;
END $$;
-- +goose StatementEnd
