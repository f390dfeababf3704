package ledger_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/internal/postgres"
	"fairground/internal/testdb"
	"fairground/ledger"
)

// fault is something that must never happen, made to happen by the owner.
type fault struct {
	name, table, sql string
	breaks           []string // the checks that must notice; others may as well
}

func faults() []fault {
	const round = `INSERT INTO rounds (tenant_id, round_id, group_id, game, config_version, asset, bank, status, exclusive, escrow_id, opened_by, params, commit_hash, seed_sealed, opens_at, closes_at)
		SELECT tenant_id, 'r_aaaaaaaaaaaaaaaa', group_id, 'dice', 1, 'points', 'pool', 'settled', false, %s, 1, '{}', '', '', now(), now() FROM accounts WHERE purpose = 'issuer'`
	return []fault{
		{"amount changed", "postings", `UPDATE postings SET amount = amount + 1 WHERE transfer_id = (SELECT min(transfer_id) FROM postings)`, []string{"I2", "I6"}},
		{"posting of nobody", "postings", `UPDATE postings SET to_account = 987654 WHERE transfer_id = (SELECT min(transfer_id) FROM postings)`, []string{"I1", "I2"}},
		{"posting lost", "postings", `DELETE FROM postings WHERE transfer_id = (SELECT max(transfer_id) FROM postings)`, []string{"I1", "I2", "I6"}},
		{"transfer lost", "transfers", `DELETE FROM transfers WHERE transfer_id = (SELECT max(transfer_id) FROM transfers)`, []string{"I1", "I7"}},
		{"posting across groups", "accounts", `UPDATE accounts SET group_id = group_id + 1 WHERE purpose = 'pool'`, []string{"I1"}},
		{"balance raised", "balances", `UPDATE balances SET posted = posted + 1 WHERE posted = (SELECT max(posted) FROM balances)`, []string{"I2", "I6"}},
		{"balance lost", "balances", `DELETE FROM balances WHERE posted = (SELECT max(posted) FROM balances)`, []string{"I2"}},
		{"below the floor", "balances", `ALTER TABLE balances DROP CONSTRAINT balances_check; UPDATE balances SET posted = -1 WHERE posted = (SELECT max(posted) FROM balances)`, []string{"I2", "I3"}},
		{"below the floor once", "lines", `UPDATE lines SET after = -5 WHERE version = 1 AND kind = 'welcome'`, []string{"I3", "I6"}},
		{"escrow left over", "accounts", `UPDATE accounts SET purpose = 'escrow', owner = 'r_bbbbbbbbbbbbbbbb' WHERE purpose = 'pool'`, []string{"I4"}},
		{"settled round with money", "rounds", fmt.Sprintf(round, `(SELECT account_id FROM accounts WHERE purpose = 'pool')`) + `;
			UPDATE accounts SET purpose = 'escrow' WHERE purpose = 'pool'`, []string{"I4", "I5"}},
		{"settlement lost", "rounds", fmt.Sprintf(round, `0`), []string{"I5"}},
		{"settlement of nothing", "settlements", `INSERT INTO settlements (tenant_id, round_id, bet_ids, payouts, paid, house, hash, settled_at)
			SELECT tenant_id, 'r_cccccccccccccccc', '{}', '{}', 0, 0, '', now() FROM accounts WHERE purpose = 'issuer'`, []string{"I5"}},
		{"line lost", "lines", `DELETE FROM lines WHERE version = 1 AND kind = 'welcome' AND after = 100`, []string{"I6"}},
		{"line changed", "lines", `UPDATE lines SET delta = delta + 1 WHERE version = 1 AND kind = 'welcome'`, []string{"I6"}},
		{"times out of order", "lines", `UPDATE lines SET posted_at = posted_at - interval '1 day' WHERE version = 2`, []string{"I6"}},
		{"key lost", "idem", `DELETE FROM idem WHERE scope = 'post.test'`, []string{"I7"}},
		{"key of nothing", "idem", `UPDATE idem SET transfer_id = 987654 WHERE scope = 'post.test'`, []string{"I7"}},
		{"one transfer, two keys", "idem", `INSERT INTO idem (tenant_id, scope, key, hash, accepted, transfer_id, outcome)
			SELECT tenant_id, 'twin', key, hash, accepted, transfer_id, outcome FROM idem WHERE scope = 'post.test'`, []string{"I7"}},
		{"bet of nothing", "bets", `INSERT INTO rounds (tenant_id, round_id, group_id, game, config_version, asset, bank, exclusive, escrow_id, opened_by, params, commit_hash, seed_sealed, opens_at, closes_at)
			SELECT tenant_id, 'r_aaaaaaaaaaaaaaaa', group_id, 'dice', 1, 'points', 'pool', false, 0, 1, '{}', '', '', now(), now() FROM accounts WHERE purpose = 'issuer';
			INSERT INTO bets (tenant_id, round_id, player_id, choice, stake, max_payout, seed, transfer_id, placed_at)
			SELECT tenant_id, round_id, 1, 'big', 10, 20, 's', 987654, now() FROM rounds`, []string{"I7"}},
		{"pot of no jackpot", "accounts", `UPDATE accounts SET purpose = 'jackpot' WHERE purpose = 'pool'`, []string{"I13"}},
		{"hold changed", "holds", `UPDATE holds SET amount = amount + 1`, []string{"I8"}},
		{"hold lost", "holds", `DELETE FROM holds`, []string{"I8"}},
		{"resolution forged", "hold_resolutions", `INSERT INTO hold_resolutions (tenant_id, hold_id, resolution, transfer_id)
			SELECT tenant_id, hold_id, 'voided', transfer_id FROM holds`, []string{"I8"}},
	}
}

func TestAuditNoticesEveryFault(t *testing.T) {
	t.Parallel()
	for _, f := range faults() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 2)
			w.grant(t, 0, 100)
			w.grant(t, 1, 300)
			_, err := w.Post(t.Context(), w.move(w.player(0), ledger.Pool("week"), 40))
			require.NoError(t, err)
			_, err = w.Hold(t.Context(), w.holdOf(0, 10))
			require.NoError(t, err)
			w.clean(t)
			w.plant(t, f)
			for _, db := range []*postgres.DB{w.db.DB, owner(t, w.db)} {
				report, err := ledger.New(db).Audit(t.Context())
				require.NoError(t, err)
				require.False(t, report.OK())
				for _, name := range f.breaks {
					at := slices.IndexFunc(report.Checks, func(c ledger.Check) bool { return c.Name == name })
					require.GreaterOrEqual(t, at, 0)
					c := report.Checks[at]
					require.Positive(t, c.Offending, "%s must notice", name)
					require.NotEmpty(t, c.Rows)
					require.Contains(t, string(c.Rows[0]), fmt.Sprintf(`"tenant_id": %d`, w.tenant))
				}
			}
		})
	}
}

func owner(t *testing.T, db *testdb.DB) *postgres.DB {
	t.Helper()
	as, err := postgres.Open(t.Context(), db.OwnerURL, postgres.WithMaxConns(2))
	require.NoError(t, err)
	t.Cleanup(as.Close)
	return as
}

// plant makes the fault happen, past the triggers and the fence.
func (w *world) plant(t *testing.T, f fault) {
	t.Helper()
	sql := fmt.Sprintf(`SELECT set_config('fairground.tenant', '%d', true); ALTER TABLE %[2]s DISABLE TRIGGER USER; %s; ALTER TABLE %[2]s ENABLE TRIGGER USER`,
		w.tenant, f.table, f.sql)
	// The simple protocol runs all of it as one transaction.
	conn, err := w.db.Owner.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	_, err = conn.Conn().PgConn().Exec(t.Context(), sql).ReadAll()
	require.NoError(t, err)
}

func TestAuditCountsEveryTenant(t *testing.T) {
	t.Parallel()
	a := newWorld(t, 1)
	b := addTenant(t, a.db, 1)
	a.grant(t, 0, 10)
	b.grant(t, 0, 10)
	report, err := a.Audit(t.Context())
	require.NoError(t, err)
	require.True(t, report.OK())
	require.Equal(t, 2, report.Tenants)
	require.Len(t, report.Checks, 9)
	require.EqualValues(t, 2, report.Checks[0].Checked)
	b.plant(t, fault{table: "balances", sql: fmt.Sprintf(`UPDATE balances SET posted = posted + 1 WHERE tenant_id = %d`, b.tenant)})
	one, err := a.AuditTenant(t.Context(), a.tenant)
	require.NoError(t, err)
	require.True(t, one.OK())
	report, err = a.Audit(t.Context())
	require.NoError(t, err)
	require.False(t, report.OK())
	require.EqualValues(t, 1, report.Checks[1].Offending)
}
