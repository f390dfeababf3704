package ledger_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"fairground/internal/postgres"
	"fairground/ledger"
)

const denied = "42501"

// asApp runs sql as the application role in a transaction of the tenant.
func (w *world) asApp(t *testing.T, tenant int64, sql string, args ...any) error {
	t.Helper()
	return w.db.DB.InTenant(t.Context(), tenant, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, sql, args...)
		return err
	})
}

func moneyTables() []string {
	return []string{"postings", "transfers", "lines", "idem", "holds", "hold_resolutions", "reversals", "balances", "accounts", "assets", "bets", "settlements", "rounds", "round_slots"}
}

func TestApplicationRoleCanNotWriteMoney(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.grant(t, 0, 100)
	tables := append(moneyTables(), w.partitions(t)...)
	for _, table := range tables {
		for _, sql := range []string{
			"INSERT INTO " + table + " DEFAULT VALUES", "DELETE FROM " + table, "TRUNCATE " + table,
			"ALTER TABLE " + table + " DISABLE TRIGGER USER", "DROP TABLE " + table,
		} {
			require.Equal(t, denied, postgres.Code(w.asApp(t, w.tenant, sql)), sql)
		}
		column := "tenant_id"
		if table == "assets" {
			column = "code"
		}
		require.Equal(t, denied, postgres.Code(w.asApp(t, w.tenant, "UPDATE "+table+" SET "+column+" = "+column)), table)
	}
	for _, call := range []string{
		`SELECT ledger_apply($1, 'x', '', ARRAY[1::bigint], ARRAY[2::bigint], ARRAY[3::bigint])`,
		`SELECT ledger_debit($1, 1, 'points', 'x', '', 1, 2, 3)`,
		`SELECT ledger_account($1, 1, 'points', 'pool', 'x')`,
		`SELECT ledger_remember($1, 'x', 'x', '', 1, '{}')`,
		`SELECT fairground_grant($1::bigint::text)`,
		`SELECT ledger_reverse($1, 1, 'x', '', 'x')`,
	} {
		require.Equal(t, denied, postgres.Code(w.asApp(t, w.tenant, call, w.tenant)), call)
	}
	w.clean(t)
}

// partitions lists every partition of the ledger.
func (w *world) partitions(t *testing.T) []string {
	t.Helper()
	rows, err := w.db.Owner.Query(t.Context(), `SELECT inhrelid::regclass::text FROM pg_inherits
		WHERE inhparent IN ('postings'::regclass, 'transfers'::regclass) ORDER BY 1`)
	require.NoError(t, err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(list), 8)
	return list
}

func TestAppendOnlyTablesRefuseEvenTheOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.grant(t, 0, 100)
	h := w.holdOf(0, 10)
	_, err := w.Hold(t.Context(), h)
	require.NoError(t, err)
	_, err = w.Release(t.Context(), w.tenant, h.ID)
	require.NoError(t, err)
	r, err := w.Post(t.Context(), w.move(w.player(0), w.player(1), 1))
	require.NoError(t, err)
	_, err = w.Reverse(t.Context(), w.tenant, r.Transfer, "k", "test")
	require.NoError(t, err)
	// A row in a later partition as well, so that its row triggers have something to refuse.
	w.asOwner(t, "", `INSERT INTO transfers (tenant_id, transfer_id, group_id, asset, kind, posted_at)
		VALUES ($1, 900001, $2, 'points', 'later', date_trunc('month', now()) + interval '40 days')`, w.tenant, w.group)

	try := func(sql string) error {
		return pgx.BeginFunc(t.Context(), w.db.Owner, func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), `SELECT set_config('fairground.tenant', $1::bigint::text, true)`, w.tenant); err != nil {
				return err
			}
			_, err := tx.Exec(t.Context(), sql)
			return err
		})
	}
	sealed := append([]string{"postings", "transfers", "lines", "idem", "holds", "hold_resolutions", "reversals"}, w.partitions(t)...)
	for _, table := range sealed {
		require.ErrorContains(t, try("TRUNCATE "+table), "append-only", table)
		var filled bool
		require.NoError(t, w.db.Owner.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM `+table+`)`).Scan(&filled))
		if filled {
			require.ErrorContains(t, try("UPDATE "+table+" SET tenant_id = tenant_id"), "append-only", table)
			require.ErrorContains(t, try("DELETE FROM "+table), "append-only", table)
		}
	}
	// Every partition carries the row trigger and the truncate trigger, filled or not.
	var bare int
	require.NoError(t, w.db.Owner.QueryRow(t.Context(), `SELECT count(*) FROM pg_inherits i
		WHERE inhparent IN ('postings'::regclass, 'transfers'::regclass) AND 2 <> (SELECT count(*) FROM pg_trigger g
		WHERE g.tgrelid = i.inhrelid AND g.tgenabled = 'O' AND g.tgfoid = 'ledger_append_only'::regproc)`).Scan(&bare))
	require.Zero(t, bare)
	w.asOwner(t, "transfers", `DELETE FROM transfers WHERE transfer_id = 900001`)
	w.clean(t)
}

func TestTenantsDoNotSeeOrTouchEachOther(t *testing.T) {
	t.Parallel()
	a := newWorld(t, 2)
	b := addTenant(t, a.db, 2)
	a.grant(t, 0, 100)
	b.grant(t, 0, 200)
	r, err := b.Post(t.Context(), b.move(b.player(0), b.player(1), 5))
	require.NoError(t, err)

	for _, table := range []string{"accounts", "balances", "postings", "transfers", "lines", "idem", "tenants", "groups", "players"} {
		var own, other int
		require.NoError(t, a.db.DB.Call(t.Context(), a.tenant, `SELECT count(*) FILTER (WHERE tenant_id = $1), count(*) FILTER (WHERE tenant_id <> $1) FROM `+table,
			[]any{a.tenant}, &own, &other))
		require.Positive(t, own, table)
		require.Zero(t, other, table)
		var nobody int
		require.NoError(t, a.db.DB.Pool().QueryRow(t.Context(), `SELECT count(*) FROM `+table).Scan(&nobody))
		require.Zero(t, nobody, "without a tenant %s is empty", table)
	}

	// The functions refuse a tenant that is not the transaction's.
	err = a.asApp(t, a.tenant, `SELECT api_ledger_grant($1, $2, $3, 1, 'x', 'x', '', 'x')`, b.tenant, b.group, b.players[0])
	require.Equal(t, denied, postgres.Code(err))
	err = a.asApp(t, a.tenant, `SELECT ledger_reverse($1, $2, 'x', '', 'x')`, b.tenant, r.Transfer)
	require.Equal(t, denied, postgres.Code(err))
	// In its own name a tenant finds nothing of another.
	_, err = a.Reverse(t.Context(), a.tenant, r.Transfer, "k", "theft")
	require.ErrorIs(t, err, ledger.ErrTransferNotFound)
	_, err = a.Post(t.Context(), a.move(a.player(0), b.player(0), 1))
	require.ErrorIs(t, err, ledger.ErrAccountNotFound)
	p := a.move(a.player(0), a.player(1), 1)
	p.Group = b.group
	_, err = a.Post(t.Context(), p)
	require.ErrorIs(t, err, ledger.ErrAccountNotFound)
	got, err := a.Balance(t.Context(), a.tenant, b.group, ledger.Points, b.players[0])
	require.NoError(t, err)
	require.Zero(t, got)
	// Rows of another tenant can't be written either.
	err = a.asApp(t, a.tenant, `UPDATE players SET name = 'x' WHERE tenant_id = $1`, b.tenant)
	require.NoError(t, err)
	err = a.asApp(t, a.tenant, `INSERT INTO groups (tenant_id, public_id, chat_id) VALUES ($1, 'g_x', 77)`, b.tenant)
	require.Equal(t, denied, postgres.Code(err))
	b.has(t, 0, 195)
	var renamed int
	require.NoError(t, b.db.DB.Call(t.Context(), b.tenant, `SELECT count(*) FROM players WHERE name = 'x'`, nil, &renamed))
	require.Zero(t, renamed)
	a.clean(t)
}

func TestPartitionsOfTheComingMonths(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	before := len(w.partitions(t))
	ensure := func(months int) (made int) {
		require.NoError(t, w.db.DB.Call(t.Context(), w.tenant, `SELECT api_ledger_partitions($1)`, []any{months}, &made))
		return made
	}
	require.Zero(t, ensure(3), "they are there")
	require.Equal(t, 4, ensure(5))
	require.Zero(t, ensure(5))
	after := w.partitions(t)
	require.Len(t, after, before+4)
	for _, part := range after {
		var fenced bool
		require.NoError(t, w.db.Owner.QueryRow(t.Context(), `SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = $1::regclass`, part).Scan(&fenced))
		require.True(t, fenced, part)
	}
	// The months touch: a posting on any day finds its partition.
	for day := range 150 {
		w.asOwner(t, "", `INSERT INTO transfers (tenant_id, transfer_id, group_id, asset, kind, posted_at)
			VALUES ($1, $2::int, 1, 'points', 'test', date_trunc('month', now(), 'UTC') + make_interval(days => $2::int))`, w.tenant, day)
	}
}
