package cashier_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"fairground/cashier"
	"fairground/cashier/gateway"
	"fairground/internal/clock"
	"fairground/internal/postgres"
	"fairground/internal/secret"
	"fairground/internal/testdb"
	"fairground/ledger"
	"fairground/ledger/ledgertest"
	"fairground/models"
	"fairground/operators"
	"fairground/players"
)

const asset = "sbx"

// world is a tenant with an active group, players with money, operators of each role and a gateway account.
type world struct {
	*cashier.Cashier
	db            *testdb.DB
	ledger        *ledger.Ledger
	players       *players.Players
	gateway       *fakeGateway
	account       string
	tenant, group int64
	people        []int64
	addresses     []string
}

func newWorld(t *testing.T, people int) *world {
	t.Helper()
	db := testdb.New(t, postgres.WithMaxConns(16))
	box, err := secret.New("0123456789abcdef0123456789abcdef")
	require.NoError(t, err)
	w := &world{db: db, ledger: ledger.New(db.DB), players: players.New(db.DB, box, clock.System()), gateway: newFakeGateway()}
	w.Cashier = cashier.New(cashier.Config{
		DB: db.DB, Ledger: w.ledger, Players: w.players, Box: box, Clock: clock.System(), Logger: slog.New(slog.DiscardHandler),
		Kinds: map[string]gateway.Kind{"fake": w.gateway.kind()},
	})
	w.makeTenant(t, people)
	w.account = w.addGateway(t)
	w.setPolicy(t, nil)
	for i := range w.people {
		w.addresses = append(w.addresses, w.address(t, i, fmt.Sprintf("destination-%d", i)))
	}
	return w
}

func (w *world) makeTenant(t *testing.T, people int) {
	t.Helper()
	require.NoError(t, w.db.DB.Pool().QueryRow(t.Context(), `SELECT nextval('tenant_id_seq')`).Scan(&w.tenant))
	err := w.db.DB.InTenant(t.Context(), w.tenant, func(ctx context.Context, tx pgx.Tx) error {
		public := secret.ID("t")
		if _, err := tx.Exec(ctx, `INSERT INTO tenants (tenant_id, public_id, name) VALUES ($1, $2, $2)`, w.tenant, public); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO directory (kind, key, tenant_id) VALUES ('tenant', $2, $1)`, w.tenant, public); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `INSERT INTO groups (tenant_id, public_id, chat_id, status) VALUES ($1, $2, $1, 'active') RETURNING group_id`,
			w.tenant, secret.ID("g")).Scan(&w.group); err != nil {
			return err
		}
		for i := range people {
			var id int64
			if err := tx.QueryRow(ctx, `INSERT INTO players (tenant_id, public_id, telegram_id, name) VALUES ($1, $2, $3, $4) RETURNING player_id`,
				w.tenant, secret.ID("p"), 1000+i, fmt.Sprintf("Player %d", i)).Scan(&id); err != nil {
				return err
			}
			w.people = append(w.people, id)
		}
		return nil
	})
	require.NoError(t, err)
}

// asOwner runs sql as the owner in a transaction of the tenant.
func (w *world) asOwner(t *testing.T, sql string, args ...any) {
	t.Helper()
	require.NoError(t, w.tryAsOwner(t, sql, args...))
}

func (w *world) tryAsOwner(t *testing.T, sql string, args ...any) error {
	t.Helper()
	return pgx.BeginFunc(t.Context(), w.db.Owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `SELECT set_config('fairground.tenant', $1, true)`, fmt.Sprint(w.tenant)); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), sql, args...)
		return err
	})
}

// asApp runs sql as the application role in a transaction of the tenant.
func (w *world) asApp(t *testing.T, sql string, args ...any) error {
	t.Helper()
	return w.db.DB.InTenant(t.Context(), w.tenant, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, sql, args...)
		return err
	})
}

// setPolicy stores a policy without waiting periods, changed by edit, as the installation.
func (w *world) setPolicy(t *testing.T, edit func(*cashier.Policy)) {
	t.Helper()
	p := cashier.DefaultPolicy(asset)
	p.Enabled, p.Cooldown, p.AddressWait = true, 0, 0
	if edit != nil {
		edit(&p)
	}
	w.asOwner(t, `SELECT cash_policy_put($1, jsonb_build_object('asset', $2::text, 'enabled', $3::boolean, 'min_amount', $4::bigint, 'max_amount', $5::bigint,
		'daily_amount', $6::bigint, 'auto_below', $7::bigint, 'single_below', $8::bigint, 'step_up_above', $9::bigint, 'claim_for', 900,
		'escalate_after', 14400, 'expire_after', 86400, 'kyc_level', 0, 'min_age', 0, 'markets', '[]'::jsonb,
		'credential_cooldown', $10::float8, 'address_wait', $11::float8), NULL)`,
		w.tenant, p.Asset, p.Enabled, p.MinAmount, p.MaxAmount, p.DailyAmount, p.AutoBelow, p.SingleBelow, p.StepUpAbove, p.Cooldown.Seconds(), p.AddressWait.Seconds())
}

// fund gives player number i money out of the gateway's clearing account, as a deposit would.
func (w *world) fund(t *testing.T, i int, amount int64) {
	t.Helper()
	key := secret.ID("k")
	w.asOwner(t, `WITH r AS (SELECT * FROM ledger_apply($1, 'test.fund', $2, ARRAY[ledger_account($1, $3, $4, 'clearing', $5)],
			ARRAY[ledger_account($1, $3, $4, 'player', $6)], ARRAY[$7::bigint]))
		SELECT ledger_remember($1, 'test', $2, '', r.o_transfer, '{"code": "ok"}') FROM r`,
		w.tenant, key, w.group, asset, w.account, fmt.Sprint(w.people[i]), amount)
}

// address adds a destination for player number i.
func (w *world) address(t *testing.T, i int, destination string) string {
	t.Helper()
	a, err := w.AddAddress(t.Context(), cashier.AddressRequest{
		Tenant: w.tenant, Player: w.people[i], Gateway: w.account, Asset: asset, Label: "Mine", Destination: destination,
		Verification: w.verify(t, i, "address"),
	})
	require.NoError(t, err)
	return a.ID
}

// asking is a request of player number i with a fresh verification and key.
func (w *world) asking(t *testing.T, i int, amount int64) cashier.WithdrawalRequest {
	t.Helper()
	return cashier.WithdrawalRequest{
		Tenant: w.tenant, Group: w.group, Player: w.people[i], Asset: asset, Amount: amount, Address: w.addresses[i],
		Verification: w.verify(t, i, "withdraw"), Key: secret.ID("k"),
	}
}

// request makes a withdrawal of player number i.
func (w *world) request(t *testing.T, i int, amount int64) cashier.Withdrawal {
	t.Helper()
	got, err := w.RequestWithdrawal(t.Context(), w.asking(t, i, amount))
	require.NoError(t, err)
	return got
}

// begun makes a withdrawal and sends it to its first review.
func (w *world) begun(t *testing.T, i int, amount int64) cashier.Withdrawal {
	t.Helper()
	id := w.request(t, i, amount).ID
	_, err := w.Begin(t.Context(), w.tenant, id)
	require.NoError(t, err)
	return w.get(t, id)
}

// approved makes a withdrawal and has two people approve it.
func (w *world) approved(t *testing.T, i int, amount int64) cashier.Withdrawal {
	t.Helper()
	wd := w.begun(t, i, amount)
	wd = w.decide(t, w.operator(t, models.RoleReviewer), wd, cashier.VerdictApprove)
	return w.decide(t, w.operator(t, models.RoleSeniorReviewer), wd, cashier.VerdictApprove)
}

func (w *world) get(t *testing.T, id string) cashier.Withdrawal {
	t.Helper()
	got, err := w.Withdrawal(t.Context(), w.tenant, id)
	require.NoError(t, err)
	return got
}

// saying is a decision on a withdrawal as it was read, with a fresh key.
func saying(wd cashier.Withdrawal, verdict cashier.Verdict) cashier.Decision {
	d := cashier.Decision{Withdrawal: wd.ID, Version: wd.Version, Verdict: verdict, Key: secret.ID("k")}
	switch verdict {
	case cashier.VerdictReject, cashier.VerdictSendBack, cashier.VerdictPayFailed:
		d.ReasonCode, d.Reason = models.ReasonOther, "because"
	case cashier.VerdictPayConfirmed:
		d.GatewayRef = "receipt 1"
	case cashier.VerdictApprove, cashier.VerdictRetry:
	}
	return d
}

// decide writes a decision and applies it.
func (w *world) decide(t *testing.T, a operators.Authority, wd cashier.Withdrawal, verdict cashier.Verdict) cashier.Withdrawal {
	t.Helper()
	row, err := w.Decide(t.Context(), a, saying(wd, verdict))
	require.NoError(t, err)
	_, err = w.Apply(t.Context(), w.tenant, wd.ID, row.ID)
	require.NoError(t, err)
	return w.get(t, wd.ID)
}

// operator makes an operator of a role who is signed in and stepped up.
func (w *world) operator(t *testing.T, roles ...models.Role) operators.Authority {
	t.Helper()
	proof := make([]byte, 32)
	_, err := rand.Read(proof)
	require.NoError(t, err)
	unique := sha256.Sum256(proof)
	a := operators.Authority{
		Tenant: w.tenant, OperatorID: secret.ID("o"), Name: "Op", Roles: roles, Via: operators.ViaSession, Proof: proof,
		StepUpUntil: time.Now().Add(time.Hour), RequestID: "req",
	}
	err = w.db.Owner.QueryRow(t.Context(), `WITH o AS (INSERT INTO operators (tenant_id, public_id, email, email_key, name, roles, status, password_kdf, password_check, attest_check)
			VALUES ($1, $2, $2, $3, 'Op', $4, 'active', 'x', $3, $3) RETURNING operator_id)
		INSERT INTO operator_sessions (tenant_id, token_check, operator_id, method, expires_at, step_up_until)
		SELECT $1, sha256($5), operator_id, 'password', clock_timestamp() + interval '1 hour', clock_timestamp() + interval '1 hour' FROM o
		RETURNING operator_id`, w.tenant, a.OperatorID, unique[:], roles, proof).Scan(&a.Operator)
	require.NoError(t, err)
	return a
}

// stepDown ends the operator's step-up.
func (w *world) stepDown(t *testing.T, a operators.Authority) {
	t.Helper()
	w.asOwner(t, `UPDATE operator_sessions SET step_up_until = NULL WHERE tenant_id = $1 AND token_check = sha256($2)`, w.tenant, a.Proof)
}

// has requires what player number i can spend and what is withheld.
func (w *world) has(t *testing.T, i int, free, withheld int64) {
	t.Helper()
	got, err := w.ledger.Balance(t.Context(), w.tenant, w.group, asset, w.people[i])
	require.NoError(t, err)
	require.Equal(t, free, got, "balance")
	got, err = w.ledger.AccountBalance(t.Context(), w.tenant, w.group, asset,
		ledger.AccountRef{Purpose: ledger.PurposeWithheld, Owner: fmt.Sprint(w.people[i])})
	require.NoError(t, err)
	require.Equal(t, withheld, got, "withheld")
}

// clean ends a test that moved money.
func (w *world) clean(t *testing.T) {
	t.Helper()
	ledgertest.Clean(t, w.db)
	report, err := w.Audit(t.Context(), w.tenant)
	require.NoError(t, err)
	for _, c := range report.Checks {
		require.Zero(t, c.Offending, "%s, %s: %s", c.Name, c.Title, c.Rows)
	}
}
