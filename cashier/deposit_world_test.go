package cashier_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/cashier"
	"fairground/cashier/gateway"
	"fairground/cashier/gateway/cryptopay"
	"fairground/cashier/gateway/stars"
	"fairground/cashier/gateway/webhook"
	"fairground/internal/clock"
	"fairground/internal/postgres"
	"fairground/internal/secret"
	"fairground/internal/testdb"
	"fairground/ledger"
	"fairground/models"
	"fairground/players"
)

// payGateway takes deposits. Its callbacks are notices as JSON with a header for a signature.
type payGateway struct {
	*fakeGateway
	mu      sync.Mutex
	made    map[string]gateway.DepositRequest
	states  map[string]gateway.Notice // what Deposit answers
	refunds map[string]gateway.RefundRequest
	entries []gateway.Entry
	// fail decides what the next calls end with; nil is no failure.
	failCreate, failRefund error
}

func newPayGateway() *payGateway {
	return &payGateway{
		fakeGateway: newFakeGateway(), made: map[string]gateway.DepositRequest{}, states: map[string]gateway.Notice{},
		refunds: map[string]gateway.RefundRequest{},
	}
}

func (g *payGateway) Info() gateway.Info {
	return gateway.Info{Kind: "pay", Title: "Pay", Assets: []string{asset}, Deposits: true, Payouts: true, Refunds: true, Statements: true, Webhooks: true}
}

func (g *payGateway) CreateDeposit(_ context.Context, r gateway.DepositRequest) (gateway.Instruction, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.failCreate != nil {
		return gateway.Instruction{}, g.failCreate
	}
	g.made[r.Intent] = r
	return gateway.Instruction{Ref: "ref-" + r.Intent, URL: "https://pay.example/" + r.Intent, ExpiresAt: r.ExpiresAt}, nil
}

func (g *payGateway) Deposit(_ context.Context, tx string) (gateway.Notice, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n, ok := g.states[tx]; ok {
		return n, nil
	}
	return gateway.Notice{}, gateway.ErrNotFound
}

func (g *payGateway) Refund(_ context.Context, r gateway.RefundRequest) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.failRefund != nil {
		return g.failRefund
	}
	g.refunds[r.Key] = r
	return nil
}

func (g *payGateway) ParseWebhook(header http.Header, body []byte, _ time.Time) ([]gateway.Notice, error) {
	if header.Get("X-Signature") != "good" {
		return nil, gateway.ErrForged
	}
	var list []gateway.Notice
	if json.Unmarshal(body, &list) != nil {
		return nil, gateway.ErrMalformed
	}
	return list, nil
}

// Statement gives one entry a page.
func (g *payGateway) Statement(_ context.Context, from, to time.Time, cursor string) (gateway.Statement, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := 0
	_, _ = fmt.Sscan(cursor, &at)
	var s gateway.Statement
	for ; at < len(g.entries); at++ {
		if e := g.entries[at]; !e.At.Before(from) && e.At.Before(to) {
			s.Entries, s.Next = []gateway.Entry{e}, fmt.Sprint(at+1)
			break
		}
	}
	return s, nil
}

// till is a tenant whose players deposit.
type till struct {
	*world
	gate           *payGateway
	account, stars string
}

const starsPoints = 500 // for 50 Stars

func newTill(t *testing.T, people int) *till {
	t.Helper()
	return newTillAt(t, people, "https://fair.example")
}

// newTillAt is newTill with an address that gateways reach.
func newTillAt(t *testing.T, people int, public string) *till {
	t.Helper()
	db := testdb.New(t, postgres.WithMaxConns(12))
	box, err := secret.New("0123456789abcdef0123456789abcdef")
	require.NoError(t, err)
	gate := newPayGateway()
	w := &world{db: db, ledger: ledger.New(db.DB), players: players.New(db.DB, box, clock.System())}
	w.Cashier = cashier.New(cashier.Config{
		DB: db.DB, Ledger: w.ledger, Players: w.players, Box: box, Clock: clock.System(), Logger: slog.New(slog.DiscardHandler),
		PublicURL: public,
		Kinds: map[string]gateway.Kind{
			"pay": {
				Title: "Pay", New: func(gateway.Settings) (gateway.Gateway, error) { return gate, nil },
				Fields: func() []gateway.Field { return []gateway.Field{{Name: "secret", Secret: true}, {Name: "base_url"}} },
			},
			"stars":     {Title: "Stars", New: stars.New, Fields: stars.Fields},
			"webhook":   {Title: "Generic", New: webhook.New, Fields: webhook.Fields},
			"cryptopay": {Title: "Crypto Pay", New: cryptopay.New, Fields: cryptopay.Fields},
		},
	})
	w.makeTenant(t, people)
	w.asOwner(t, `INSERT INTO members (tenant_id, group_id, player_id, status) SELECT $1, $2, p, 'member' FROM unnest($3::bigint[]) AS p`, w.tenant, w.group, w.people)
	w.setPolicy(t, nil)
	till := &till{world: w, gate: gate}
	account, err := w.SeedAccount(t.Context(), w.tenant, cashier.NewAccount{Kind: "pay", Title: "Sandbox", Assets: []string{asset}, Values: map[string]string{"secret": "hush"}})
	require.NoError(t, err)
	till.account = account.ID
	account, err = w.SeedAccount(t.Context(), w.tenant, cashier.NewAccount{Kind: "stars", Title: "Stars", Assets: []string{"xtr"}, Values: map[string]string{"bot_username": "fair_bot"}})
	require.NoError(t, err)
	till.stars = account.ID
	require.NoError(t, w.SeedStars(t.Context(), w.tenant, []cashier.StarsPackage{{Stars: 50, Points: starsPoints}, {Stars: 100, Points: 1100}}))
	return till
}

// intent makes a deposit of player number i.
func (w *till) intent(t *testing.T, i int, amount int64) cashier.Deposit {
	t.Helper()
	d, err := w.CreateDeposit(t.Context(), cashier.DepositRequest{
		Tenant: w.tenant, Group: w.group, Player: w.people[i], Account: w.account, Asset: asset, Amount: amount, Key: secret.ID("k"),
	})
	require.NoError(t, err)
	return d
}

// paying is a confirmed notice of a payment that fits an intent.
func paying(d cashier.Deposit, tx string) gateway.Notice {
	return gateway.Notice{
		Kind: gateway.NoticeDeposit, EventID: secret.ID("e"), Tx: tx, Intent: d.ID, Asset: d.Asset, Amount: d.Amount, Scale: d.Scale,
		State: gateway.DepositConfirmed, At: time.Now(),
	}
}

// notify sends notices as one signed callback.
func (w *till) notify(t *testing.T, notices ...gateway.Notice) {
	t.Helper()
	require.NoError(t, w.tryNotify(t.Context(), w.account, notices...))
}

func (w *till) tryNotify(ctx context.Context, account string, notices ...gateway.Notice) error {
	body, err := json.Marshal(notices)
	if err != nil {
		return err
	}
	return w.ReceiveWebhook(ctx, account, http.Header{"X-Signature": {"good"}}, body)
}

// settle does what the workflow does.
func (w *till) settle(t *testing.T, tx string) cashier.DepositState {
	t.Helper()
	state, err := w.ConfirmDeposit(t.Context(), w.tenant, w.account, tx)
	require.NoError(t, err)
	if !state.Confirmed {
		return state
	}
	state, err = w.CreditDeposit(t.Context(), w.tenant, w.account, tx)
	require.NoError(t, err)
	return state
}

// paid sends the notices of one payment and does what the workflow does.
func (w *till) paid(t *testing.T, n gateway.Notice) cashier.DepositState {
	t.Helper()
	w.notify(t, n)
	return w.settle(t, n.Tx)
}

func (w *till) status(t *testing.T, id string, want models.DepositStatus) cashier.Deposit {
	t.Helper()
	d, err := w.Deposit(t.Context(), w.tenant, id)
	require.NoError(t, err)
	require.Equal(t, want, d.Status, "status of %s (%s)", id, d.Reason)
	return d
}

// items lists the open payments in quarantine.
func (w *till) items(t *testing.T, a ...models.QuarantineReason) []cashier.QuarantineItem {
	t.Helper()
	page, err := w.Quarantined(t.Context(), w.operator(t, models.RoleFinance), cashier.QuarantineFilter{Why: a})
	require.NoError(t, err)
	return page.Items
}

// points requires what player number i has of points.
func (w *till) points(t *testing.T, i int, want int64) {
	t.Helper()
	got, err := w.ledger.Balance(t.Context(), w.tenant, w.group, ledger.Points, w.people[i])
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// clearing requires what an account's clearing has paid out: a negative balance.
func (w *till) clearing(t *testing.T, of, owner string, want int64) {
	t.Helper()
	got, err := w.ledger.AccountBalance(t.Context(), w.tenant, w.group, of, ledger.AccountRef{Purpose: ledger.PurposeClearing, Owner: owner})
	require.NoError(t, err)
	require.Equal(t, -want, got, "clearing of %s", owner)
}
