// Package ledgertest ends tests that move money.
//
// What lives here: the audit as an assertion. What may not: fixtures of other rooms.
package ledgertest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/internal/postgres"
	"fairground/internal/testdb"
	"fairground/ledger"
)

// Clean fails tb unless the audit holds for every tenant, seen as the application role and as
// the owner.
func Clean(tb testing.TB, db *testdb.DB) {
	tb.Helper()
	owner, err := postgres.Open(tb.Context(), db.OwnerURL, postgres.WithMaxConns(2))
	require.NoError(tb, err)
	defer owner.Close()
	for name, as := range map[string]*postgres.DB{"application role": db.DB, "owner": owner} {
		report, err := ledger.New(as).Audit(tb.Context())
		require.NoError(tb, err)
		for _, c := range report.Checks {
			require.Zero(tb, c.Offending, "as %s: %s, %s: %s", name, c.Name, c.Title, c.Rows)
		}
	}
}
