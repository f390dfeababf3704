package operators_test

import (
	"encoding/hex"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"fairground/internal/postgres"
	"fairground/models"
	"fairground/operators"
)

const denied = "42501"

func TestTheMatrixIsTheDatabases(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	rows, err := b.db.DB.Pool().Query(t.Context(), `SELECT role, array_agg(permission ORDER BY permission) FROM role_permissions GROUP BY role`)
	require.NoError(t, err)
	stored := map[models.Role][]operators.Permission{}
	var role string
	var list []string
	_, err = pgx.ForEachRow(rows, []any{&role, &list}, func() error {
		for _, p := range list {
			stored[models.Role(role)] = append(stored[models.Role(role)], operators.Permission(p))
		}
		return nil
	})
	require.NoError(t, err)
	want := operators.Matrix()
	require.Len(t, want, len(operators.Roles()))
	for role, permissions := range want {
		permissions = slices.Clone(permissions)
		slices.Sort(permissions)
		require.Equal(t, stored[role], permissions, role)
		for _, p := range permissions {
			require.Contains(t, operators.Permissions(), p)
		}
	}
	require.Len(t, stored, len(want))
}

func TestWhatEachRoleIsFor(t *testing.T) {
	t.Parallel()
	may := func(role models.Role, p operators.Permission) bool {
		return operators.Authority{Operator: 1, Roles: []models.Role{role}}.May(p)
	}
	require.True(t, may(models.RoleReviewer, operators.WithdrawalsReview))
	require.False(t, may(models.RoleReviewer, operators.WithdrawalsReviewFinal))
	require.True(t, may(models.RoleSeniorReviewer, operators.WithdrawalsReviewFinal))
	require.False(t, may(models.RoleFinance, operators.WithdrawalsReview))
	require.False(t, may(models.RoleSupport, operators.AdjustmentsApprove))
	for _, p := range operators.Matrix()[models.RoleAnalyst] {
		require.Regexp(t, `\.read$|^games\.draft$`, string(p)) // what is drafted does nothing by itself
	}
	require.False(t, operators.Authority{Roles: []models.Role{models.RoleOwner}}.May(operators.LogRead), "nobody")
	require.ErrorIs(t, operators.Authority{}.Allow(operators.LogRead), operators.ErrUnauthenticated)
}

func TestTheApplicationRoleWritesNoneOfIt(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	tables := []string{
		"operators", "operation_log", "role_permissions", "operator_sessions", "operator_keys", "operator_invitations", "operator_recovery_codes",
		"operator_link_codes", "operator_attempts",
	}
	for _, table := range tables {
		column := "tenant_id"
		switch table {
		case "role_permissions":
			column = "role"
		case "operator_attempts":
			column = "failures"
		}
		for _, sql := range []string{
			"INSERT INTO " + table + " DEFAULT VALUES", "UPDATE " + table + " SET " + column + " = " + column, "DELETE FROM " + table, "TRUNCATE " + table,
			"ALTER TABLE " + table + " DISABLE TRIGGER USER",
		} {
			require.Equal(t, denied, postgres.Code(b.app(t, b.tenant, sql)), sql)
		}
	}
	for _, call := range []string{
		`SELECT operation_note($1, 1, 'session', 'x', '', '', NULL, NULL, '', '')`,
		`SELECT operator_session($1, 1, '\x00', 'password', true, '')`,
		`SELECT operator_second($1, 1, 1, NULL, '\x00')`,
		`SELECT operator_add($1, 'active', '{}')`,
		`SELECT * FROM operator_acting($1, 'session', '\x00', NULL, false)`,
	} {
		require.Equal(t, denied, postgres.Code(b.app(t, b.tenant, call, b.tenant)), call)
	}
	require.Equal(t, denied, postgres.Code(b.app(t, b.tenant, `DELETE FROM directory WHERE kind = 'operator'`)))
	// Not even the owner of the database rewrites the log.
	for _, sql := range []string{`UPDATE operation_log SET reason = 'x'`, `DELETE FROM operation_log`, `TRUNCATE operation_log`} {
		_, err := b.db.Owner.Exec(t.Context(), sql)
		require.ErrorContains(t, err, "append-only", sql)
	}
}

// Whoever reads the tables as the application role, without the master secret, finds nothing that acts.
func TestAReadRowIsNoProof(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	code, err := b.LinkCode(t.Context(), b.owner)
	require.NoError(t, err)
	_, err = b.LinkTelegram(t.Context(), b.tenant, 42, code)
	require.NoError(t, err)
	_, _, err = b.CreateKey(t.Context(), b.owner, operators.NewKey{
		Name: "k", Reason: "x", Scopes: []operators.Permission{operators.OperatorsManage, operators.ScopeStepUp},
	})
	require.NoError(t, err)

	var session, key, telegram, check, attest, email []byte
	require.NoError(t, b.db.DB.Call(t.Context(), b.tenant, `
		SELECT (SELECT token_check FROM operator_sessions WHERE revoked_at IS NULL LIMIT 1), (SELECT token_check FROM operator_keys LIMIT 1),
		       telegram_check, password_check, attest_check, email_key FROM operators WHERE 'owner' = ANY (roles)`, nil,
		&session, &key, &telegram, &check, &attest, &email))
	ask := func(sql string, args ...any) string {
		var code string
		require.NoError(t, b.db.DB.Call(t.Context(), b.tenant, sql, args, &code))
		return code
	}
	for via, proofs := range map[operators.Via][][]byte{
		operators.ViaSession: {session, nil, {}}, operators.ViaKey: {key, nil}, operators.ViaTelegram: {telegram, []byte("42"), nil}, "": {session},
	} {
		for _, proof := range proofs {
			require.Equal(t, "operators.unauthenticated", ask(`SELECT api_operator_status($1, $2, $3, $4, true, 'x', '')->>'code'`,
				b.tenant, string(via), proof, b.owner.OperatorID), "%s %x", via, proof)
		}
	}
	for _, guess := range [][]byte{check, nil, {}} {
		require.Equal(t, "operators.invalid_credentials", ask(`SELECT api_operator_sign_in($1, $2, $3, false, 99999999999, NULL, $4, '\x01', '')->>'code'`,
			b.tenant, email, guess, attest))
	}
	require.Equal(t, "operators.invalid_credentials", ask(`SELECT api_operator_sign_in_oidc($1, $2, $3, '\x01', '')->>'code'`, b.tenant, email, attest))
	// A signed-in operator with a console of the database can't step up without the master secret either.
	b.stepDown(t)
	require.Equal(t, "operators.wrong_code", ask(`SELECT api_operator_step_up($1, 'session', $2, 99999999999, NULL, $3, '')->>'code'`,
		b.tenant, b.owner.Proof, attest))
	// Nor does the owner's proof work in another tenant.
	other, _ := b.newTenant(t)
	err = b.app(t, b.tenant, `SELECT api_operator_status($1, 'session', $2, 'o_x', true, 'x', '')`, other, b.owner.Proof)
	require.Equal(t, denied, postgres.Code(err))
	var code2 string
	require.NoError(t, b.db.DB.Call(t.Context(), other, `SELECT api_operator_status($1, 'session', $2, 'o_x', true, 'x', '')->>'code'`, []any{other, b.owner.Proof}, &code2))
	require.Equal(t, "operators.unauthenticated", code2)
	// The directory, which every tenant reads, holds no e-mail.
	var plain int
	require.NoError(t, b.db.DB.Pool().QueryRow(t.Context(), `SELECT count(*) FROM directory WHERE kind = 'operator' AND (key LIKE '%@%' OR key <> $1)`,
		hex.EncodeToString(email)).Scan(&plain))
	require.Zero(t, plain)
}

func TestTheLogTellsWhoDidWhat(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	ctx := t.Context()
	bob := b.hire(t, "bob@example.org", models.RoleReviewer)
	him := bob.Authority.OperatorID
	acting := b.owner
	acting.RequestID = "req-1"
	require.NoError(t, b.SetRoles(ctx, acting, him, []models.Role{models.RoleFinance}, "moves to finance"))
	page, err := b.Log(ctx, b.owner, operators.LogFilter{Action: "operator.roles"})
	require.NoError(t, err)
	require.Len(t, page.Entries, 1)
	e := page.Entries[0]
	require.Equal(t, operators.LogEntry{
		ID: e.ID, At: e.At, Operator: b.owner.OperatorID, OperatorName: "Ada", Via: operators.ViaSession, Action: "operator.roles", SubjectKind: "operator",
		Subject: him, Before: e.Before, After: e.After, Reason: "moves to finance", RequestID: "req-1",
	}, e)
	require.JSONEq(t, `{"roles": ["reviewer"]}`, string(e.Before))
	require.JSONEq(t, `{"roles": ["finance"]}`, string(e.After))

	var seen []int64
	f := operators.LogFilter{Limit: 2}
	for {
		page, err := b.Log(ctx, b.owner, f)
		require.NoError(t, err)
		for _, e := range page.Entries {
			seen = append(seen, e.ID)
		}
		if page.Next == "" {
			break
		}
		f.Cursor = page.Next
	}
	require.True(t, slices.IsSortedFunc(seen, func(a, b int64) int { return int(b - a) }))
	all, err := b.Log(ctx, b.owner, operators.LogFilter{Limit: 200})
	require.NoError(t, err)
	require.Len(t, all.Entries, len(seen))
	for _, f := range []operators.LogFilter{
		{Operator: him}, {Subject: him}, {Action: "operator."}, {Since: e.At.Add(-time.Hour), Until: e.At.Add(time.Hour)},
	} {
		page, err := b.Log(ctx, b.owner, f)
		require.NoError(t, err)
		require.NotEmpty(t, page.Entries, f)
	}
	for _, f := range []operators.LogFilter{{Operator: "o_none"}, {Action: "operator"}, {Until: e.At.Add(-time.Hour)}} {
		page, err := b.Log(ctx, b.owner, f)
		require.NoError(t, err)
		require.Empty(t, page.Entries, f)
	}
	_, err = b.Log(ctx, b.owner, operators.LogFilter{Cursor: "x"})
	require.Equal(t, operators.CodeInvalid, models.CodeOf(err))
	_, err = b.Log(ctx, bob.Authority, operators.LogFilter{})
	require.ErrorIs(t, err, operators.ErrForbidden)
	for _, e := range all.Entries {
		require.NotContains(t, string(e.After)+string(e.Before), password)
	}
}

func TestNothingSecretIsStoredPlain(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	var rows string
	require.NoError(t, b.db.DB.Call(t.Context(), b.tenant, `SELECT (SELECT jsonb_agg(o)::text FROM operators o) || (SELECT jsonb_agg(s)::text FROM operator_sessions s)
		|| (SELECT jsonb_agg(c)::text FROM operator_recovery_codes c) || (SELECT jsonb_agg(l)::text FROM operation_log l)`, nil, &rows))
	for _, plain := range []string{b.device, b.ownerTok, b.codes[0], password} {
		require.NotContains(t, rows, plain)
		require.NotContains(t, rows, hex.EncodeToString([]byte(plain)))
	}
}
