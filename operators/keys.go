package operators

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"fairground/internal/secret"
)

// CreateKey makes an API key that acts for its maker, limited to scopes. The token is shown this once. It needs
// keys.manage, a step-up and a session. The scope ScopeStepUp lets the key do what needs a step-up. It returns
// ErrForbidden for a scope that the maker lacks, ErrSessionOnly and operators.invalid.
func (o *Operators) CreateKey(ctx context.Context, a Authority, in NewKey) (string, Key, error) {
	if err := o.checkKey(in); err != nil {
		return "", Key{}, err
	}
	id, token := secret.ID("k"), newToken(prefixKey, a.TenantID)
	text, err := json.Marshal(map[string]any{"id": id, "name": in.Name, "scopes": in.Scopes})
	if err != nil {
		return "", Key{}, fmt.Errorf("operators: write a key: %w", err)
	}
	_, err = o.call(ctx, a.Tenant, "create a key", `SELECT api_operator_key_create($1, $2, $3, $4, $5, $6, $7, $8)`,
		a.Tenant, string(a.Via), a.Proof, text, proofOf(token), in.ExpiresAt, in.Reason, a.RequestID)
	if err != nil {
		return "", Key{}, err
	}
	keys, err := o.keys(ctx, a.Tenant, id)
	if err != nil {
		return "", Key{}, err
	}
	return token, keys[0], nil
}

func (o *Operators) checkKey(in NewKey) error {
	if err := checkName(in.Name); err != nil {
		return err
	}
	if err := checkReason(in.Reason); err != nil {
		return err
	}
	if in.ExpiresAt != nil && !in.ExpiresAt.After(o.clock.Now()) {
		return invalid("expires_at", "use a time to come, or none")
	}
	known := append(Permissions(), ScopeStepUp)
	for i, scope := range in.Scopes {
		if !slices.Contains(known, scope) || slices.Contains(in.Scopes[:i], scope) {
			return invalid("scopes", fmt.Sprintf("use each of %v at most once", known))
		}
	}
	if len(in.Scopes) == 0 {
		return invalid("scopes", "give at least one")
	}
	return nil
}

// Keys lists the tenant's API keys, newest first, revoked ones too. It needs keys.manage.
func (o *Operators) Keys(ctx context.Context, a Authority) ([]Key, error) {
	if err := a.Allow(KeysManage); err != nil {
		return nil, err
	}
	return o.keys(ctx, a.Tenant, "")
}

func (o *Operators) keys(ctx context.Context, tenant int64, id string) ([]Key, error) {
	var list []Key
	err := o.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT k.key_id, k.name, o.public_id, k.scopes, k.created_at, k.expires_at, k.used_at, k.revoked_at
			  FROM operator_keys k JOIN operators o ON o.tenant_id = k.tenant_id AND o.operator_id = k.operator_id
			 WHERE k.tenant_id = $1 AND ($2 = '' OR k.key_id = $2) ORDER BY k.created_at DESC, k.key_id LIMIT 1000`, tenant, id)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, scanKey)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("operators: list the keys: %w", err)
	}
	return list, nil
}

func scanKey(row pgx.CollectableRow) (Key, error) {
	var k Key
	var scopes []string
	err := row.Scan(&k.ID, &k.Name, &k.Operator, &scopes, &k.CreatedAt, &k.ExpiresAt, &k.UsedAt, &k.RevokedAt)
	for _, scope := range scopes {
		k.Scopes = append(k.Scopes, Permission(scope))
	}
	return k, err
}

// RevokeKey ends a key at once; one that is revoked already is a success. It needs keys.manage and returns ErrKeyNotFound.
func (o *Operators) RevokeKey(ctx context.Context, a Authority, id, reason string) error {
	if err := checkReason(reason); err != nil {
		return err
	}
	_, err := o.call(ctx, a.Tenant, "revoke a key", `SELECT api_operator_key_revoke($1, $2, $3, $4, $5, $6)`,
		a.Tenant, string(a.Via), a.Proof, id, reason, a.RequestID)
	return err
}
