package ledger_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"fairground/internal/postgres"
	"fairground/internal/secret"
	"fairground/internal/testdb"
	"fairground/ledger"
	"fairground/ledger/ledgertest"
)

// world is a tenant with one active group and some players, in a database of its own.
type world struct {
	*ledger.Ledger
	db            *testdb.DB
	owner         *ledger.Ledger // connected as the owner of the database
	tenant, group int64
	players       []int64
}

// newWorld makes a database with one tenant.
func newWorld(t *testing.T, players int) *world {
	t.Helper()
	db := testdb.New(t, postgres.WithMaxConns(12))
	return addTenant(t, db, players)
}

// addTenant makes one more tenant in db.
func addTenant(t *testing.T, db *testdb.DB, players int) *world {
	t.Helper()
	w := &world{Ledger: ledger.New(db.DB), db: db}
	owner, err := postgres.Open(t.Context(), db.OwnerURL, postgres.WithMaxConns(4))
	require.NoError(t, err)
	t.Cleanup(owner.Close)
	w.owner = ledger.New(owner)
	require.NoError(t, db.DB.Pool().QueryRow(t.Context(), `SELECT nextval('tenant_id_seq')`).Scan(&w.tenant))
	err = db.DB.InTenant(t.Context(), w.tenant, func(ctx context.Context, tx pgx.Tx) error {
		public := secret.ID("t")
		if _, err := tx.Exec(ctx, `INSERT INTO tenants (tenant_id, public_id, name) VALUES ($1, $2, $2)`, w.tenant, public); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO directory (kind, key, tenant_id) VALUES ('tenant', $2, $1)`, w.tenant, public); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `INSERT INTO groups (tenant_id, public_id, chat_id, status) VALUES ($1, $2, $1, 'active') RETURNING group_id`,
			w.tenant, secret.ID("g")).Scan(&w.group); err != nil {
			return err
		}
		for i := range players {
			var id int64
			if err := tx.QueryRow(ctx, `INSERT INTO players (tenant_id, public_id, telegram_id) VALUES ($1, $2, $3) RETURNING player_id`,
				w.tenant, secret.ID("p"), i+1).Scan(&id); err != nil {
				return err
			}
			w.players = append(w.players, id)
		}
		return nil
	})
	require.NoError(t, err)
	return w
}

// Reverse undoes a transfer as the owner: the application role may not.
func (w *world) Reverse(ctx context.Context, tenant, transfer int64, key, reason string) (ledger.Receipt, error) {
	return w.owner.Reverse(ctx, tenant, transfer, key, reason)
}

// clean ends a test that moved money.
func (w *world) clean(t *testing.T) {
	t.Helper()
	ledgertest.Clean(t, w.db)
}

// grant gives player number i points.
func (w *world) grant(t *testing.T, i int, amount int64) ledger.Receipt {
	t.Helper()
	r, err := w.Grant(t.Context(), ledger.GrantRequest{Tenant: w.tenant, Group: w.group, Player: w.players[i], Amount: amount, Key: secret.ID("k"), Kind: "welcome"})
	require.NoError(t, err)
	return r
}

// move is a posting of one move, with a fresh key.
func (w *world) move(from, to ledger.AccountRef, amount int64) ledger.Posting {
	return ledger.Posting{
		Tenant: w.tenant, Group: w.group, Asset: ledger.Points, Scope: "test", Key: secret.ID("k"), Kind: "transfer", Ref: "test",
		Moves: []ledger.Move{{From: from, To: to, Amount: amount}},
	}
}

// player is the account of player number i.
func (w *world) player(i int) ledger.AccountRef { return ledger.Player(w.players[i]) }

// has requires the balance of player number i.
func (w *world) has(t *testing.T, i int, want int64) {
	t.Helper()
	got, err := w.Balance(t.Context(), w.tenant, w.group, ledger.Points, w.players[i])
	require.NoError(t, err)
	require.Equal(t, want, got, "balance of player %d", i)
}

// account requires the balance of any account.
func (w *world) account(t *testing.T, ref ledger.AccountRef, want int64) {
	t.Helper()
	got, err := w.AccountBalance(t.Context(), w.tenant, w.group, ledger.Points, ref)
	require.NoError(t, err)
	require.Equal(t, want, got, "balance of %v", ref)
}

// asOwner runs sql as the owner, in a transaction of the tenant, with the triggers of a table
// switched off when one is named.
func (w *world) asOwner(t *testing.T, table, sql string, args ...any) {
	t.Helper()
	err := pgx.BeginFunc(t.Context(), w.db.Owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `SELECT set_config('fairground.tenant', $1, true)`, fmt.Sprint(w.tenant)); err != nil {
			return err
		}
		if table != "" {
			if _, err := tx.Exec(t.Context(), `ALTER TABLE `+table+` DISABLE TRIGGER USER`); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(t.Context(), sql, args...); err != nil {
			return err
		}
		if table != "" {
			if _, err := tx.Exec(t.Context(), `ALTER TABLE `+table+` ENABLE TRIGGER USER`); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, err)
}
