package operators_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"fairground/internal/clock"
	"fairground/internal/secret"
	"fairground/internal/testdb"
	"fairground/models"
	"fairground/operators"
)

const (
	master   = "a master secret for tests, 32 bytes at least"
	password = "correct horse battery"
)

// bundle is a fresh database with one tenant that has an owner with a second factor, signed in and stepped up.
type bundle struct {
	*operators.Operators
	db       *testdb.DB
	clock    *clock.Fake
	tenant   int64
	tenantID string
	owner    operators.Authority
	ownerTok string
	device   string   // the owner's TOTP secret
	codes    []string // the owner's recovery codes
}

func newBundle(t *testing.T) *bundle {
	t.Helper()
	return newBundleWith(t, operators.OIDC{})
}

func newBundleWith(t *testing.T, sso operators.OIDC) *bundle {
	t.Helper()
	db := testdb.New(t)
	box, err := secret.New(master)
	require.NoError(t, err)
	clk := clock.NewFake(clock.System().Now().Truncate(time.Minute))
	b := &bundle{Operators: operators.New(operators.Config{DB: db.DB, Box: box, Clock: clk, OIDC: sso}), db: db, clock: clk}
	b.tenant, b.tenantID = b.newTenant(t)
	b.create(t, "owner@example.org", models.RoleOwner)
	s := b.signIn(t, "owner@example.org", "")
	b.device, b.codes = b.enrol(t, s.Authority)
	b.owner, b.ownerTok = b.again(t, s.Token), s.Token
	require.True(t, b.owner.SteppedUp(clk.Now()))
	return b
}

func (b *bundle) newTenant(t *testing.T) (id int64, publicID string) {
	t.Helper()
	require.NoError(t, b.db.DB.Pool().QueryRow(t.Context(), `SELECT nextval('tenant_id_seq')`).Scan(&id))
	publicID = secret.ID("t")
	require.NoError(t, b.app(t, id, `INSERT INTO directory (kind, key, tenant_id) VALUES ('tenant', $2, $1)`, id, publicID))
	require.NoError(t, b.app(t, id, `WITH d AS (SELECT 1) INSERT INTO tenants (tenant_id, public_id, name) VALUES ($1, $2, 'Demo')`, id, publicID))
	return id, publicID
}

// app runs sql as the application role in a transaction of the tenant.
func (b *bundle) app(t *testing.T, tenant int64, sql string, args ...any) error {
	t.Helper()
	return b.db.DB.InTenant(t.Context(), tenant, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, sql, args...)
		return err
	})
}

// asOwner runs sql as the owner of the database, to age what the database's clock decides.
func (b *bundle) asOwner(t *testing.T, sql string, args ...any) {
	t.Helper()
	err := pgx.BeginFunc(t.Context(), b.db.Owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `SELECT set_config('fairground.tenant', $1, true)`, fmt.Sprint(b.tenant)); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), sql, args...)
		return err
	})
	require.NoError(t, err)
}

// create makes an operator before there is an owner.
func (b *bundle) create(t *testing.T, email string, roles ...models.Role) models.Operator {
	t.Helper()
	who, err := b.Create(t.Context(), operators.NewOperator{Tenant: b.tenant, Email: email, Name: "Ada", Password: password, Roles: roles})
	require.NoError(t, err)
	return who
}

// hire invites an operator with the roles, who takes it up.
func (b *bundle) hire(t *testing.T, email string, roles ...models.Role) operators.Session {
	t.Helper()
	token, _, err := b.Invite(t.Context(), b.owner, operators.Invitation{Email: email, Name: "Bob", Roles: roles, Reason: "new colleague"})
	require.NoError(t, err)
	s, err := b.Accept(t.Context(), token, password)
	require.NoError(t, err)
	return s
}

// hireFully is hire with a second factor; the session is stepped up.
func (b *bundle) hireFully(t *testing.T, email string, roles ...models.Role) (session operators.Session, device string) {
	t.Helper()
	s := b.hire(t, email, roles...)
	device, _ = b.enrol(t, s.Authority)
	s.Authority = b.again(t, s.Token)
	return s, device
}

func (b *bundle) signIn(t *testing.T, email, code string) operators.Session {
	t.Helper()
	s, err := b.SignIn(t.Context(), operators.SignIn{Email: email, Password: password, Code: code})
	require.NoError(t, err)
	return s
}

func (b *bundle) enrol(t *testing.T, a operators.Authority) (device string, codes []string) {
	t.Helper()
	e, err := b.EnrolTOTP(t.Context(), a, password)
	require.NoError(t, err)
	require.Contains(t, e.URL, "otpauth://totp/Fairground:")
	codes, err = b.ConfirmTOTP(t.Context(), a, b.code(t, e.Secret))
	require.NoError(t, err)
	require.Len(t, codes, 10)
	return e.Secret, codes
}

// code is what the device shows now.
func (b *bundle) code(t *testing.T, device string) string {
	t.Helper()
	code, err := totp.GenerateCode(device, b.clock.Now())
	require.NoError(t, err)
	return code
}

// nextCode lets half a minute pass first, so that the code was not used yet.
func (b *bundle) nextCode(t *testing.T, device string) string {
	t.Helper()
	b.clock.Advance(30 * time.Second)
	return b.code(t, device)
}

func (b *bundle) again(t *testing.T, token string) operators.Authority {
	t.Helper()
	a, err := b.Authenticate(t.Context(), token)
	require.NoError(t, err)
	return a
}

// stepDown ends every step-up of the tenant.
func (b *bundle) stepDown(t *testing.T) {
	t.Helper()
	b.asOwner(t, `UPDATE operator_sessions SET step_up_until = clock_timestamp() - interval '1 second'`)
}
