package players

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// DirectoryKind is a kind of public key that leads to a tenant.
type DirectoryKind string

// The kinds of the directory.
const (
	KindTenant DirectoryKind = "tenant" // a tenant's public id
	KindBot    DirectoryKind = "bot"    // a bot's numeric id
	KindChat   DirectoryKind = "chat"   // a chat's numeric id; the first tenant to see it
	KindGroup  DirectoryKind = "group"  // a group's public id
	KindPlayer DirectoryKind = "player" // a player's public id
	KindRound  DirectoryKind = "round"  // a round's id; entered by the games room
	KindCode   DirectoryKind = "code"   // the hash of an unused login code
	KindKYC    DirectoryKind = "kyc"    // an account at an identity provider; entered by its function
)

// Lookup says which tenant a public key belongs to. It returns ErrTenantNotFound.
func (p *Players) Lookup(ctx context.Context, kind DirectoryKind, key string) (int64, error) {
	var tenant int64
	err := p.db.Global(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, "SELECT tenant_id FROM directory WHERE kind = $1 AND key = $2", string(kind), key).Scan(&tenant)
	})
	return tenant, orNotFound(err, ErrTenantNotFound, "look up the directory")
}

// enter writes a directory row in the caller's transaction. A key that is there stays.
func enter(ctx context.Context, tx pgx.Tx, kind DirectoryKind, key string, tenant int64) error {
	_, err := tx.Exec(ctx,
		"INSERT INTO directory (kind, key, tenant_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", string(kind), key, tenant)
	if err != nil {
		return fmt.Errorf("enter a %s in the directory: %w", kind, err)
	}
	return nil
}

// leave removes a directory row in the caller's transaction.
func leave(ctx context.Context, tx pgx.Tx, kind DirectoryKind, key string) error {
	if _, err := tx.Exec(ctx, "DELETE FROM directory WHERE kind = $1 AND key = $2", string(kind), key); err != nil {
		return fmt.Errorf("remove a %s from the directory: %w", kind, err)
	}
	return nil
}
