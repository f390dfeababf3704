package providers_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"fairground/internal/clock"
	"fairground/internal/postgres"
	"fairground/internal/secret"
	"fairground/internal/testdb"
	"fairground/ledger"
	"fairground/ledger/ledgertest"
	"fairground/models"
	"fairground/operators"
	"fairground/providers"
	"fairground/providers/seamless"
)

const (
	master     = "0123456789abcdef0123456789abcdef"
	maxLateWin = time.Hour
)

// world is a tenant with an active group, players with 1,000 points each and a provider with a game.
type world struct {
	*providers.Providers
	db            *testdb.DB
	ledger        *ledger.Ledger
	tenant, group int64
	people        []int64
	provider      string
	secret        []byte
}

func newWorld(t *testing.T, people int) *world {
	t.Helper()
	db := testdb.New(t, postgres.WithMaxConns(16))
	w := &world{db: db, ledger: ledger.New(db.DB), Providers: newRoom(t, db)}
	w.makeTenant(t, people)
	w.provider, w.secret = w.addProvider(t, "Acme", providers.NewProvider{})
	return w
}

func newRoom(t *testing.T, db *testdb.DB) *providers.Providers {
	t.Helper()
	box, err := secret.New(master)
	require.NoError(t, err)
	return providers.New(providers.Config{DB: db.DB, Box: box, Clock: clock.System(), Logger: slog.New(slog.DiscardHandler)})
}

func (w *world) makeTenant(t *testing.T, people int) {
	t.Helper()
	require.NoError(t, w.db.DB.Pool().QueryRow(t.Context(), `SELECT nextval('tenant_id_seq')`).Scan(&w.tenant))
	w.people = nil
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
			if _, err := tx.Exec(ctx, `INSERT INTO members (tenant_id, group_id, player_id, status) VALUES ($1, $2, $3, 'member')`, w.tenant, w.group, id); err != nil {
				return err
			}
			w.people = append(w.people, id)
		}
		return nil
	})
	require.NoError(t, err)
	for _, id := range w.people {
		_, err := w.ledger.Grant(t.Context(), ledger.GrantRequest{Tenant: w.tenant, Group: w.group, Player: id, Amount: 1000, Key: secret.ID("k"), Kind: "welcome"})
		require.NoError(t, err)
	}
}

// addProvider makes a provider with the game "coin" for points, at most 500 a bet.
func (w *world) addProvider(t *testing.T, title string, n providers.NewProvider) (id string, key []byte) {
	t.Helper()
	owner := w.operator(t, models.RoleOwner)
	n.Title = title
	made, text, err := w.Add(t.Context(), owner, n)
	require.NoError(t, err)
	w.setGame(t, made.ID, providers.Game{Game: "coin", MaxStake: 500})
	return made.ID, []byte(text)
}

func (w *world) setGame(t *testing.T, provider string, g providers.Game) {
	t.Helper()
	g.Title, g.LaunchURL, g.Enabled = "Coin", "https://games.example/coin?theme=dark", true
	if g.Asset == "" {
		g.Asset = "points"
	}
	g.MinStake = max(g.MinStake, 1)
	_, err := w.SetGame(t.Context(), w.operator(t, models.RoleOwner), provider, g, "because")
	require.NoError(t, err)
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

// asOwner runs sql as the owner in a transaction of the tenant.
func (w *world) asOwner(t *testing.T, sql string, args ...any) {
	t.Helper()
	require.NoError(t, pgx.BeginFunc(t.Context(), w.db.Owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `SELECT set_config('fairground.tenant', $1, true)`, fmt.Sprint(w.tenant)); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), sql, args...)
		return err
	}))
}

// seat is a player in a game of a provider.
type seat struct {
	w        *world
	provider string
	secret   []byte
	token    string
	player   string
	id       int64
}

// launch opens a session of player number i.
func (w *world) launch(t *testing.T, i int) seat {
	t.Helper()
	return w.launchAt(t, i, w.provider, w.secret)
}

func (w *world) launchAt(t *testing.T, i int, provider string, key []byte) seat {
	t.Helper()
	made, err := w.Launch(t.Context(), providers.LaunchRequest{Tenant: w.tenant, Group: w.group, Player: w.people[i], Provider: provider, Game: "coin", Language: "en"})
	require.NoError(t, err)
	s := seat{w: w, provider: provider, secret: key, token: made.Token, id: w.people[i]}
	a := s.call(t, seamless.Authenticate, seamless.Request{Token: made.Token})
	require.Equal(t, seamless.OK, a.Code)
	s.player = a.Player
	return s
}

// expire ends the session's time.
func (s seat) expire(t *testing.T) {
	t.Helper()
	sum := sha256.Sum256([]byte(s.token))
	s.w.asOwner(t, `UPDATE provider_sessions SET expires_at = clock_timestamp() WHERE tenant_id = $1 AND token_check = sha256($2)`, s.w.tenant, sum[:])
}

// send signs and makes a call; it returns the bytes of the answer too.
func (s seat) send(t *testing.T, call seamless.Call, r seamless.Request) (seamless.Answer, string) {
	t.Helper()
	body, err := json.Marshal(r)
	require.NoError(t, err)
	return s.raw(t, s.w.Providers, call, seamless.Sign(s.provider, s.secret, call, time.Now(), seamless.NewNonce(), body), body)
}

func (s seat) raw(t *testing.T, room *providers.Providers, call seamless.Call, header http.Header, body []byte) (seamless.Answer, string) {
	t.Helper()
	reply := room.Call(t.Context(), call, header, body)
	var a seamless.Answer
	require.NoError(t, json.Unmarshal(reply.Body, &a), string(reply.Body))
	return a, string(reply.Body)
}

func (s seat) call(t *testing.T, call seamless.Call, r seamless.Request) seamless.Answer {
	t.Helper()
	a, _ := s.send(t, call, r)
	return a
}

func (s seat) betting(round string, amount int64) seamless.Request {
	return seamless.Request{Token: s.token, Player: s.player, Transaction: secret.ID("tx"), Round: round, Game: "coin", Asset: "points", Amount: &amount}
}

func (s seat) winning(bet seamless.Request, amount int64) seamless.Request {
	r := s.betting(bet.Round, amount)
	r.Reference = bet.Transaction
	return r
}

func (s seat) rollingBack(bet seamless.Request) seamless.Request {
	return seamless.Request{Token: s.token, Player: s.player, Transaction: secret.ID("tx"), Reference: bet.Transaction, Round: bet.Round, Game: "coin"}
}

func (s seat) closing(round string) seamless.Request {
	return seamless.Request{Token: s.token, Player: s.player, Round: round, Game: "coin"}
}

// has requires the player's balance.
func (s seat) has(t *testing.T, want int64) {
	t.Helper()
	got, err := s.w.ledger.Balance(t.Context(), s.w.tenant, s.w.group, "points", s.id)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// clean ends a test: the books balance, and a provider's clearing account is what its transactions say.
func (w *world) clean(t *testing.T) {
	t.Helper()
	w.ledgerClean(t)
	rows, err := w.db.Owner.Query(t.Context(), `SELECT provider_id FROM providers p CROSS JOIN LATERAL (
			SELECT coalesce(sum(CASE kind WHEN 'bet' THEN amount ELSE -amount END), 0) AS said FROM provider_transactions t
			 WHERE t.tenant_id = p.tenant_id AND t.provider_id = p.provider_id) s
		 CROSS JOIN LATERAL (SELECT coalesce(sum(ledger_derived(a.tenant_id, a.account_id)), 0) AS held FROM accounts a
			 WHERE a.tenant_id = p.tenant_id AND a.purpose = 'clearing' AND a.owner = p.provider_id) h WHERE s.said <> h.held`)
	require.NoError(t, err)
	off, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Empty(t, off, "clearing is not what the transactions say")
}

// ledgerClean ends a test where operators undid what a provider did: the provider's account is not what it said.
func (w *world) ledgerClean(t *testing.T) {
	t.Helper()
	ledgertest.Clean(t, w.db)
}
