package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/internal/clock"
	"fairground/internal/postgres"
	"fairground/internal/secret"
	"fairground/internal/testdb"
	"fairground/operators"
	"fairground/players"
)

func TestOperatorCreateMakesTheFirstOwner(t *testing.T) {
	clearEnvironment(t)
	t.Setenv("FAIRGROUND_OPERATOR_PASSWORD", "")
	db := testdb.New(t)
	t.Cleanup(func() { // roles belong to the server, so this one would outlive its database
		_, err := db.Owner.Exec(context.WithoutCancel(t.Context()), fmt.Sprintf("DROP OWNED BY %[1]s_app; DROP ROLE %[1]s_app", db.Name))
		require.NoError(t, err)
	})
	master := strings.Repeat("a", 32)
	t.Setenv("DATABASE_URL", db.OwnerURL)
	t.Setenv("FAIRGROUND_SECRET", master)
	code, _, stderr := runProgram(t, "migrate")
	require.Equal(t, 0, code, stderr)
	box, err := secret.New(master)
	require.NoError(t, err)
	tenant, err := players.New(db.DB, box, clock.System()).CreateTenant(t.Context(), players.NewTenant{Name: "Demo", BotToken: "7001:x", BotID: 7001, BotUsername: "demo_bot"})
	require.NoError(t, err)

	create := func(tenant, email string, more ...string) (int, string, string) {
		return runProgram(t, append([]string{"operator", "create", "--tenant", tenant, "--email", email, "--name", "Ada"}, more...)...)
	}
	for says, try := range map[string]func() (int, string, string){
		tenant.PublicID + " (Demo)": func() (int, string, string) { return create("t_unknown", "ada@example.org") },
		"--email: ":                 func() (int, string, string) { return create(tenant.PublicID, "ada") },
		"--role: ":                  func() (int, string, string) { return create(tenant.PublicID, "ada@example.org", "--role", "king") },
		`"email" not set`: func() (int, string, string) {
			return runProgram(t, "operator", "create", "--tenant", tenant.PublicID, "--name", "Ada")
		},
		"FAIRGROUND_OPERATOR_PASSWORD: ": func() (int, string, string) {
			t.Setenv("FAIRGROUND_OPERATOR_PASSWORD", "short")
			defer t.Setenv("FAIRGROUND_OPERATOR_PASSWORD", "")
			return create(tenant.PublicID, "ada@example.org")
		},
	} {
		code, stdout, stderr := try()
		require.Equal(t, 1, code, says)
		require.Empty(t, stdout)
		require.Contains(t, stderr, says)
		require.NotContains(t, stderr, "short")
	}

	code, stdout, stderr := create(tenant.PublicID, "ada@example.org")
	require.Equal(t, 0, code, stderr)
	shown := regexp.MustCompile(`this once: (\S{32})`).FindStringSubmatch(stdout)
	require.Len(t, shown, 2, stdout)
	app, err := postgres.Open(t.Context(), db.AppURL, postgres.WithMaxConns(2))
	require.NoError(t, err)
	t.Cleanup(app.Close)
	staff := operators.New(operators.Config{DB: app, Box: box, Clock: clock.System()})
	_, err = staff.SignIn(t.Context(), operators.SignIn{Email: "ada@example.org", Password: shown[1]})
	require.NoError(t, err)
	code, _, stderr = create(tenant.PublicID, "bob@example.org")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "has an active owner")
}
