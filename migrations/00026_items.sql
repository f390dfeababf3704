-- +goose Up
-- Virtual items: assets of the ledger with a catalogue around them. A unit that was bought is one row and one unit of its
-- asset in its owner's account; buying, giving, using and expiring are one transaction each.

INSERT INTO role_permissions (role, permission)
SELECT r, p FROM unnest(ARRAY['owner', 'senior_reviewer', 'finance', 'risk', 'support', 'analyst', 'reviewer']) AS r, unnest(ARRAY['items.read']) AS p
UNION ALL SELECT r, 'items.manage' FROM unnest(ARRAY['owner', 'finance']) AS r
UNION ALL SELECT r, 'items.grant' FROM unnest(ARRAY['owner', 'finance', 'support']) AS r;

CREATE TABLE items (
  tenant_id     bigint      NOT NULL,
  item_id       text        NOT NULL CHECK (item_id ~ '^itm_[a-z2-7]{16}$'),
  seq           bigint      GENERATED ALWAYS AS IDENTITY,
  version       int         NOT NULL DEFAULT 1,
  asset         text        NOT NULL REFERENCES assets (code),
  name          text        NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
  description   text        NOT NULL CHECK (length(description) <= 300),
  icon          text        NOT NULL CHECK (length(icon) BETWEEN 1 AND 8),
  effect        text        NOT NULL CHECK (effect IN ('score_boost', 'extra_ticket', 'insurance', 'cosmetic')),
  params        jsonb       NOT NULL,
  price         bigint      NOT NULL CHECK (price > 0), -- points
  stock         bigint      CHECK (stock >= 0),         -- left to be sold; null for no limit
  per_player    int         NOT NULL DEFAULT 0 CHECK (per_player >= 0), -- most that one player may buy in a group; 0 for no limit
  valid_seconds bigint      CHECK (valid_seconds BETWEEN 60 AND 31622400), -- from the purchase; null for ever
  giftable      boolean     NOT NULL,
  on_sale       boolean     NOT NULL,
  updated_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, item_id),
  UNIQUE (tenant_id, asset),
  CHECK (CASE effect
    WHEN 'score_boost' THEN (params->>'factor_bp')::int BETWEEN 10001 AND 30000 AND (params->>'minutes')::int BETWEEN 1 AND 10080
    WHEN 'extra_ticket' THEN (params->>'max_stake')::bigint BETWEEN 1 AND 1000000000000 AND params->>'game' <> ''
    WHEN 'insurance' THEN (params->>'share_bp')::int BETWEEN 1 AND 10000 AND (params->>'most')::bigint BETWEEN 1 AND 1000000000000
      AND (params->>'hours')::int BETWEEN 1 AND 720
    ELSE length(params->>'badge') BETWEEN 1 AND 8 END IS TRUE)
);
CREATE INDEX items_seq ON items (tenant_id, seq);

-- What an item was at each version: a unit keeps the rules it was bought under.
CREATE TABLE item_versions (
  tenant_id bigint      NOT NULL,
  item_id   text        NOT NULL,
  version   int         NOT NULL,
  content   jsonb       NOT NULL,
  at        timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, item_id, version)
);
SELECT ledger_seal_table('item_versions');

CREATE TABLE item_units (
  tenant_id  bigint      NOT NULL,
  unit_id    text        NOT NULL CHECK (unit_id ~ '^unit_[a-z2-7]{16}$'),
  seq        bigint      GENERATED ALWAYS AS IDENTITY,
  item_id    text        NOT NULL,
  version    int         NOT NULL,
  group_id   bigint      NOT NULL,
  owner_id   bigint      NOT NULL,
  bought_by  bigint      NOT NULL,
  origin     text        NOT NULL CHECK (origin IN ('bought', 'granted')),
  price      bigint      NOT NULL,
  got_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz,
  status     text        NOT NULL DEFAULT 'owned' CHECK (status IN ('owned', 'used', 'expired')),
  used_at    timestamptz,
  used_for   text        NOT NULL DEFAULT '', -- the round that an extra ticket went to
  used_bet   bigint,                          -- and the bet
  -- What the effect covers: from when to when, and what it was spent on.
  from_at    timestamptz,
  until_at   timestamptz,
  spent_at   timestamptz,
  spent_for  text        NOT NULL DEFAULT '',
  paid       bigint      NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, unit_id),
  FOREIGN KEY (tenant_id, item_id, version) REFERENCES item_versions,
  CHECK ((status = 'used') = (used_at IS NOT NULL))
);
CREATE INDEX item_units_owner ON item_units (tenant_id, owner_id, group_id, seq);
CREATE INDEX item_units_bought ON item_units (tenant_id, bought_by, group_id, item_id) WHERE origin = 'bought';
CREATE INDEX item_units_round ON item_units (tenant_id, used_for) WHERE used_for <> '';
CREATE INDEX item_units_expiring ON item_units (tenant_id, expires_at) WHERE status = 'owned' AND expires_at IS NOT NULL;
CREATE INDEX item_units_armed ON item_units (tenant_id, group_id, owner_id) WHERE status = 'used' AND spent_at IS NULL AND until_at IS NOT NULL;

CREATE TABLE item_events (
  tenant_id   bigint      NOT NULL,
  unit_id     text        NOT NULL,
  event_id    bigint      GENERATED ALWAYS AS IDENTITY,
  at          timestamptz NOT NULL DEFAULT clock_timestamp(),
  kind        text        NOT NULL CHECK (kind IN ('bought', 'granted', 'given', 'used', 'returned', 'expired', 'paid')),
  player_id   bigint      NOT NULL,
  detail      jsonb       NOT NULL DEFAULT '{}',
  transfer_id bigint,
  PRIMARY KEY (tenant_id, unit_id, event_id)
);
SELECT ledger_seal_table('item_events');
SELECT fairground_fence('items', 'item_versions', 'item_units', 'item_events');

-- +goose StatementBegin
CREATE FUNCTION api_item_view(i items) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('id', i.item_id, 'version', i.version, 'name', i.name, 'description', i.description, 'icon', i.icon, 'effect', i.effect,
    'params', i.params, 'price', i.price, 'stock', i.stock, 'per_player', i.per_player, 'valid_seconds', i.valid_seconds, 'giftable', i.giftable, 'on_sale', i.on_sale,
    'updated_at', i.updated_at)
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION api_item_unit_view(u item_units) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT v.content || jsonb_build_object('unit', u.unit_id, 'item', u.item_id, 'version', u.version, 'origin', u.origin, 'price', u.price, 'got_at', u.got_at,
    'expires_at', u.expires_at, 'status', CASE WHEN u.status = 'owned' AND u.expires_at <= clock_timestamp() THEN 'expired' ELSE u.status END, 'used_at', u.used_at,
    'used_for', u.used_for, 'from', u.from_at, 'until', CASE WHEN u.until_at < 'infinity' THEN u.until_at END,
    'counts', u.status = 'used' AND u.spent_at IS NULL AND coalesce(u.until_at > clock_timestamp(), false), 'spent_at', u.spent_at, 'spent_for', u.spent_for, 'paid', u.paid,
    'group', (SELECT public_id FROM groups WHERE tenant_id = u.tenant_id AND group_id = u.group_id))
    FROM item_versions v WHERE v.tenant_id = u.tenant_id AND v.item_id = u.item_id AND v.version = u.version
$$;
-- +goose StatementEnd

-- Makes an item or changes it; what was sold keeps its version. p: item, version (0 for a new one), name, description, icon, effect,
-- params, price, stock, per_player, valid_seconds, giftable, on_sale, reason. Codes: ok, items.not_found, items.changed (with the
-- version), items.invalid, operators.*.
-- +goose StatementBegin
CREATE FUNCTION api_item_save(p_tenant bigint, p_via text, p_proof bytea, p_request text, p jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE a record; i items; v_before jsonb; v_asset text; v_new boolean := (p->>'version')::int = 0;
BEGIN
  PERFORM ledger_guard(p_tenant);
  a := operator_acting(p_tenant, p_via, p_proof, 'items.manage', true);
  IF a.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', a.o_code); END IF;
  SELECT * INTO i FROM items WHERE tenant_id = p_tenant AND item_id = p->>'item' FOR NO KEY UPDATE;
  IF NOT v_new AND NOT FOUND THEN RETURN '{"code": "items.not_found"}'; END IF;
  IF coalesce(i.version, 0) <> (p->>'version')::int THEN RETURN jsonb_build_object('code', 'items.changed', 'version', i.version); END IF;
  IF i.effect <> p->>'effect' THEN RETURN '{"code": "items.invalid", "field": "effect", "fix": "an item keeps its effect: make another one"}'; END IF;
  IF v_new THEN
    v_asset := 'i' || substr(p->>'item', 5, 15);
    INSERT INTO assets (code, scale, kind) VALUES (v_asset, 0, 'item');
  ELSE
    v_asset := i.asset;
    v_before := api_item_view(i);
  END IF;
  INSERT INTO items (tenant_id, item_id, version, asset, name, description, icon, effect, params, price, stock, per_player, valid_seconds, giftable, on_sale)
  VALUES (p_tenant, p->>'item', (p->>'version')::int + 1, v_asset, p->>'name', coalesce(p->>'description', ''), p->>'icon', p->>'effect', p->'params', (p->>'price')::bigint,
          (p->>'stock')::bigint, coalesce((p->>'per_player')::int, 0), (p->>'valid_seconds')::bigint, (p->>'giftable')::boolean, (p->>'on_sale')::boolean)
  ON CONFLICT (tenant_id, item_id) DO UPDATE SET version = excluded.version, name = excluded.name, description = excluded.description, icon = excluded.icon,
    params = excluded.params, price = excluded.price, stock = excluded.stock, per_player = excluded.per_player, valid_seconds = excluded.valid_seconds,
    giftable = excluded.giftable, on_sale = excluded.on_sale, updated_at = clock_timestamp()
  RETURNING * INTO i;
  INSERT INTO item_versions (tenant_id, item_id, version, content)
  VALUES (p_tenant, i.item_id, i.version, jsonb_build_object('name', i.name, 'description', i.description, 'icon', i.icon, 'effect', i.effect, 'params', i.params, 'giftable', i.giftable));
  PERFORM operation_note(p_tenant, a.o_operator, p_via, CASE WHEN v_new THEN 'item.made' ELSE 'item.changed' END, 'item', i.item_id, v_before, api_item_view(i), p->>'reason', p_request);
  RETURN jsonb_build_object('code', 'ok', 'item', api_item_view(i));
END $$;
-- +goose StatementEnd

-- Puts the first items of a tenant on sale, for a demo; a tenant that has items keeps them. p is an array of what api_item_save takes.
-- Returns how many there are now.
-- +goose StatementBegin
CREATE FUNCTION api_item_seed(p_tenant bigint, p jsonb) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE x jsonb;
BEGIN
  PERFORM ledger_guard(p_tenant);
  PERFORM pg_advisory_xact_lock(7026, hashtext(p_tenant || '/seed'));
  IF EXISTS (SELECT 1 FROM items WHERE tenant_id = p_tenant) THEN RETURN (SELECT count(*) FROM items WHERE tenant_id = p_tenant); END IF;
  FOR x IN SELECT * FROM jsonb_array_elements(p) LOOP
    INSERT INTO assets (code, scale, kind) VALUES ('i' || substr(x->>'item', 5, 15), 0, 'item');
    INSERT INTO items (tenant_id, item_id, asset, name, description, icon, effect, params, price, stock, per_player, valid_seconds, giftable, on_sale)
    VALUES (p_tenant, x->>'item', 'i' || substr(x->>'item', 5, 15), x->>'name', coalesce(x->>'description', ''), x->>'icon', x->>'effect', x->'params',
            (x->>'price')::bigint, (x->>'stock')::bigint, coalesce((x->>'per_player')::int, 0), (x->>'valid_seconds')::bigint, (x->>'giftable')::boolean, true);
    INSERT INTO item_versions (tenant_id, item_id, version, content)
    VALUES (p_tenant, x->>'item', 1, jsonb_build_object('name', x->>'name', 'description', coalesce(x->>'description', ''), 'icon', x->>'icon', 'effect', x->>'effect',
            'params', x->'params', 'giftable', (x->>'giftable')::boolean));
  END LOOP;
  RETURN jsonb_array_length(p);
END $$;
-- +goose StatementEnd

-- Moves one unit of an item's asset; returns the transfer.
-- +goose StatementBegin
CREATE FUNCTION item_move(p_tenant bigint, p_group bigint, p_asset text, p_kind text, p_unit text, p_from bigint, p_to bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
  r := ledger_apply(p_tenant, p_kind, p_unit,
    ARRAY[CASE WHEN p_from IS NULL THEN ledger_account(p_tenant, p_group, p_asset, 'issuer', '') ELSE ledger_account(p_tenant, p_group, p_asset, 'player', p_from::text) END],
    ARRAY[CASE WHEN p_to IS NULL THEN ledger_account(p_tenant, p_group, p_asset, 'issuer', '') ELSE ledger_account(p_tenant, p_group, p_asset, 'player', p_to::text) END], ARRAY[1]::bigint[]);
  IF r.o_short IS NOT NULL THEN RAISE EXCEPTION 'unit % is not in its owner''s account', p_unit USING ERRCODE = 'XX000'; END IF;
  RETURN r.o_transfer;
END $$;
-- +goose StatementEnd

-- Keeps the key of a transfer that belongs to a larger act: every transfer has one.
-- +goose StatementBegin
CREATE FUNCTION item_kept(p_tenant bigint, p_kind text, p_unit text, p_transfer bigint) RETURNS void LANGUAGE sql AS $$
  SELECT ledger_remember(p_tenant, p_kind, p_unit, sha256(convert_to(p_unit, 'UTF8')), p_transfer, '{"code": "ok"}')
$$;
-- +goose StatementEnd

-- Why a player may not deal in items; null when they may.
-- +goose StatementBegin
CREATE FUNCTION item_refusal(p_tenant bigint, p_group bigint, p_player bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN l.player_id IS NULL OR NOT round_member(p_tenant, p_group, p_player) THEN '{"code": "players.not_member"}'::jsonb
              WHEN l.frozen_at IS NOT NULL THEN '{"code": "players.frozen"}'
              WHEN l.excluded_until > clock_timestamp() THEN jsonb_build_object('code', 'players.excluded', 'until', l.excluded_until) END
    FROM (SELECT 1) AS one LEFT JOIN players l ON l.tenant_id = p_tenant AND l.player_id = p_player
$$;
-- +goose StatementEnd

-- Sells one unit at the price the player saw: p_version must be the item's. The points go back to the issuer. Codes: ok, items.not_found,
-- items.changed, items.sold_out, items.enough, players.*, ledger.insufficient_funds, ledger.key_reused.
-- +goose StatementBegin
CREATE FUNCTION api_item_buy(p_tenant bigint, p_group bigint, p_player bigint, p_item text, p_version int, p_unit text, p_key text, p_hash bytea) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v jsonb; i items; u item_units; r record; v_scope text := 'item.buy.' || p_player; v_purse bigint; v_moved bigint;
BEGIN
  PERFORM ledger_guard(p_tenant);
  v := ledger_seen(p_tenant, v_scope, p_key, p_hash);
  IF v IS NOT NULL THEN RETURN v; END IF;
  SELECT * INTO i FROM items WHERE tenant_id = p_tenant AND item_id = p_item FOR NO KEY UPDATE;
  v := ledger_seen(p_tenant, v_scope, p_key, p_hash); -- the row's lock may have waited for a twin
  IF v IS NOT NULL THEN RETURN v; END IF;
  IF i.item_id IS NULL OR NOT i.on_sale THEN RETURN '{"code": "items.not_found"}'; END IF;
  IF i.version <> p_version THEN RETURN jsonb_build_object('code', 'items.changed', 'version', i.version, 'price', i.price); END IF;
  v := item_refusal(p_tenant, p_group, p_player);
  IF v IS NOT NULL THEN RETURN v; END IF;
  IF i.stock = 0 THEN RETURN '{"code": "items.sold_out"}'; END IF;
  IF i.per_player > 0 AND (SELECT count(*) FROM item_units WHERE tenant_id = p_tenant AND bought_by = p_player AND group_id = p_group AND item_id = p_item
       AND origin = 'bought') >= i.per_player THEN
    RETURN jsonb_build_object('code', 'items.enough', 'most', i.per_player);
  END IF;
  v_purse := ledger_account(p_tenant, p_group, 'points', 'player', p_player::text);
  r := ledger_apply(p_tenant, 'item.buy', p_unit, ARRAY[v_purse], ARRAY[ledger_account(p_tenant, p_group, 'points', 'issuer', '')], ARRAY[i.price]);
  IF r.o_short IS NOT NULL THEN
    RETURN jsonb_build_object('code', 'ledger.insufficient_funds', 'needed', i.price, 'balance', (SELECT posted FROM balances WHERE tenant_id = p_tenant AND account_id = v_purse));
  END IF;
  v_moved := item_move(p_tenant, p_group, i.asset, 'item.got', p_unit, NULL::bigint, p_player);
  PERFORM item_kept(p_tenant, 'item.got', p_unit, v_moved);
  UPDATE items SET stock = stock - 1 WHERE tenant_id = p_tenant AND item_id = p_item AND stock IS NOT NULL;
  INSERT INTO item_units (tenant_id, unit_id, item_id, version, group_id, owner_id, bought_by, origin, price, expires_at)
  VALUES (p_tenant, p_unit, p_item, i.version, p_group, p_player, p_player, 'bought', i.price, clock_timestamp() + make_interval(secs => i.valid_seconds)) RETURNING * INTO u;
  INSERT INTO item_events (tenant_id, unit_id, kind, player_id, detail, transfer_id) VALUES (p_tenant, p_unit, 'bought', p_player, jsonb_build_object('price', i.price), v_moved);
  PERFORM round_event(p_tenant, 'item.bought.v1', jsonb_build_object('unit', p_unit, 'item', p_item, 'price', i.price));
  RETURN ledger_remember(p_tenant, v_scope, p_key, p_hash, r.o_transfer, jsonb_build_object('code', 'ok', 'unit', api_item_unit_view(u),
    'balance', (SELECT posted FROM balances WHERE tenant_id = p_tenant AND account_id = v_purse)));
END $$;
-- +goose StatementEnd

-- An operator gives a player a unit. p: item, group (public id), player (public id), unit, reason, key. Codes: ok, items.not_found,
-- players.not_member, ledger.key_reused, operators.*.
-- +goose StatementBegin
CREATE FUNCTION api_item_grant(p_tenant bigint, p_via text, p_proof bytea, p_request text, p jsonb, p_hash bytea) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE a record; v jsonb; i items; u item_units; v_group bigint; v_player bigint; v_scope text; v_moved bigint;
BEGIN
  PERFORM ledger_guard(p_tenant);
  a := operator_acting(p_tenant, p_via, p_proof, 'items.grant', true);
  IF a.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', a.o_code); END IF;
  v_scope := 'item.grant.' || a.o_operator;
  v := ledger_seen(p_tenant, v_scope, p->>'key', p_hash);
  IF v IS NOT NULL THEN RETURN v; END IF;
  SELECT * INTO i FROM items WHERE tenant_id = p_tenant AND item_id = p->>'item' FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN '{"code": "items.not_found"}'; END IF;
  SELECT group_id INTO v_group FROM groups WHERE tenant_id = p_tenant AND public_id = p->>'group';
  SELECT player_id INTO v_player FROM players WHERE tenant_id = p_tenant AND public_id = p->>'player';
  IF v_group IS NULL OR v_player IS NULL OR NOT round_member(p_tenant, v_group, v_player) THEN RETURN '{"code": "players.not_member"}'; END IF;
  IF operator_is_player(p_tenant, a.o_operator, v_player) THEN RETURN '{"code": "operators.forbidden"}'; END IF;
  v_moved := item_move(p_tenant, v_group, i.asset, 'item.got', p->>'unit', NULL::bigint, v_player);
  INSERT INTO item_units (tenant_id, unit_id, item_id, version, group_id, owner_id, bought_by, origin, price, expires_at)
  VALUES (p_tenant, p->>'unit', i.item_id, i.version, v_group, v_player, v_player, 'granted', 0, clock_timestamp() + make_interval(secs => i.valid_seconds)) RETURNING * INTO u;
  INSERT INTO item_events (tenant_id, unit_id, kind, player_id, detail, transfer_id) VALUES (p_tenant, u.unit_id, 'granted', v_player, jsonb_build_object('reason', p->>'reason'), v_moved);
  PERFORM operation_note(p_tenant, a.o_operator, p_via, 'item.granted', 'player', p->>'player', NULL::jsonb, api_item_unit_view(u), p->>'reason', p_request);
  PERFORM item_notice(p_tenant, v_player, 'item.received', u.unit_id);
  RETURN ledger_remember(p_tenant, v_scope, p->>'key', p_hash, v_moved, jsonb_build_object('code', 'ok', 'unit', api_item_unit_view(u)));
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION item_notice(p_tenant bigint, p_player bigint, p_kind text, p_unit text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO notifications (tenant_id, chat_id, kind, payload)
  SELECT p_tenant, telegram_id, p_kind, jsonb_build_object('unit', p_unit) FROM players WHERE tenant_id = p_tenant AND player_id = p_player;
  PERFORM pg_notify('fairground_notify', p_tenant::text);
END $$;
-- +goose StatementEnd

-- Locks a unit of its owner that can still be used, in u; else o_code says why not.
-- +goose StatementBegin
CREATE FUNCTION item_take(p_tenant bigint, p_player bigint, p_unit text, OUT u item_units, OUT i item_versions, OUT o_asset text, OUT o_code jsonb) LANGUAGE plpgsql AS $$
BEGIN
  SELECT * INTO u FROM item_units WHERE tenant_id = p_tenant AND unit_id = p_unit AND owner_id = p_player FOR NO KEY UPDATE;
  IF u.unit_id IS NULL THEN o_code := '{"code": "items.not_found"}'; RETURN; END IF;
  SELECT * INTO i FROM item_versions WHERE tenant_id = p_tenant AND item_id = u.item_id AND version = u.version;
  SELECT asset INTO o_asset FROM items WHERE tenant_id = p_tenant AND item_id = u.item_id;
  o_code := CASE WHEN u.status = 'used' THEN '{"code": "items.used"}'::jsonb
                 WHEN u.status = 'expired' OR u.expires_at <= clock_timestamp() THEN '{"code": "items.expired"}'
                 ELSE item_refusal(p_tenant, u.group_id, p_player) END;
END $$;
-- +goose StatementEnd

-- Gives a unit to another member of its group. Codes: ok, items.not_found, items.used, items.expired, items.not_giftable, items.self,
-- players.*, ledger.key_reused.
-- +goose StatementBegin
CREATE FUNCTION api_item_gift(p_tenant bigint, p_player bigint, p_unit text, p_to text, p_key text, p_hash bytea) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v jsonb; x record; v_to bigint; v_moved bigint; v_scope text := 'item.gift.' || p_player;
BEGIN
  PERFORM ledger_guard(p_tenant);
  v := ledger_seen(p_tenant, v_scope, p_key, p_hash);
  IF v IS NOT NULL THEN RETURN v; END IF;
  x := item_take(p_tenant, p_player, p_unit);
  v := ledger_seen(p_tenant, v_scope, p_key, p_hash);
  IF v IS NOT NULL THEN RETURN v; END IF;
  IF x.o_code IS NOT NULL THEN RETURN x.o_code; END IF;
  IF NOT ((x.i).content->>'giftable')::boolean THEN RETURN '{"code": "items.not_giftable"}'; END IF;
  SELECT player_id INTO v_to FROM players WHERE tenant_id = p_tenant AND public_id = p_to AND frozen_at IS NULL AND coalesce(excluded_until <= clock_timestamp(), true);
  IF v_to = p_player THEN RETURN '{"code": "items.self"}'; END IF;
  IF v_to IS NULL OR NOT round_member(p_tenant, (x.u).group_id, v_to) THEN RETURN '{"code": "items.no_receiver"}'; END IF;
  v_moved := item_move(p_tenant, (x.u).group_id, x.o_asset, 'item.gift', p_unit, p_player, v_to);
  UPDATE item_units SET owner_id = v_to WHERE tenant_id = p_tenant AND unit_id = p_unit;
  INSERT INTO item_events (tenant_id, unit_id, kind, player_id, detail, transfer_id) VALUES (p_tenant, p_unit, 'given', p_player, jsonb_build_object('to', p_to), v_moved);
  PERFORM item_notice(p_tenant, v_to, 'item.received', p_unit);
  RETURN ledger_remember(p_tenant, v_scope, p_key, p_hash, v_moved, jsonb_build_object('code', 'ok'));
END $$;
-- +goose StatementEnd

-- Uses a unit up. An extra ticket goes through api_item_bet. A boost, an insurance or a badge counts from now; a second one of a kind
-- is refused while the first counts. Codes: ok, items.not_found, items.used, items.expired, items.active, items.needs_round, players.*,
-- ledger.key_reused.
-- +goose StatementBegin
CREATE FUNCTION api_item_use(p_tenant bigint, p_player bigint, p_unit text, p_key text, p_hash bytea) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v jsonb; x record; u item_units; v_moved bigint; v_effect text; v_params jsonb; v_scope text := 'item.use.' || p_player;
BEGIN
  PERFORM ledger_guard(p_tenant);
  v := ledger_seen(p_tenant, v_scope, p_key, p_hash);
  IF v IS NOT NULL THEN RETURN v; END IF;
  PERFORM pg_advisory_xact_lock(7026, hashtext(p_tenant || '/' || p_player)); -- two units of a kind at once
  x := item_take(p_tenant, p_player, p_unit);
  v := ledger_seen(p_tenant, v_scope, p_key, p_hash);
  IF v IS NOT NULL THEN RETURN v; END IF;
  IF x.o_code IS NOT NULL THEN RETURN x.o_code; END IF;
  v_effect := (x.i).content->>'effect';
  v_params := (x.i).content->'params';
  IF v_effect = 'extra_ticket' THEN RETURN '{"code": "items.needs_round"}'; END IF;
  IF v_effect <> 'cosmetic' AND EXISTS (SELECT 1 FROM item_units o JOIN item_versions w ON w.tenant_id = o.tenant_id AND w.item_id = o.item_id AND w.version = o.version
       WHERE o.tenant_id = p_tenant AND o.group_id = (x.u).group_id AND o.owner_id = p_player AND o.status = 'used' AND o.spent_at IS NULL
         AND o.until_at > clock_timestamp() AND w.content->>'effect' = v_effect) THEN
    RETURN '{"code": "items.active"}';
  END IF;
  IF v_effect = 'cosmetic' THEN -- one badge is worn at a time
    UPDATE item_units o SET spent_at = clock_timestamp(), spent_for = p_unit FROM item_versions w
     WHERE o.tenant_id = p_tenant AND o.group_id = (x.u).group_id AND o.owner_id = p_player AND o.status = 'used' AND o.spent_at IS NULL AND o.until_at IS NOT NULL
       AND w.tenant_id = p_tenant AND w.item_id = o.item_id AND w.version = o.version AND w.content->>'effect' = 'cosmetic';
  END IF;
  v_moved := item_move(p_tenant, (x.u).group_id, x.o_asset, 'item.used', p_unit, p_player, NULL::bigint);
  UPDATE item_units SET status = 'used', used_at = clock_timestamp(), from_at = clock_timestamp(), until_at = CASE v_effect
      WHEN 'score_boost' THEN clock_timestamp() + make_interval(mins => (v_params->>'minutes')::int)
      WHEN 'insurance' THEN clock_timestamp() + make_interval(hours => (v_params->>'hours')::int) ELSE coalesce(expires_at, 'infinity') END
   WHERE tenant_id = p_tenant AND unit_id = p_unit RETURNING * INTO u;
  INSERT INTO item_events (tenant_id, unit_id, kind, player_id, transfer_id) VALUES (p_tenant, p_unit, 'used', p_player, v_moved);
  PERFORM round_event(p_tenant, 'item.used.v1', jsonb_build_object('unit', p_unit, 'item', u.item_id, 'effect', v_effect, 'params', v_params, 'from', u.from_at,
    'until', CASE WHEN u.until_at < 'infinity' THEN u.until_at END, 'player', (SELECT public_id FROM players WHERE tenant_id = p_tenant AND player_id = p_player),
    'group', (SELECT public_id FROM groups WHERE tenant_id = p_tenant AND group_id = u.group_id)));
  RETURN ledger_remember(p_tenant, v_scope, p_key, p_hash, v_moved, jsonb_build_object('code', 'ok', 'unit', api_item_unit_view(u)));
END $$;
-- +goose StatementEnd

-- Uses an extra ticket: the issuer gives its owner the stake and the bet is placed, in one transaction. A refused bet takes nothing, the unit
-- included. Codes: those of api_round_bets, items.*, ledger.key_reused.
-- +goose StatementBegin
CREATE FUNCTION api_item_bet(p_tenant bigint, p_player bigint, p_unit text, p jsonb, p_key text, p_hash bytea) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v jsonb; x record; o rounds; r record; v_moved bigint; v_params jsonb; v_stake bigint := (p->>'stake')::bigint; v_scope text := 'item.use.' || p_player;
BEGIN
  PERFORM ledger_guard(p_tenant);
  v := ledger_seen(p_tenant, v_scope, p_key, p_hash);
  IF v IS NOT NULL THEN RETURN v; END IF;
  x := item_take(p_tenant, p_player, p_unit);
  v := ledger_seen(p_tenant, v_scope, p_key, p_hash);
  IF v IS NOT NULL THEN RETURN v; END IF;
  IF x.o_code IS NOT NULL THEN RETURN x.o_code; END IF;
  v_params := (x.i).content->'params';
  IF (x.i).content->>'effect' <> 'extra_ticket' THEN RETURN '{"code": "items.no_ticket"}'; END IF;
  SELECT * INTO o FROM rounds WHERE tenant_id = p_tenant AND round_id = p->>'round' AND group_id = (x.u).group_id;
  IF NOT FOUND THEN RETURN '{"code": "games.round_not_found"}'; END IF;
  IF o.game <> v_params->>'game' OR o.asset <> 'points' THEN RETURN jsonb_build_object('code', 'items.other_game', 'game', v_params->>'game'); END IF;
  IF v_stake > (v_params->>'max_stake')::bigint THEN RETURN jsonb_build_object('code', 'items.stake_too_high', 'most', (v_params->>'max_stake')::bigint); END IF;
  -- The locks of a bet come before the purse, as in api_round_bets.
  PERFORM pg_advisory_xact_lock_shared(7002, hashtext(o.round_id));
  IF o.seats > 0 OR o.bets_each > 0 OR o.max_exposure > 0 THEN PERFORM pg_advisory_xact_lock(7005, hashtext(o.round_id)); END IF;
  PERFORM round_house_lock(p_tenant, o.group_id);
  BEGIN
    r := ledger_apply(p_tenant, 'item.ticket', p_unit, ARRAY[ledger_account(p_tenant, o.group_id, 'points', 'issuer', '')],
      ARRAY[ledger_account(p_tenant, o.group_id, 'points', 'player', p_player::text)], ARRAY[v_stake]);
    PERFORM item_kept(p_tenant, 'item.ticket', p_unit || '/' || o.round_id, r.o_transfer);
    v := (api_round_bets(p_tenant, ARRAY[o.round_id], ARRAY[p_player], ARRAY[p->>'choice'], ARRAY[v_stake], ARRAY[(p->>'max_payout')::bigint],
      ARRAY[coalesce(p->>'seed', '')], ARRAY[p->>'fresh'], ARRAY['item.' || p_unit || '/' || o.round_id], ARRAY[p_hash]))[1];
    IF v->>'code' <> 'ok' THEN RAISE EXCEPTION 'the bet was refused' USING ERRCODE = 'FG001', DETAIL = v::text; END IF;
  EXCEPTION WHEN SQLSTATE 'FG001' THEN
    GET STACKED DIAGNOSTICS v_scope = PG_EXCEPTION_DETAIL;
    RETURN v_scope::jsonb;
  END;
  v_moved := item_move(p_tenant, o.group_id, x.o_asset, 'item.used', p_unit, p_player, NULL::bigint);
  UPDATE item_units SET status = 'used', used_at = clock_timestamp(), used_for = o.round_id, used_bet = (v->>'bet')::bigint WHERE tenant_id = p_tenant AND unit_id = p_unit;
  INSERT INTO item_events (tenant_id, unit_id, kind, player_id, detail, transfer_id)
  VALUES (p_tenant, p_unit, 'used', p_player, jsonb_build_object('round', o.round_id, 'bet', v->'bet', 'stake', v_stake), v_moved);
  RETURN ledger_remember(p_tenant, v_scope, p_key, p_hash, v_moved, v || jsonb_build_object('unit', p_unit));
END $$;
-- +goose StatementEnd

-- A voided round gives stakes back, but a ticket's stake was the house's: it goes there, and the ticket to its owner, in the
-- transaction that voids.
-- +goose StatementBegin
CREATE FUNCTION item_tickets_return() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE w record; r record; v_key text; v_moved bigint;
BEGIN
  FOR w IN SELECT u.unit_id, u.owner_id, u.group_id, i.asset, b.stake FROM item_units u
      JOIN items i ON i.tenant_id = u.tenant_id AND i.item_id = u.item_id
      JOIN bets b ON b.tenant_id = u.tenant_id AND b.round_id = u.used_for AND b.bet_id = u.used_bet
     WHERE u.tenant_id = NEW.tenant_id AND u.used_for = NEW.round_id ORDER BY u.owner_id, u.unit_id FOR NO KEY UPDATE OF u
  LOOP
    v_key := w.unit_id || '/' || NEW.round_id;
    r := ledger_apply(NEW.tenant_id, 'item.ticket', w.unit_id, ARRAY[ledger_account(NEW.tenant_id, w.group_id, 'points', 'player', w.owner_id::text)],
      ARRAY[ledger_account(NEW.tenant_id, w.group_id, 'points', 'issuer', '')], ARRAY[w.stake]);
    IF r.o_short IS NOT NULL THEN RAISE EXCEPTION 'round % gave ticket % no stake back', NEW.round_id, w.unit_id USING ERRCODE = 'XX000'; END IF;
    PERFORM item_kept(NEW.tenant_id, 'item.ticket.back', v_key, r.o_transfer);
    v_moved := item_move(NEW.tenant_id, w.group_id, w.asset, 'item.back', w.unit_id, NULL::bigint, w.owner_id);
    PERFORM item_kept(NEW.tenant_id, 'item.back', v_key, v_moved);
    UPDATE item_units SET status = 'owned', used_at = NULL, used_for = '', used_bet = NULL WHERE tenant_id = NEW.tenant_id AND unit_id = w.unit_id;
    INSERT INTO item_events (tenant_id, unit_id, kind, player_id, detail, transfer_id)
    VALUES (NEW.tenant_id, w.unit_id, 'returned', w.owner_id, jsonb_build_object('round', NEW.round_id, 'stake', w.stake), v_moved);
    PERFORM item_notice(NEW.tenant_id, w.owner_id, 'item.received', w.unit_id);
  END LOOP;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER item_tickets_return AFTER UPDATE OF status ON rounds FOR EACH ROW WHEN (NEW.status = 'voided' AND OLD.status <> 'voided')
  EXECUTE FUNCTION item_tickets_return();

-- Pays the insurances that a settled round's losers hold: the first lost round after an insurance began, if the round's bets were placed
-- while it counted. What the house staked for a player's ticket is no loss of theirs. One payment a unit. Returns how many were paid.
-- +goose StatementBegin
CREATE FUNCTION api_item_insure(p_tenant bigint, p_round text) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE o rounds; w record; r record; v_paid int := 0;
BEGIN
  PERFORM ledger_guard(p_tenant);
  SELECT * INTO o FROM rounds WHERE tenant_id = p_tenant AND round_id = p_round AND status = 'settled' AND asset = 'points';
  IF NOT FOUND THEN RETURN 0; END IF;
  FOR w IN
    SELECT u.unit_id, u.owner_id, least((l.lost::numeric * (v.content->'params'->>'share_bp')::int / 10000)::bigint, (v.content->'params'->>'most')::bigint) AS amount
      FROM (SELECT b.player_id, min(b.placed_at) AS first_at, max(b.placed_at) AS last_at,
                   (coalesce(sum(b.stake) FILTER (WHERE t.unit_id IS NULL), 0) - coalesce(sum(p.payout), 0))::bigint AS lost
              FROM bets b LEFT JOIN item_units t ON t.tenant_id = p_tenant AND t.used_for = p_round AND t.used_bet = b.bet_id LEFT JOIN (SELECT bet, payout FROM settlements s, unnest(s.bet_ids, s.payouts) AS m(bet, payout)
                                      WHERE s.tenant_id = p_tenant AND s.round_id = p_round) AS p ON p.bet = b.bet_id
             WHERE b.tenant_id = p_tenant AND b.round_id = p_round GROUP BY b.player_id) AS l
      JOIN item_units u ON u.tenant_id = p_tenant AND u.group_id = o.group_id AND u.owner_id = l.player_id AND u.status = 'used' AND u.spent_at IS NULL
       AND u.until_at IS NOT NULL AND u.from_at < l.first_at AND u.until_at > l.last_at
      JOIN item_versions v ON v.tenant_id = p_tenant AND v.item_id = u.item_id AND v.version = u.version AND v.content->>'effect' = 'insurance'
     WHERE l.lost > 0 AND coalesce(v.content->'params'->>'game', '') IN ('', o.game)
     ORDER BY round_purse(p_tenant, o.group_id, 'points', u.owner_id), u.unit_id FOR NO KEY UPDATE OF u -- purses in the order in which all take them
  LOOP
    IF w.amount > 0 THEN
      r := ledger_apply(p_tenant, 'item.insurance', w.unit_id, ARRAY[ledger_account(p_tenant, o.group_id, 'points', 'issuer', '')],
        ARRAY[ledger_account(p_tenant, o.group_id, 'points', 'player', w.owner_id::text)], ARRAY[w.amount]);
      PERFORM item_kept(p_tenant, 'item.insurance', w.unit_id, r.o_transfer);
    END IF;
    UPDATE item_units SET spent_at = clock_timestamp(), spent_for = p_round, paid = w.amount WHERE tenant_id = p_tenant AND unit_id = w.unit_id;
    INSERT INTO item_events (tenant_id, unit_id, kind, player_id, detail, transfer_id)
    VALUES (p_tenant, w.unit_id, 'paid', w.owner_id, jsonb_build_object('round', p_round, 'amount', w.amount), CASE WHEN w.amount > 0 THEN r.o_transfer END);
    PERFORM item_notice(p_tenant, w.owner_id, 'item.insured', w.unit_id);
    v_paid := v_paid + 1;
  END LOOP;
  RETURN v_paid;
END $$;
-- +goose StatementEnd

-- Takes back what was not used in time. Returns how many.
-- +goose StatementBegin
CREATE FUNCTION api_item_expire(p_tenant bigint, p_limit int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE u record; v_n int := 0; v_moved bigint;
BEGIN
  PERFORM ledger_guard(p_tenant);
  FOR u IN SELECT t.*, i.asset FROM item_units t JOIN items i ON i.tenant_id = t.tenant_id AND i.item_id = t.item_id
            WHERE t.tenant_id = p_tenant AND t.status = 'owned' AND t.expires_at <= clock_timestamp() ORDER BY t.owner_id, t.unit_id LIMIT p_limit FOR NO KEY UPDATE OF t SKIP LOCKED LOOP
    v_moved := item_move(p_tenant, u.group_id, u.asset, 'item.expired', u.unit_id, u.owner_id, NULL::bigint);
    PERFORM item_kept(p_tenant, 'item.expired', u.unit_id, v_moved);
    UPDATE item_units SET status = 'expired' WHERE tenant_id = p_tenant AND unit_id = u.unit_id;
    INSERT INTO item_events (tenant_id, unit_id, kind, player_id, transfer_id) VALUES (p_tenant, u.unit_id, 'expired', u.owner_id, v_moved);
    v_n := v_n + 1;
  END LOOP;
  RETURN v_n;
END $$;
-- +goose StatementEnd

-- Units in accounts that no row explains, and rows without their unit: what the audit wants to be empty.
-- +goose StatementBegin
CREATE FUNCTION api_item_audit(p_tenant bigint) RETURNS TABLE (group_public text, player_public text, item text, in_account bigint, in_rows bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT g.public_id, p.public_id, coalesce(i.item_id, ''), coalesce(b.posted, 0), coalesce(u.n, 0)
    FROM (SELECT a.group_id, a.owner::bigint AS player_id, a.asset, l.posted FROM accounts a JOIN balances l ON l.tenant_id = a.tenant_id AND l.account_id = a.account_id
            JOIN assets s ON s.code = a.asset AND s.kind = 'item' WHERE a.tenant_id = p_tenant AND a.purpose = 'player' AND l.posted <> 0) b
    FULL JOIN (SELECT t.group_id, t.owner_id AS player_id, k.asset, count(*) AS n FROM item_units t JOIN items k ON k.tenant_id = t.tenant_id AND k.item_id = t.item_id
                WHERE t.tenant_id = p_tenant AND t.status = 'owned' GROUP BY 1, 2, 3) u USING (group_id, player_id, asset)
    LEFT JOIN items i ON i.tenant_id = p_tenant AND i.asset = coalesce(b.asset, u.asset)
    LEFT JOIN groups g ON g.tenant_id = p_tenant AND g.group_id = coalesce(b.group_id, u.group_id)
    LEFT JOIN players p ON p.tenant_id = p_tenant AND p.player_id = coalesce(b.player_id, u.player_id)
   WHERE coalesce(b.posted, 0) <> coalesce(u.n, 0)
$$;
-- +goose StatementEnd
