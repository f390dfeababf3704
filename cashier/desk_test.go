package cashier_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"fairground/cashier"
	"fairground/internal/clock"
	"fairground/internal/secret"
	"fairground/internal/testdb"
	"fairground/ledger"
	"fairground/models"
	"fairground/operators"
	"fairground/players"
)

// desk is a tenant with a group, two players with 100 points each, and staff who are signed in and stepped up.
type desk struct {
	*cashier.Cashier
	ops                    *operators.Operators
	db                     *testdb.DB
	ledger                 *ledger.Ledger
	tenant, group          int64
	players                []int64
	owner, finance, second operators.Authority
	support, analyst       operators.Authority
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	db := testdb.New(t)
	box, err := secret.New("a master secret for tests, 32 bytes at least")
	require.NoError(t, err)
	clk := clock.System()
	d := &desk{db: db, ledger: ledger.New(db.DB), ops: operators.New(operators.Config{DB: db.DB, Box: box, Clock: clk})}
	d.Cashier = cashier.New(cashier.Config{
		DB: db.DB, Ledger: d.ledger, Players: players.New(db.DB, box, clk), Box: box, Clock: clk, Logger: slog.New(slog.DiscardHandler),
	})
	d.makeTenant(t)
	made := map[string]models.Role{
		"finance": models.RoleFinance, "second": models.RoleFinance, "support": models.RoleSupport, "analyst": models.RoleAnalyst,
	}
	for name, role := range made {
		d.hire(t, name, role)
	}
	d.hire(t, "owner", models.RoleOwner)
	d.owner, d.finance, d.second = d.arrive(t, "owner"), d.arrive(t, "finance"), d.arrive(t, "second")
	d.support, d.analyst = d.arrive(t, "support"), d.arrive(t, "analyst")
	for i := range d.players {
		_, err := d.ledger.Grant(t.Context(), ledger.GrantRequest{Tenant: d.tenant, Group: d.group, Player: d.players[i], Amount: 100, Key: secret.ID("k"), Kind: "welcome"})
		require.NoError(t, err)
	}
	return d
}

func (d *desk) makeTenant(t *testing.T) {
	t.Helper()
	require.NoError(t, d.db.DB.Pool().QueryRow(t.Context(), `SELECT nextval('tenant_id_seq')`).Scan(&d.tenant))
	public := secret.ID("t")
	err := d.db.DB.InTenant(t.Context(), d.tenant, func(ctx context.Context, tx pgx.Tx) error {
		for _, sql := range []string{
			`INSERT INTO tenants (tenant_id, public_id, name) VALUES ($1, $2, $2)`, `INSERT INTO directory (kind, key, tenant_id) VALUES ('tenant', $2, $1)`,
		} {
			if _, err := tx.Exec(ctx, sql, d.tenant, public); err != nil {
				return err
			}
		}
		if err := tx.QueryRow(ctx, `INSERT INTO groups (tenant_id, public_id, chat_id, status) VALUES ($1, $2, $1, 'active') RETURNING group_id`,
			d.tenant, secret.ID("g")).Scan(&d.group); err != nil {
			return err
		}
		d.players = make([]int64, 2)
		for i := range d.players {
			if err := tx.QueryRow(ctx, `INSERT INTO players (tenant_id, public_id, telegram_id) VALUES ($1, $2, $3) RETURNING player_id`,
				d.tenant, secret.ID("p"), i+1).Scan(&d.players[i]); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, err)
}

const deskPassword = "correct horse battery"

func (d *desk) hire(t *testing.T, name string, role models.Role) {
	t.Helper()
	_, err := d.ops.Create(t.Context(), operators.NewOperator{
		Tenant: d.tenant, Email: name + "@example.org", Name: name, Password: deskPassword, Roles: []models.Role{role},
	})
	require.NoError(t, err)
}

// arrive signs in and enrols a device, which steps up.
func (d *desk) arrive(t *testing.T, name string) operators.Authority {
	t.Helper()
	s, err := d.ops.SignIn(t.Context(), operators.SignIn{Email: name + "@example.org", Password: deskPassword})
	require.NoError(t, err)
	e, err := d.ops.EnrolTOTP(t.Context(), s.Authority, deskPassword)
	require.NoError(t, err)
	code, err := totp.GenerateCode(e.Secret, clock.System().Now())
	require.NoError(t, err)
	_, err = d.ops.ConfirmTOTP(t.Context(), s.Authority, code)
	require.NoError(t, err)
	s.Authority.RequestID = "req-" + name
	return s.Authority
}

func (d *desk) asOwner(t *testing.T, sql string, args ...any) error {
	t.Helper()
	return pgx.BeginFunc(t.Context(), d.db.Owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `SELECT set_config('fairground.tenant', $1, true)`, fmt.Sprint(d.tenant)); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), sql, args...)
		return err
	})
}

// stepDown ends every step-up.
func (d *desk) stepDown(t *testing.T) {
	t.Helper()
	require.NoError(t, d.asOwner(t, `UPDATE operator_sessions SET step_up_until = NULL`))
}

func (d *desk) has(t *testing.T, i int, want int64) {
	t.Helper()
	got, err := d.ledger.Balance(t.Context(), d.tenant, d.group, ledger.Points, d.players[i])
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func (d *desk) ask(amount int64) cashier.AdjustmentRequest {
	return cashier.AdjustmentRequest{
		Group: d.group, Player: d.players[0], Asset: ledger.Points, Amount: amount, ReasonCode: "COMPENSATION", Reason: "a round went wrong", Key: secret.ID("k"),
	}
}
