-- +goose Up
-- The ledger: postings are the truth, balances are kept for strict accounts only.
-- Functions named api_* are what the application role may call; the rest are internal.

CREATE TABLE assets (
  code  text PRIMARY KEY CHECK (code ~ '^[a-z][a-z0-9_]{1,15}$'),
  scale int  NOT NULL CHECK (scale BETWEEN 0 AND 8),
  kind  text NOT NULL CHECK (kind IN ('points', 'cash', 'bonus', 'spins', 'ticket', 'item'))
);
INSERT INTO assets (code, scale, kind) VALUES ('points', 0, 'points');

-- Derived accounts have negative ids: the indexes that sum postings hold only those.
CREATE SEQUENCE account_id_seq;
CREATE TABLE accounts (
  tenant_id  bigint      NOT NULL,
  account_id bigint      NOT NULL,
  group_id   bigint      NOT NULL,
  asset      text        NOT NULL REFERENCES assets (code),
  purpose    text        NOT NULL CHECK (purpose IN
             ('player', 'player_withheld', 'player_debt', 'escrow', 'issuer', 'house', 'clearing', 'pool')),
  owner      text        NOT NULL DEFAULT '',
  mode       text        NOT NULL CHECK (mode IN ('strict', 'derived')),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, account_id),
  UNIQUE (tenant_id, group_id, asset, purpose, owner),
  CHECK ((mode = 'derived') = (account_id < 0))
);

CREATE TABLE balances (
  tenant_id  bigint      NOT NULL,
  account_id bigint      NOT NULL,
  posted     bigint      NOT NULL DEFAULT 0,
  floor      bigint      NOT NULL DEFAULT 0,
  version    bigint      NOT NULL DEFAULT 0,
  last_at    timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (tenant_id, account_id),
  CHECK (posted >= floor)
) WITH (fillfactor = 70);

CREATE SEQUENCE transfer_id_seq CACHE 1;
CREATE TABLE transfers (
  tenant_id   bigint      NOT NULL,
  transfer_id bigint      NOT NULL,
  group_id    bigint      NOT NULL,
  asset       text        NOT NULL,
  kind        text        NOT NULL,
  ref         text        NOT NULL DEFAULT '',
  posted_at   timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, transfer_id, posted_at)
) PARTITION BY RANGE (posted_at);

CREATE TABLE postings (
  tenant_id    bigint      NOT NULL,
  transfer_id  bigint      NOT NULL,
  seq          int         NOT NULL,
  from_account bigint      NOT NULL,
  to_account   bigint      NOT NULL CHECK (to_account <> from_account),
  amount       bigint      NOT NULL CHECK (amount > 0),
  posted_at    timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, transfer_id, seq, posted_at)
) PARTITION BY RANGE (posted_at);
CREATE INDEX postings_from ON postings (tenant_id, from_account, posted_at) WHERE from_account < 0;
CREATE INDEX postings_to ON postings (tenant_id, to_account, posted_at) WHERE to_account < 0;

CREATE TABLE lines (
  tenant_id   bigint      NOT NULL,
  account_id  bigint      NOT NULL,
  version     bigint      NOT NULL,
  transfer_id bigint      NOT NULL,
  kind        text        NOT NULL,
  ref         text        NOT NULL,
  delta       bigint      NOT NULL CHECK (delta <> 0),
  after       bigint      NOT NULL,
  posted_at   timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, account_id, version)
);

CREATE TABLE idem (
  tenant_id  bigint      NOT NULL,
  scope      text        NOT NULL,
  key        text        NOT NULL CHECK (length(key) BETWEEN 1 AND 128),
  hash       bytea       NOT NULL,
  accepted   boolean     NOT NULL,
  transfer_id bigint,
  outcome    jsonb       NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, scope, key)
);

CREATE TABLE holds (
  tenant_id   bigint      NOT NULL,
  hold_id     text        NOT NULL,
  account_id  bigint      NOT NULL,
  held_id     bigint      NOT NULL,
  amount      bigint      NOT NULL CHECK (amount > 0),
  transfer_id bigint      NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, hold_id)
);
CREATE TABLE hold_resolutions (
  tenant_id   bigint      NOT NULL,
  hold_id     text        NOT NULL,
  resolution  text        NOT NULL CHECK (resolution IN ('posted', 'voided')),
  transfer_id bigint      NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, hold_id)
);
CREATE TABLE reversals (
  tenant_id   bigint      NOT NULL,
  original_id bigint      NOT NULL,
  transfer_id bigint      NOT NULL,
  reason      text        NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, original_id)
);

-- +goose StatementBegin
CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% on % is refused: the table is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = '42501';
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION ledger_seal_table(p_table text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER append_only_row BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION ledger_append_only()', p_table);
  EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only()', p_table);
END $$;
-- +goose StatementEnd

-- Partitions for the month of p_at and p_months after it. Row triggers are inherited from
-- the parent; truncate triggers are not, so each partition gets its own.
-- +goose StatementBegin
CREATE FUNCTION api_ledger_partitions(p_months int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE t text; m timestamptz; part text; made int := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(7001, 0);
  FOREACH t IN ARRAY ARRAY['transfers', 'postings'] LOOP
    FOR i IN 0..p_months LOOP
      m := date_trunc('month', clock_timestamp(), 'UTC') + make_interval(months => i);
      part := t || '_' || to_char(m AT TIME ZONE 'UTC', 'YYYYMM');
      IF to_regclass('public.' || part) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
          part, t, m, date_trunc('month', m + interval '32 days', 'UTC'));
        EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only()', part);
        PERFORM fairground_fence(part);
        made := made + 1;
      END IF;
    END LOOP;
  END LOOP;
  RETURN made;
END $$;
-- +goose StatementEnd

SELECT ledger_seal_table(t) FROM unnest(ARRAY['transfers', 'postings', 'lines', 'idem', 'holds', 'hold_resolutions', 'reversals']) AS t;
SELECT fairground_fence('accounts', 'balances', 'transfers', 'postings', 'lines', 'idem', 'holds', 'hold_resolutions', 'reversals');
SELECT api_ledger_partitions(3);

-- +goose StatementBegin
CREATE FUNCTION ledger_guard(p_tenant bigint) RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF p_tenant IS DISTINCT FROM nullif(current_setting('fairground.tenant', true), '')::bigint THEN
    RAISE EXCEPTION 'tenant % is not the tenant of this transaction', p_tenant USING ERRCODE = '42501';
  END IF;
END $$;
-- +goose StatementEnd

-- Finds or makes an account; a strict one gets its balance row. An account is only made in a
-- group of the tenant, and a player's only for a player of the tenant (P0002).
-- +goose StatementBegin
CREATE FUNCTION ledger_account(p_tenant bigint, p_group bigint, p_asset text, p_purpose text, p_owner text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE v_id bigint; v_mode text;
BEGIN
  SELECT account_id INTO v_id FROM accounts
   WHERE tenant_id = p_tenant AND group_id = p_group AND asset = p_asset AND purpose = p_purpose AND owner = p_owner;
  IF FOUND THEN RETURN v_id; END IF;
  IF NOT EXISTS (SELECT 1 FROM groups WHERE tenant_id = p_tenant AND group_id = p_group) THEN
    RAISE EXCEPTION 'group % does not exist', p_group USING ERRCODE = 'P0002';
  END IF;
  IF p_purpose LIKE 'player%' AND (p_owner !~ '^[1-9][0-9]{0,17}$'
     OR NOT EXISTS (SELECT 1 FROM players WHERE tenant_id = p_tenant AND player_id = p_owner::bigint)) THEN
    RAISE EXCEPTION 'player % does not exist', p_owner USING ERRCODE = 'P0002';
  END IF;
  v_mode := CASE WHEN p_purpose IN ('player', 'player_withheld', 'pool') OR (p_purpose = 'house' AND p_asset <> 'points') THEN 'strict' ELSE 'derived' END;
  INSERT INTO accounts (tenant_id, account_id, group_id, asset, purpose, owner, mode)
  VALUES (p_tenant, nextval('account_id_seq') * CASE WHEN v_mode = 'derived' THEN -1 ELSE 1 END, p_group, p_asset, p_purpose, p_owner, v_mode)
    ON CONFLICT DO NOTHING RETURNING account_id INTO v_id;
  IF v_id IS NULL THEN
    SELECT account_id INTO STRICT v_id FROM accounts
     WHERE tenant_id = p_tenant AND group_id = p_group AND asset = p_asset AND purpose = p_purpose AND owner = p_owner;
  ELSIF v_mode = 'strict' THEN
    INSERT INTO balances (tenant_id, account_id) VALUES (p_tenant, v_id);
  END IF;
  RETURN v_id;
END $$;
-- +goose StatementEnd

-- The hot path: one strict account pays one derived account. Null when the money is short.
-- +goose StatementBegin
CREATE FUNCTION ledger_debit(p_tenant bigint, p_group bigint, p_asset text, p_kind text, p_ref text,
  p_from bigint, p_to bigint, p_amount bigint, OUT o_transfer bigint, OUT o_after bigint, OUT o_at timestamptz) LANGUAGE plpgsql AS $$
DECLARE v_version bigint;
BEGIN
  UPDATE balances SET posted = posted - p_amount, version = version + 1,
         last_at = greatest(clock_timestamp(), last_at + interval '1 microsecond')
   WHERE tenant_id = p_tenant AND account_id = p_from AND posted - p_amount >= floor
   RETURNING posted, version, last_at INTO o_after, v_version, o_at;
  IF NOT FOUND THEN RETURN; END IF;
  o_transfer := nextval('transfer_id_seq');
  WITH t AS (INSERT INTO transfers (tenant_id, transfer_id, group_id, asset, kind, ref, posted_at)
             VALUES (p_tenant, o_transfer, p_group, p_asset, p_kind, p_ref, o_at)),
       p AS (INSERT INTO postings (tenant_id, transfer_id, seq, from_account, to_account, amount, posted_at)
             VALUES (p_tenant, o_transfer, 1, p_from, p_to, p_amount, o_at))
  INSERT INTO lines (tenant_id, account_id, version, transfer_id, kind, ref, delta, after, posted_at)
  VALUES (p_tenant, p_from, v_version, o_transfer, p_kind, p_ref, -p_amount, o_after, o_at);
END $$;
-- +goose StatementEnd

-- Any set of moves as one transfer: all or nothing. o_short names an account that lacks money,
-- o_needed what it would have to pay, and then nothing was written. All accounts must be of one group and asset.
-- +goose StatementBegin
CREATE FUNCTION ledger_apply(p_tenant bigint, p_kind text, p_ref text, p_from bigint[], p_to bigint[], p_amount bigint[],
  OUT o_transfer bigint, OUT o_short bigint, OUT o_needed bigint, OUT o_at timestamptz) LANGUAGE plpgsql AS $$
DECLARE v_n int; v_found int; v_kinds int; v_group bigint; v_asset text;
BEGIN
  IF cardinality(p_from) = 0 OR cardinality(p_from) <> cardinality(p_to) OR cardinality(p_from) <> cardinality(p_amount) THEN
    RAISE EXCEPTION 'a transfer needs as many from, to and amount values, at least one' USING ERRCODE = '22023';
  END IF;
  SELECT count(*) INTO v_n FROM (SELECT unnest(p_from || p_to) AS a GROUP BY 1) x;
  SELECT count(*), count(DISTINCT (a.group_id, a.asset)), min(a.group_id), min(a.asset)
    INTO v_found, v_kinds, v_group, v_asset
    FROM accounts a WHERE a.tenant_id = p_tenant AND a.account_id = ANY (p_from || p_to);
  IF v_found <> v_n THEN RAISE EXCEPTION 'a transfer names an account that does not exist' USING ERRCODE = '22023'; END IF;
  IF v_kinds <> 1 THEN RAISE EXCEPTION 'a transfer must stay in one group and asset' USING ERRCODE = '22023'; END IF;

  PERFORM 1 FROM balances b WHERE b.tenant_id = p_tenant AND b.account_id = ANY (p_from || p_to)
    ORDER BY b.account_id FOR NO KEY UPDATE;
  SELECT greatest(clock_timestamp(), max(b.last_at) + interval '1 microsecond') INTO o_at
    FROM balances b WHERE b.tenant_id = p_tenant AND b.account_id = ANY (p_from || p_to);
  SELECT b.account_id, (-d.delta)::bigint INTO o_short, o_needed
    FROM (SELECT a, sum(d) AS delta FROM (SELECT unnest(p_from) AS a, -unnest(p_amount) AS d
          UNION ALL SELECT unnest(p_to), unnest(p_amount)) m GROUP BY a) d
    JOIN balances b ON b.tenant_id = p_tenant AND b.account_id = d.a
   WHERE d.delta < 0 AND b.posted + d.delta < b.floor ORDER BY 1 LIMIT 1;
  IF o_short IS NOT NULL THEN RETURN; END IF;

  o_transfer := nextval('transfer_id_seq');
  INSERT INTO transfers (tenant_id, transfer_id, group_id, asset, kind, ref, posted_at)
  VALUES (p_tenant, o_transfer, v_group, v_asset, p_kind, p_ref, o_at);
  INSERT INTO postings (tenant_id, transfer_id, seq, from_account, to_account, amount, posted_at)
  SELECT p_tenant, o_transfer, n, f, t, a, o_at FROM unnest(p_from, p_to, p_amount) WITH ORDINALITY AS m(f, t, a, n);
  WITH d AS (SELECT a, sum(d)::bigint AS delta FROM (SELECT unnest(p_from) AS a, -unnest(p_amount) AS d
          UNION ALL SELECT unnest(p_to), unnest(p_amount)) m GROUP BY a HAVING sum(d) <> 0),
       u AS (UPDATE balances b SET posted = b.posted + d.delta, version = b.version + 1, last_at = o_at
               FROM d WHERE b.tenant_id = p_tenant AND b.account_id = d.a
             RETURNING b.account_id, b.version, b.posted, d.delta)
  INSERT INTO lines (tenant_id, account_id, version, transfer_id, kind, ref, delta, after, posted_at)
  SELECT p_tenant, u.account_id, u.version, o_transfer, p_kind, p_ref, u.delta, u.posted, o_at FROM u;
END $$;
-- +goose StatementEnd

-- Pays out one derived account: to many strict accounts of its group and asset, each named once, and its rest to or
-- its shortfall from p_bank, another derived account (p_rest > 0: the rest; < 0: what the bank adds first). Receivers
-- can't run short, so this needs no more than one look at each.
-- +goose StatementBegin
CREATE FUNCTION ledger_payout(p_tenant bigint, p_group bigint, p_asset text, p_kind text, p_ref text, p_from bigint, p_bank bigint, p_rest bigint,
  p_to bigint[], p_amount bigint[], OUT o_transfer bigint, OUT o_at timestamptz) LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE v_last timestamptz; v_n bigint;
BEGIN
  SELECT max(last_at), count(*) INTO v_last, v_n FROM (
    SELECT last_at FROM balances WHERE tenant_id = p_tenant AND account_id = ANY (p_to) ORDER BY account_id FOR NO KEY UPDATE) AS b;
  IF v_n <> cardinality(p_to) THEN RAISE EXCEPTION 'a payout names an account that does not exist, or one twice' USING ERRCODE = '22023'; END IF;
  o_at := greatest(clock_timestamp(), v_last + interval '1 microsecond');
  o_transfer := nextval('transfer_id_seq');
  INSERT INTO transfers (tenant_id, transfer_id, group_id, asset, kind, ref, posted_at) VALUES (p_tenant, o_transfer, p_group, p_asset, p_kind, p_ref, o_at);
  WITH u AS (
    UPDATE balances AS b SET posted = b.posted + m.amount, version = b.version + 1, last_at = o_at
      FROM unnest(p_to, p_amount) WITH ORDINALITY AS m(account, amount, n) WHERE b.tenant_id = p_tenant AND b.account_id = m.account
    RETURNING b.account_id, b.version, b.posted, m.amount, m.n),
  l AS (INSERT INTO lines (tenant_id, account_id, version, transfer_id, kind, ref, delta, after, posted_at)
        SELECT p_tenant, account_id, version, o_transfer, p_kind, p_ref, amount, posted, o_at FROM u)
  INSERT INTO postings (tenant_id, transfer_id, seq, from_account, to_account, amount, posted_at)
  SELECT p_tenant, o_transfer, n + 1, p_from, account_id, amount, o_at FROM u
  UNION ALL SELECT p_tenant, o_transfer, 1, CASE WHEN p_rest > 0 THEN p_from ELSE p_bank END, CASE WHEN p_rest > 0 THEN p_bank ELSE p_from END, abs(p_rest), o_at
             WHERE p_rest <> 0;
END $$;
-- +goose StatementEnd

-- Sum of a derived account's postings: what an escrow holds, what an issuer owes.
-- +goose StatementBegin
CREATE FUNCTION ledger_derived(p_tenant bigint, p_account bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT sum(amount) FROM postings WHERE tenant_id = p_tenant AND to_account = p_account AND to_account < 0), 0)::bigint
       - coalesce((SELECT sum(amount) FROM postings WHERE tenant_id = p_tenant AND from_account = p_account AND from_account < 0), 0)::bigint
$$;
-- +goose StatementEnd

-- What an issuer gave out since midnight UTC, less what came back.
-- +goose StatementBegin
CREATE FUNCTION ledger_issued_today(p_tenant bigint, p_account bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT sum(amount) FROM postings WHERE tenant_id = p_tenant AND from_account = p_account AND from_account < 0
                    AND posted_at >= date_trunc('day', clock_timestamp(), 'UTC')), 0)::bigint
       - coalesce((SELECT sum(amount) FROM postings WHERE tenant_id = p_tenant AND to_account = p_account AND to_account < 0
                    AND posted_at >= date_trunc('day', clock_timestamp(), 'UTC')), 0)::bigint
$$;
-- +goose StatementEnd

-- Looks a key up before the work. Null when it is new. A key with another payload answers
-- {"code":"ledger.key_reused"}.
-- +goose StatementBegin
CREATE FUNCTION ledger_seen(p_tenant bigint, p_scope text, p_key text, p_hash bytea) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE v_hash bytea; v_outcome jsonb;
BEGIN
  SELECT hash, outcome INTO v_hash, v_outcome FROM idem WHERE tenant_id = p_tenant AND scope = p_scope AND key = p_key;
  IF NOT FOUND THEN RETURN NULL; END IF;
  IF v_hash <> p_hash THEN RETURN '{"code": "ledger.key_reused"}'; END IF;
  RETURN v_outcome || '{"replayed": true}';
END $$;
-- +goose StatementEnd

-- Stores a key's outcome as the last write. A concurrent twin that committed first makes this
-- one a serialization failure: the caller retries and reads the stored outcome.
-- +goose StatementBegin
CREATE FUNCTION ledger_remember(p_tenant bigint, p_scope text, p_key text, p_hash bytea, p_transfer bigint, p_outcome jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO idem (tenant_id, scope, key, hash, accepted, transfer_id, outcome)
  VALUES (p_tenant, p_scope, p_key, p_hash, p_transfer IS NOT NULL, p_transfer, p_outcome) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN RAISE EXCEPTION 'the key was stored by a concurrent request' USING ERRCODE = '40001'; END IF;
  RETURN p_outcome;
END $$;
-- +goose StatementEnd

-- Posts moves between accounts named by purpose and owner. An issuer pays only through a grant
-- or a settlement, and escrow and withheld money belong to rounds and holds: naming them is an
-- error (22023). Outcome codes: ok, ledger.insufficient_funds, ledger.key_reused.
-- +goose StatementBegin
CREATE FUNCTION api_ledger_post(p_tenant bigint, p_group bigint, p_asset text, p_scope text, p_key text, p_hash bytea, p_kind text, p_ref text,
  p_from_purpose text[], p_from_owner text[], p_to_purpose text[], p_to_owner text[], p_amount bigint[])
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v jsonb; v_from bigint[]; v_to bigint[]; r record;
BEGIN
  PERFORM ledger_guard(p_tenant);
  v := ledger_seen(p_tenant, p_scope, p_key, p_hash);
  IF v IS NOT NULL THEN RETURN v; END IF;
  IF p_from_purpose && ARRAY['issuer', 'escrow', 'player_withheld', 'player_debt'] OR p_to_purpose && ARRAY['escrow', 'player_withheld']
     OR (p_asset = 'points' AND 'house' = ANY (p_from_purpose)) THEN
    RAISE EXCEPTION 'a posting may not take from an issuer, a debt or the house of points, nor touch escrow or withheld money' USING ERRCODE = '22023';
  END IF;
  SELECT array_agg(ledger_account(p_tenant, p_group, p_asset, fp, fo) ORDER BY n), array_agg(ledger_account(p_tenant, p_group, p_asset, tp, t_o) ORDER BY n)
    INTO v_from, v_to FROM unnest(p_from_purpose, p_from_owner, p_to_purpose, p_to_owner) WITH ORDINALITY AS m(fp, fo, tp, t_o, n);
  r := ledger_apply(p_tenant, p_kind, p_ref, v_from, v_to, p_amount);
  IF r.o_short IS NOT NULL THEN
    RETURN ledger_remember(p_tenant, p_scope, p_key, p_hash, NULL::bigint, jsonb_build_object('code', 'ledger.insufficient_funds', 'needed', r.o_needed,
      'balance', (SELECT posted FROM balances WHERE tenant_id = p_tenant AND account_id = r.o_short)));
  END IF;
  RETURN ledger_remember(p_tenant, p_scope, p_key, p_hash, r.o_transfer, jsonb_build_object('code', 'ok', 'transfer', r.o_transfer, 'at', r.o_at));
END $$;
-- +goose StatementEnd

-- Mints points for a player within the group's daily cap. Codes: ok, ledger.issuer_cap, ledger.key_reused.
-- +goose StatementBegin
CREATE FUNCTION api_ledger_grant(p_tenant bigint, p_group bigint, p_player bigint, p_amount bigint, p_scope text, p_key text, p_hash bytea, p_kind text)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v jsonb; v_issuer bigint; v_account bigint; v_cap bigint; r record;
BEGIN
  PERFORM ledger_guard(p_tenant);
  v := ledger_seen(p_tenant, p_scope, p_key, p_hash);
  IF v IS NOT NULL THEN RETURN v; END IF;
  SELECT issuer_daily_cap INTO v_cap FROM groups WHERE tenant_id = p_tenant AND group_id = p_group FOR NO KEY UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'group % does not exist', p_group USING ERRCODE = 'P0002'; END IF;
  v_issuer := ledger_account(p_tenant, p_group, 'points', 'issuer', '');
  v_account := ledger_account(p_tenant, p_group, 'points', 'player', p_player::text);
  -- The cap is a moving state, so this refusal is not kept: tomorrow the same key may pass.
  IF ledger_issued_today(p_tenant, v_issuer) + p_amount > v_cap THEN RETURN jsonb_build_object('code', 'ledger.issuer_cap', 'cap', v_cap); END IF;
  r := ledger_apply(p_tenant, p_kind, p_player::text, ARRAY[v_issuer], ARRAY[v_account], ARRAY[p_amount]);
  RETURN ledger_remember(p_tenant, p_scope, p_key, p_hash, r.o_transfer, jsonb_build_object('code', 'ok', 'transfer', r.o_transfer, 'at', r.o_at,
    'balance', (SELECT posted FROM balances WHERE tenant_id = p_tenant AND account_id = v_account)));
END $$;
-- +goose StatementEnd

-- Holds a player's money aside under a hold id. Codes: ok, ledger.insufficient_funds, ledger.key_reused.
-- +goose StatementBegin
CREATE FUNCTION api_ledger_hold(p_tenant bigint, p_group bigint, p_asset text, p_player bigint, p_hold text, p_amount bigint, p_hash bytea, p_kind text)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v jsonb; v_from bigint; v_to bigint; r record;
BEGIN
  PERFORM ledger_guard(p_tenant);
  v := ledger_seen(p_tenant, 'hold', p_hold, p_hash);
  IF v IS NOT NULL THEN RETURN v; END IF;
  v_from := ledger_account(p_tenant, p_group, p_asset, 'player', p_player::text);
  v_to := ledger_account(p_tenant, p_group, p_asset, 'player_withheld', p_player::text);
  r := ledger_apply(p_tenant, p_kind, p_hold, ARRAY[v_from], ARRAY[v_to], ARRAY[p_amount]);
  IF r.o_short IS NOT NULL THEN
    RETURN ledger_remember(p_tenant, 'hold', p_hold, p_hash, NULL::bigint, jsonb_build_object('code', 'ledger.insufficient_funds', 'needed', r.o_needed,
      'balance', (SELECT posted FROM balances WHERE tenant_id = p_tenant AND account_id = r.o_short)));
  END IF;
  INSERT INTO holds (tenant_id, hold_id, account_id, held_id, amount, transfer_id) VALUES (p_tenant, p_hold, v_from, v_to, p_amount, r.o_transfer);
  RETURN ledger_remember(p_tenant, 'hold', p_hold, p_hash, r.o_transfer, jsonb_build_object('code', 'ok', 'transfer', r.o_transfer, 'at', r.o_at));
END $$;
-- +goose StatementEnd

-- Ends a hold once: posted sends it to a clearing account, voided gives it back. Codes: ok,
-- ledger.hold_not_found, ledger.hold_resolved (the other way before).
-- +goose StatementBegin
CREATE FUNCTION api_ledger_resolve(p_tenant bigint, p_hold text, p_resolution text, p_to_owner text, p_hash bytea, p_kind text)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v jsonb; h holds; a accounts; v_to bigint; v_was text; r record;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO h FROM holds WHERE tenant_id = p_tenant AND hold_id = p_hold;
  IF NOT FOUND THEN RETURN '{"code": "ledger.hold_not_found"}'; END IF;
  PERFORM pg_advisory_xact_lock(7003, hashtext(p_tenant || '/' || p_hold));
  v := ledger_seen(p_tenant, 'hold.' || p_resolution, p_hold, p_hash);
  IF v IS NOT NULL THEN RETURN v; END IF;
  SELECT resolution INTO v_was FROM hold_resolutions WHERE tenant_id = p_tenant AND hold_id = p_hold;
  IF FOUND THEN RETURN jsonb_build_object('code', 'ledger.hold_resolved', 'resolution', v_was); END IF;
  SELECT * INTO a FROM accounts WHERE tenant_id = p_tenant AND account_id = h.account_id;
  v_to := CASE WHEN p_resolution = 'posted' THEN ledger_account(p_tenant, a.group_id, a.asset, 'clearing', p_to_owner) ELSE h.account_id END;
  r := ledger_apply(p_tenant, p_kind, p_hold, ARRAY[h.held_id], ARRAY[v_to], ARRAY[h.amount]);
  IF r.o_short IS NOT NULL THEN RAISE EXCEPTION 'hold % is not covered by its withheld account', p_hold USING ERRCODE = 'XX000'; END IF;
  INSERT INTO hold_resolutions (tenant_id, hold_id, resolution, transfer_id) VALUES (p_tenant, p_hold, p_resolution, r.o_transfer);
  RETURN ledger_remember(p_tenant, 'hold.' || p_resolution, p_hold, p_hash, r.o_transfer, jsonb_build_object('code', 'ok', 'transfer', r.o_transfer, 'at', r.o_at));
END $$;
-- +goose StatementEnd

-- Undoes a transfer once with swapped postings. What a player has spent meanwhile becomes a
-- player_debt receivable. A pool or a house that is short refuses for now. A transfer
-- of a round or a hold is undone by their own verbs only, and a reversal is final.
-- Codes: ok, ledger.transfer_not_found, ledger.not_reversible, ledger.already_reversed, ledger.insufficient_funds, ledger.key_reused.
-- +goose StatementBegin
CREATE FUNCTION api_ledger_reverse(p_tenant bigint, p_transfer bigint, p_key text, p_hash bytea, p_reason text)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v jsonb; t transfers; v_from bigint[]; v_to bigint[]; v_amount bigint[]; r record; d record; v_debt bigint := 0;
BEGIN
  PERFORM ledger_guard(p_tenant);
  PERFORM pg_advisory_xact_lock(7004, hashtext(p_tenant || '/' || p_transfer));
  v := ledger_seen(p_tenant, 'reverse', p_key, p_hash);
  IF v IS NOT NULL THEN RETURN v; END IF;
  SELECT * INTO t FROM transfers WHERE tenant_id = p_tenant AND transfer_id = p_transfer;
  IF NOT FOUND THEN RETURN '{"code": "ledger.transfer_not_found"}'; END IF;
  IF t.kind = 'reversal' OR EXISTS (SELECT 1 FROM postings p JOIN accounts a ON a.tenant_id = p_tenant AND a.account_id IN (p.from_account, p.to_account)
              WHERE p.tenant_id = p_tenant AND p.transfer_id = p_transfer AND a.purpose IN ('escrow', 'player_withheld')) THEN
    RETURN '{"code": "ledger.not_reversible"}';
  END IF;
  IF EXISTS (SELECT 1 FROM reversals WHERE tenant_id = p_tenant AND original_id = p_transfer) THEN RETURN '{"code": "ledger.already_reversed"}'; END IF;
  SELECT array_agg(to_account ORDER BY seq), array_agg(from_account ORDER BY seq), array_agg(amount ORDER BY seq)
    INTO v_from, v_to, v_amount FROM postings WHERE tenant_id = p_tenant AND transfer_id = p_transfer;
  PERFORM 1 FROM balances WHERE tenant_id = p_tenant AND account_id = ANY (v_from || v_to) ORDER BY account_id FOR NO KEY UPDATE;
  FOR d IN SELECT b.account_id, a.purpose, a.owner, b.posted, -x.delta AS needed, b.floor - (b.posted + x.delta) AS missing
             FROM (SELECT a, sum(m) AS delta FROM (SELECT unnest(v_from) AS a, -unnest(v_amount) AS m UNION ALL SELECT unnest(v_to), unnest(v_amount)) y GROUP BY a) x
             JOIN balances b ON b.tenant_id = p_tenant AND b.account_id = x.a
             JOIN accounts a ON a.tenant_id = p_tenant AND a.account_id = x.a
            WHERE x.delta < 0 AND b.posted + x.delta < b.floor ORDER BY b.account_id LOOP
    IF d.purpose <> 'player' THEN RETURN jsonb_build_object('code', 'ledger.insufficient_funds', 'balance', d.posted, 'needed', d.needed); END IF;
    v_from := v_from || ledger_account(p_tenant, t.group_id, t.asset, 'player_debt', d.owner);
    v_to := v_to || d.account_id;
    v_amount := v_amount || d.missing::bigint;
    v_debt := v_debt + d.missing;
  END LOOP;
  r := ledger_apply(p_tenant, 'reversal', p_transfer::text, v_from, v_to, v_amount);
  INSERT INTO reversals (tenant_id, original_id, transfer_id, reason) VALUES (p_tenant, p_transfer, r.o_transfer, p_reason);
  RETURN ledger_remember(p_tenant, 'reverse', p_key, p_hash, r.o_transfer, jsonb_build_object('code', 'ok', 'transfer', r.o_transfer, 'at', r.o_at, 'debt', v_debt));
END $$;
-- +goose StatementEnd
