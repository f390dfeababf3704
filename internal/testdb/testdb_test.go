package testdb_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/internal/postgres"
	"fairground/internal/testdb"
	"fairground/migrations"
)

func TestEachTestHasItsOwnDatabase(t *testing.T) {
	t.Parallel()
	a, b := testdb.New(t), testdb.New(t)
	require.NotEqual(t, a.Name, b.Name)
	_, err := a.Owner.Exec(t.Context(), `CREATE TABLE mine ()`)
	require.NoError(t, err)
	var there bool
	require.NoError(t, b.Owner.QueryRow(t.Context(), `SELECT to_regclass('mine') IS NOT NULL`).Scan(&there))
	require.False(t, there)
}

func TestApplicationRoleIsFenced(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	var super, bypass bool
	require.NoError(t, db.DB.Pool().QueryRow(t.Context(),
		`SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user`).Scan(&super, &bypass))
	require.False(t, super)
	require.False(t, bypass)
}

func TestApplyTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	version := func() (n int) {
		require.NoError(t, db.Owner.QueryRow(t.Context(), `SELECT count(*) FROM goose_db_version`).Scan(&n))
		return n
	}
	before := version()
	require.NoError(t, migrations.Apply(t.Context(), db.OwnerURL, "another password"))
	require.Equal(t, before, version())
	t.Cleanup(func() { dropRole(t, db) })
}

func TestApplyRefusesAnotherSecretAndChangesNothing(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	ours, theirs := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	require.NoError(t, migrations.Apply(t.Context(), db.OwnerURL, "ours", migrations.ForSecret(ours)))
	t.Cleanup(func() { dropRole(t, db) })
	connects := func(password string) error {
		address, err := postgres.AppURL(db.OwnerURL, password)
		require.NoError(t, err)
		app, err := postgres.Open(t.Context(), address)
		if err == nil {
			app.Close()
		}
		return err
	}
	require.ErrorIs(t, migrations.Apply(t.Context(), db.OwnerURL, "theirs", migrations.ForSecret(theirs)), migrations.ErrOtherSecret)
	require.NoError(t, connects("ours"), "the password is left alone")
	require.NoError(t, migrations.Apply(t.Context(), db.OwnerURL, "ours", migrations.ForSecret(ours)), "its own secret goes on working")

	_, err := db.DB.Pool().Exec(t.Context(), `DELETE FROM installation`)
	require.ErrorContains(t, err, "permission denied", "the application role cannot unbind it")
}

func dropRole(t *testing.T, db *testdb.DB) {
	t.Helper()
	_, err := db.Owner.Exec(t.Context(), `DO $$ BEGIN EXECUTE format('DROP OWNED BY %1$I; DROP ROLE %1$I', current_database() || '_app'); END $$`)
	if err != nil {
		t.Logf("drop the role: %v", err)
	}
}
