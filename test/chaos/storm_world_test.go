package chaos

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"fairground/cashier"
	"fairground/internal/clock"
	"fairground/internal/localstack"
	"fairground/internal/postgres"
	"fairground/internal/secret"
	"fairground/ledger"
	"fairground/models"
	"fairground/operators"
	"fairground/players"
	"fairground/test/fixture"
)

const (
	stormAsset   = "sbx"
	stormPlayers = 20
	stormAmount  = 1000 // of the first withdrawal, in minor units; every one asks for one more than the last
)

// storm is a tenant of its own in a running stack: people who withdraw, people who review, and the sandbox gateway.
type storm struct {
	*world

	sandbox *api
	cashier *cashier.Cashier
	account string // the gateway account
	group   string
	players []*player
	desk    []*reviewer
	began   time.Time
}

func newStorm(t *testing.T) *storm {
	t.Helper()
	s := &storm{world: &world{Stack: start(t, "FAIRGROUND_PAYOUT_PATIENCE="+askPatience.String())}, began: time.Now()}
	all, err := s.Addresses()
	require.NoError(t, err)
	s.api, s.sandbox = newAPI(all["api"].URL), newAPI(all["gateway"].URL)
	s.db, err = postgres.Open(t.Context(), all["postgres"].AppURL, postgres.WithMaxConns(4))
	require.NoError(t, err)
	t.Cleanup(s.db.Close)
	master, err := localstack.ReadSecret(s.Dir)
	require.NoError(t, err)
	box, err := secret.New(master)
	require.NoError(t, err)

	people := players.New(s.db, box, clock.System())
	s.cashier = cashier.New(cashier.Config{
		DB: s.db, Ledger: ledger.New(s.db), Players: people, Box: box, Clock: clock.System(), Logger: slog.New(slog.DiscardHandler),
		PublicURL: all["api"].URL, Kinds: cashier.Kinds(),
	})
	ids := s.people(t, all["postgres"].URL)
	s.open(t, all["gateway"].URL)
	s.hire(t, operators.New(operators.Config{DB: s.db, Box: box, Clock: clock.System()}))
	for i, id := range ids {
		code, err := people.CreateLoginCode(t.Context(), s.tenant.ID, id)
		require.NoError(t, err)
		s.players = append(s.players, &player{id: id, n: i, token: s.api.login(t, code)})
	}
	s.wish()
	s.equip(t)
	return s
}

// people makes the tenant with its group and players.
func (s *storm) people(t *testing.T, ownerURL string) []int64 {
	t.Helper()
	owner, err := pgxpool.New(t.Context(), ownerURL)
	require.NoError(t, err)
	defer owner.Close()
	w, err := fixture.Build(t.Context(), s.db, owner, fixture.Options{Players: stormPlayers, Points: -1})
	require.NoError(t, err)
	s.tenant = models.Tenant{ID: w.Tenant}
	s.group = collect(t, s.world, `SELECT public_id FROM groups WHERE tenant_id = $1`, pgx.RowTo[string], w.Tenant)[0]
	return w.Players
}

// open turns the sandbox asset on and connects the gateway as the demo tenant's is.
func (s *storm) open(t *testing.T, gatewayURL string) {
	t.Helper()
	policy := cashier.DefaultPolicy(stormAsset)
	policy.Enabled, policy.AddressWait, policy.Cooldown = true, 0, 0
	require.NoError(t, s.cashier.SeedPolicy(t.Context(), s.tenant.ID, policy))
	account, err := s.cashier.SeedAccount(t.Context(), s.tenant.ID, cashier.NewAccount{
		Kind: "webhook", Title: "Sandbox", Assets: []string{stormAsset},
		Values: map[string]string{"base_url": gatewayURL + "/v1", "secret": s.gatewaySecret(t)},
	})
	require.NoError(t, err)
	s.account = account.ID
}

// hire makes the two reviewers and the one who resolves what nobody knows, each with a second factor.
func (s *storm) hire(t *testing.T, room *operators.Operators) {
	t.Helper()
	for _, o := range []*reviewer{
		{name: "first", role: models.RoleReviewer, stage: models.WithdrawalInitialReview},
		{name: "second", role: models.RoleSeniorReviewer, stage: models.WithdrawalSecondaryReview},
		{name: "finance", role: models.RoleFinance, stage: models.WithdrawalUnknown},
	} {
		o.email, o.password = o.name+"@storm.example", secret.ID("pw")+"Aa1!"
		_, err := room.Create(t.Context(), operators.NewOperator{
			Tenant: s.tenant.ID, Email: o.email, Name: o.name, Password: o.password, Roles: []models.Role{o.role},
		})
		require.NoError(t, err)
		o.signIn(t, s.api)
		s.desk = append(s.desk, o)
	}
}

// wish deals the withdrawals out. Beyond the payouts a tenth is asked for and taken back or rejected; a few of the payouts go
// where the gateway refuses to pay.
func (s *storm) wish() {
	for n := range stormPayouts + stormPayouts/10 {
		w := wish{n: n, amount: stormAmount + int64(n), fate: pay}
		switch {
		case n >= stormPayouts && n%2 == 0:
			w.fate = takeBack
		case n >= stormPayouts:
			w.fate = reject
		case n%40 == 7:
			w.fate = refuse
		}
		p := s.players[n%len(s.players)]
		p.wishes = append(p.wishes, w)
	}
}

// equip gives every player a PIN, two addresses and enough money, through the gateway as anybody would.
func (s *storm) equip(t *testing.T) {
	t.Helper()
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(4)
	for _, p := range s.players {
		group.Go(func() error {
			if err := p.equip(ctx, s); err != nil {
				return fmt.Errorf("player %d: %w", p.n, err)
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
}

// request is one call of the API.
type request struct {
	method, path, token, key string
	in                       any
}

// must sends a request until it is answered, and reads an answer that has to be good.
func (a *api) must(ctx context.Context, r request, out any) error {
	got := a.surely(ctx, r.method, r.path, r.token, r.key, r.in)
	if got.status < 200 || got.status > 299 {
		return fmt.Errorf("%s %s: %d %s", r.method, r.path, got.status, got.body)
	}
	if out == nil || got.status == http.StatusNoContent {
		return nil
	}
	return got.into(out)
}
