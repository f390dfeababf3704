package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/internal/testdb"
)

func TestMigrateRefusesADatabaseOfAnotherSecret(t *testing.T) {
	clearEnvironment(t)
	db := testdb.New(t)
	t.Cleanup(func() { // roles belong to the server, so this one would outlive its database
		_, err := db.Owner.Exec(context.WithoutCancel(t.Context()), fmt.Sprintf("DROP OWNED BY %[1]s_app; DROP ROLE %[1]s_app", db.Name))
		require.NoError(t, err)
	})
	t.Setenv("DATABASE_URL", db.OwnerURL)
	t.Setenv("FAIRGROUND_SECRET", strings.Repeat("a", 32))
	code, _, stderr := runProgram(t, "migrate")
	require.Equal(t, 0, code, stderr)

	t.Setenv("FAIRGROUND_SECRET", strings.Repeat("b", 32))
	code, stdout, stderr := runProgram(t, "migrate")
	require.Equal(t, 1, code)
	require.Empty(t, stdout)
	require.Equal(t, 1, strings.Count(stderr, "\n"), "one line")
	require.True(t, strings.HasPrefix(stderr, "fairground: FAIRGROUND_SECRET: "), stderr)

	t.Setenv("FAIRGROUND_SECRET", strings.Repeat("a", 32))
	code, _, stderr = runProgram(t, "migrate")
	require.Equal(t, 0, code, stderr)
}
