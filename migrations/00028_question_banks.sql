-- +goose Up
-- Banks of questions. A version is imported whole and never changes; a config commits to it by its hash. The questions are
-- sealed by the program: the database knows their number and what they hash to.

INSERT INTO role_permissions (role, permission)
SELECT unnest(ARRAY['owner', 'senior_reviewer']), 'banks.import'
UNION ALL SELECT unnest(ARRAY['owner', 'senior_reviewer', 'support', 'analyst']), 'banks.read';

CREATE TABLE question_banks (
  tenant_id    bigint      NOT NULL,
  bank         text        NOT NULL CHECK (bank ~ '^[a-z0-9][a-z0-9_-]{2,31}$' AND bank <> 'default'), -- a game brings the bank default
  version      int         NOT NULL CHECK (version > 0),
  title        text        NOT NULL CHECK (length(title) BETWEEN 1 AND 80),
  size         int         NOT NULL CHECK (size BETWEEN 1 AND 10000),
  hash         text        NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
  items_sealed bytea       NOT NULL,
  imported_by  bigint      NOT NULL,
  imported_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, bank, version),
  UNIQUE (tenant_id, hash),
  FOREIGN KEY (tenant_id, imported_by) REFERENCES operators
);
SELECT fairground_fence('question_banks');
SELECT ledger_seal_table('question_banks');

-- Stores a bank as the next version of its name. Codes: ok, operators.*.
-- +goose StatementBegin
CREATE FUNCTION api_question_bank_import(p_tenant bigint, p_via text, p_proof bytea, p_request text, p jsonb, p_items bytea, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE a record; v_version int; v_at timestamptz;
BEGIN
  PERFORM ledger_guard(p_tenant);
  a := operator_acting(p_tenant, p_via, p_proof, 'banks.import', true);
  IF a.o_code IS NOT NULL THEN RETURN jsonb_build_object('code', a.o_code); END IF;
  PERFORM pg_advisory_xact_lock(7028, hashtext(p_tenant || '/' || (p->>'bank')));
  SELECT coalesce(max(version), 0) + 1 INTO v_version FROM question_banks WHERE tenant_id = p_tenant AND bank = p->>'bank';
  INSERT INTO question_banks (tenant_id, bank, version, title, size, hash, items_sealed, imported_by)
  VALUES (p_tenant, p->>'bank', v_version, p->>'title', (p->>'size')::int, p->>'hash', p_items, a.o_operator) RETURNING imported_at INTO v_at;
  PERFORM operation_note(p_tenant, a.o_operator, p_via, 'bank.imported', 'bank', p->>'bank', NULL::jsonb, p || jsonb_build_object('version', v_version),
    p_reason, p_request);
  RETURN jsonb_build_object('code', 'ok', 'version', v_version, 'imported_at', v_at);
END $$;
-- +goose StatementEnd
