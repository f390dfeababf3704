package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/internal/testdb"
	"fairground/ledger"
)

func TestExtendPartitionsFillsWhatIsMissing(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	books := ledger.New(db.DB)
	made, err := books.ExtendPartitions(t.Context())
	require.NoError(t, err)
	require.Zero(t, made, "migrate made them")

	var last string
	require.NoError(t, db.Owner.QueryRow(t.Context(), `SELECT max(relname) FROM pg_class WHERE relname ~ '^postings_[0-9]{6}$'`).Scan(&last))
	_, err = db.Owner.Exec(t.Context(), `DROP TABLE `+last)
	require.NoError(t, err)
	made, err = books.ExtendPartitions(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, made)
}
