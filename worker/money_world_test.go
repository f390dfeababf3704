package worker_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairground/cashier"
	"fairground/cashier/gateway"
	"fairground/internal/clock"
	"fairground/internal/secret"
	"fairground/internal/temporal/temporaltest"
	"fairground/ledger"
	"fairground/models"
	"fairground/operators"
	"fairground/players"
	"fairground/worker"
	"fairground/workflows"
)

// bank is a world with a cashier: one group, one player with money, and a gateway that does as it is told.
type bank struct {
	*world
	cashier *cashier.Cashier
	gateway *teller
	account string
	address string
	clock   *shifted
}

const sandbox = "sbx"

func newBank(t *testing.T) *bank {
	t.Helper()
	b := &bank{world: newWorld(t, 1, 1), gateway: &teller{payouts: map[string]gateway.PayoutResult{}}, clock: &shifted{Clock: clock.System()}}
	box, err := secret.New(strings.Repeat("fairground", 4))
	require.NoError(t, err)
	b.cashier = cashier.New(cashier.Config{
		DB: b.db.DB, Ledger: ledger.New(b.db.DB), Players: players.New(b.db.DB, box, clock.System()), Box: box, Clock: clock.System(),
		Logger: temporaltest.Logger(), Kinds: map[string]gateway.Kind{"fake": {
			Title: "Fake", New: func(gateway.Settings) (gateway.Gateway, error) { return b.gateway, nil },
			Fields: func() []gateway.Field { return nil },
		}},
	})
	policy := cashier.DefaultPolicy(sandbox)
	policy.Enabled, policy.Cooldown, policy.AddressWait = true, 0, 0
	require.NoError(t, b.cashier.SeedPolicy(t.Context(), b.tenant, policy))
	account, err := b.cashier.SeedAccount(t.Context(), b.tenant, cashier.NewAccount{Kind: "fake", Title: "Fake", Assets: []string{sandbox}})
	require.NoError(t, err)
	b.account = account.ID
	a, err := b.cashier.AddAddress(t.Context(), cashier.AddressRequest{
		Tenant: b.tenant, Player: b.players[0], Gateway: b.account, Asset: sandbox, Label: "mine", Destination: "somewhere", Verification: b.verify(t, "address"),
	})
	require.NoError(t, err)
	b.address = a.ID
	b.topUp(t, "tx_start", 100_000)
	return b
}

// asOwner runs sql as the owner in a transaction of the tenant.
func (b *bank) asOwner(t *testing.T, sql string, args ...any) {
	t.Helper()
	require.NoError(t, pgx.BeginFunc(t.Context(), b.db.Owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `SELECT set_config('fairground.tenant', $1, true)`, fmt.Sprint(b.tenant)); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), sql, args...)
		return err
	}))
}

// verify gives the player a verification, as an entered PIN would.
func (b *bank) verify(t *testing.T, purpose string) string {
	t.Helper()
	token := secret.ID("v")
	b.asOwner(t, `INSERT INTO player_verifications (tenant_id, verification_check, player_id, purpose, expires_at)
		VALUES ($1, sha256(convert_to($2, 'UTF8')), $3, $4, clock_timestamp() + interval '5 minutes')`, b.tenant, token, b.players[0], purpose)
	return token
}

// notice has the gateway send word of a payment for a new intent.
func (b *bank) notice(t *testing.T, tx string, amount int64, state string) cashier.Deposit {
	t.Helper()
	d, err := b.cashier.CreateDeposit(t.Context(), cashier.DepositRequest{
		Tenant: b.tenant, Group: b.groups[0], Player: b.players[0], Account: b.account, Asset: sandbox, Amount: amount, Key: secret.ID("k"),
	})
	require.NoError(t, err)
	b.callback(t, gateway.Notice{Kind: gateway.NoticeDeposit, EventID: tx + state, Tx: tx, Intent: d.ID, Asset: sandbox, Amount: amount, Scale: 2, State: state, At: time.Now().UTC()})
	return d
}

func (b *bank) callback(t *testing.T, n gateway.Notice) {
	t.Helper()
	b.gateway.set(n)
	body, err := json.Marshal(n)
	require.NoError(t, err)
	require.NoError(t, b.cashier.ReceiveWebhook(t.Context(), b.account, nil, body))
}

// topUp credits a payment without any workflow.
func (b *bank) topUp(t *testing.T, tx string, amount int64) {
	t.Helper()
	b.notice(t, tx, amount, "confirmed")
	_, err := b.cashier.CreditDeposit(t.Context(), b.tenant, b.account, tx)
	require.NoError(t, err)
}

// request makes a withdrawal.
func (b *bank) request(t *testing.T, amount int64) cashier.Withdrawal {
	t.Helper()
	w, err := b.cashier.RequestWithdrawal(t.Context(), cashier.WithdrawalRequest{
		Tenant: b.tenant, Group: b.groups[0], Player: b.players[0], Asset: sandbox, Amount: amount, Address: b.address,
		Verification: b.verify(t, "withdraw"), Key: secret.ID("k"),
	})
	require.NoError(t, err)
	return w
}

// operator makes an operator who is signed in and stepped up.
func (b *bank) operator(t *testing.T, role models.Role) operators.Authority {
	t.Helper()
	proof := make([]byte, 32)
	_, err := rand.Read(proof)
	require.NoError(t, err)
	unique := sha256.Sum256(proof)
	a := operators.Authority{Tenant: b.tenant, OperatorID: secret.ID("o"), Roles: []models.Role{role}, Via: operators.ViaSession, Proof: proof, StepUpUntil: time.Now().Add(time.Hour)}
	require.NoError(t, b.db.Owner.QueryRow(t.Context(), `WITH o AS (INSERT INTO operators (tenant_id, public_id, email, email_key, name, roles, status, password_kdf, password_check, attest_check)
			VALUES ($1, $2, $2, $3, 'Op', $4, 'active', 'x', $3, $3) RETURNING operator_id)
		INSERT INTO operator_sessions (tenant_id, token_check, operator_id, method, expires_at, step_up_until)
		SELECT $1, sha256($5), operator_id, 'password', clock_timestamp() + interval '1 hour', clock_timestamp() + interval '1 hour' FROM o
		RETURNING operator_id`, b.tenant, a.OperatorID, unique[:], a.Roles, proof).Scan(&a.Operator))
	return a
}

// writes has an operator write a decision, of which the workflow is not told.
func (b *bank) writes(t *testing.T, a operators.Authority, id string, verdict cashier.Verdict) workflows.DecideMessage {
	t.Helper()
	w, err := b.cashier.Withdrawal(t.Context(), b.tenant, id)
	require.NoError(t, err)
	d := cashier.Decision{Withdrawal: id, Version: w.Version, Verdict: verdict, Key: secret.ID("k")}
	switch verdict { //nolint:exhaustive // the rest needs nothing more
	case cashier.VerdictReject, cashier.VerdictSendBack, cashier.VerdictPayFailed:
		d.ReasonCode = models.ReasonOther
	case cashier.VerdictPayConfirmed:
		d.GatewayRef = "receipt"
	}
	row, err := b.cashier.Decide(t.Context(), a, d)
	require.NoError(t, err)
	return workflows.DecideMessage{Withdrawal: id, Decision: row.ID, Stage: row.Stage, Operator: row.Operator}
}

// decides has an operator decide, as the API does.
func (b *bank) decides(t *testing.T, a operators.Authority, id string, verdict cashier.Verdict) {
	t.Helper()
	_, err := workflows.DecideWithdrawal(t.Context(), b.temporal, b.writes(t, a, id, verdict))
	require.NoError(t, err)
}

// reaches waits until a withdrawal has a status.
func (b *bank) reaches(t *testing.T, id string, want models.WithdrawalStatus) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		w, err := b.cashier.Withdrawal(t.Context(), b.tenant, id)
		require.NoError(c, err)
		require.Equal(c, want, w.Status)
	}, soon, 50*time.Millisecond)
}

func (b *bank) has(t *testing.T, want int64) {
	t.Helper()
	got, err := ledger.New(b.db.DB).Balance(t.Context(), b.tenant, b.groups[0], sandbox, b.players[0])
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func (b *bank) deps() worker.Deps {
	deps := b.world.deps()
	deps.Cashier, deps.Clock, deps.PayoutPatience = b.cashier, b.clock, 3*time.Second
	return deps
}

// balanced ends a test that moved money.
func (b *bank) balanced(t *testing.T) {
	t.Helper()
	b.clean(t)
	report, err := b.cashier.Audit(t.Context(), b.tenant)
	require.NoError(t, err)
	for _, c := range report.Checks {
		require.Zero(t, c.Offending, "%s: %s", c.Title, c.Rows)
	}
}

// shifted is a clock that a test sets forward.
type shifted struct {
	clock.Clock

	mu sync.Mutex
	by time.Duration
}

func (s *shifted) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Clock.Now().Add(s.by)
}

func (s *shifted) forward(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.by += d
}

// teller is a gateway that keeps payouts by key and says what it is told to.
type teller struct {
	mu       sync.Mutex
	payouts  map[string]gateway.PayoutResult
	deposits map[string]gateway.Notice
	first    gateway.PayoutState // of a new payout; empty: paid
}

// answers sets what the gateway says of new payouts.
func (g *teller) answers(state gateway.PayoutState) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.first = state
}

// becomes changes what the gateway says of a payout.
func (g *teller) becomes(key string, state gateway.PayoutState) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.payouts[key] = gateway.PayoutResult{State: state, Ref: "ref-" + key}
}

func (g *teller) set(n gateway.Notice) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.deposits == nil {
		g.deposits = map[string]gateway.Notice{}
	}
	g.deposits[n.Tx] = n
}

func (g *teller) Info() gateway.Info {
	return gateway.Info{Kind: "fake", Title: "Fake", Assets: []string{sandbox}, Payouts: true, Deposits: true, Webhooks: true}
}

func (g *teller) Payout(_ context.Context, r gateway.PayoutRequest) (gateway.PayoutResult, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.payouts[r.Key]; !ok {
		state := g.first
		if state == "" {
			state = gateway.PayoutPaid
		}
		g.payouts[r.Key] = gateway.PayoutResult{State: state, Ref: "ref-" + r.Key}
	}
	return g.payouts[r.Key], nil
}

func (g *teller) PayoutStatus(_ context.Context, key string) (gateway.PayoutResult, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if p, ok := g.payouts[key]; ok {
		return p, nil
	}
	return gateway.PayoutResult{}, gateway.ErrNotFound
}

func (g *teller) CreateDeposit(_ context.Context, r gateway.DepositRequest) (gateway.Instruction, error) {
	return gateway.Instruction{Ref: "ref-" + r.Intent, URL: "https://pay.example/" + r.Intent, ExpiresAt: r.ExpiresAt}, nil
}

func (g *teller) Deposit(_ context.Context, tx string) (gateway.Notice, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n, ok := g.deposits[tx]; ok {
		return n, nil
	}
	return gateway.Notice{}, gateway.ErrNotFound
}

func (g *teller) Refund(context.Context, gateway.RefundRequest) error { return gateway.ErrUnsupported }

func (g *teller) ParseWebhook(_ http.Header, body []byte, _ time.Time) ([]gateway.Notice, error) {
	var n gateway.Notice
	if err := json.Unmarshal(body, &n); err != nil {
		return nil, gateway.ErrMalformed
	}
	return []gateway.Notice{n}, nil
}

func (g *teller) Statement(context.Context, time.Time, time.Time, string) (gateway.Statement, error) {
	return gateway.Statement{}, gateway.ErrUnsupported
}
