package api_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/api"
	"fairground/cashier"
	"fairground/games"
	"fairground/internal/clock"
	"fairground/internal/redis"
	"fairground/internal/secret"
	"fairground/internal/testdb"
	"fairground/ledger"
	"fairground/ledger/ledgertest"
	"fairground/models"
	"fairground/operators"
	"fairground/players"
	"fairground/providers"
	"fairground/workflows"
)

// Telegram's ids and names of the fixture; no public answer may show one.
const (
	botToken   = "7001:TEST-token"
	chatID     = -1004242424242
	adaID      = 511111111
	bobID      = 522222222
	eveID      = 533333333
	malloryID  = 544444444
	adaName    = "Ada Telegramname"
	adaUser    = "ada_username"
	groupTitle = "Fixture Chat Title"
)

// person is a player with a token.
type person struct {
	models.Player
	token string
}

// bundle is the API over a fresh database: Ada and Bob play in an active group, Eve is of the
// same tenant but in no group, Mallory of another tenant.
type bundle struct {
	http                   http.Handler
	db                     *testdb.DB
	players                *players.Players
	engine                 *games.Engine
	ledger                 *ledger.Ledger
	operators              *operators.Operators
	cashier                *cashier.Cashier
	providers              *providers.Providers
	tenant, other          models.Tenant
	group                  models.Group
	ada, bob, eve, mallory person
	spec                   *specChecker
	logs                   *logBuffer
	started                chan workflows.RoundInput
	closed                 chan string
	flows                  flows
}

func newBundle(t *testing.T) *bundle {
	t.Helper()
	db := testdb.New(t)
	box, err := secret.New("a master secret for tests, 32 bytes at least")
	require.NoError(t, err)
	locker, err := redis.NewLocker("off", nil)
	require.NoError(t, err)
	b := &bundle{
		db: db, players: players.New(db.DB, box, clock.System()), ledger: ledger.New(db.DB),
		spec: loadSpecChecker(t), logs: &logBuffer{},
		started: make(chan workflows.RoundInput, 16), closed: make(chan string, 16),
	}
	logger := slog.New(slog.NewJSONHandler(b.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	b.engine = games.New(games.Config{DB: db.DB, Box: box, Clock: clock.System(), Locker: locker, Logger: logger})
	b.operators = operators.New(operators.Config{DB: db.DB, Box: box, Clock: clock.System(), Logger: logger})
	b.cashier = cashier.New(cashier.Config{
		DB: db.DB, Ledger: b.ledger, Players: b.players, Box: box, Clock: clock.System(), Logger: logger, Kinds: cashier.Kinds(),
	})
	b.providers = providers.New(providers.Config{DB: db.DB, Box: box, Clock: clock.System(), Logger: logger})
	b.http, err = api.Handler(api.Deps{
		Providers: b.providers,
		DB:        db.DB, Players: b.players, Engine: b.engine, Ledger: b.ledger, Logger: logger, Clock: clock.System(),
		Operators: b.operators, Cashier: b.cashier, TemporalUI: "http://temporal.test", TemporalNamespace: "fair",
		StartWithdrawal: b.flows.start, ResumeWithdrawal: b.flows.start, DecideWithdrawal: b.decideNow, CancelWithdrawal: b.flows.cancel,
		StartRound: func(_ context.Context, in workflows.RoundInput) error { b.started <- in; return nil },
		CloseEarly: func(_ context.Context, round string) error { b.closed <- round; return nil },
	})
	require.NoError(t, err)
	b.tenant = b.newTenant(t, 7001, botToken)
	b.other = b.newTenant(t, 7002, "7002:OTHER")
	b.group, err = b.players.UpsertGroup(t.Context(), b.tenant.ID, chatID, groupTitle)
	require.NoError(t, err)
	require.NoError(t, b.players.ActivateGroup(t.Context(), b.tenant.ID, b.group.ID))
	b.ada = b.newPerson(t, b.tenant.ID, players.TelegramUser{ID: adaID, Name: adaName, Username: adaUser, Language: "en"})
	b.bob = b.newPerson(t, b.tenant.ID, players.TelegramUser{ID: bobID, Name: "Bob", Username: "bob"})
	b.eve = b.newPerson(t, b.tenant.ID, players.TelegramUser{ID: eveID, Name: "Eve"})
	b.mallory = b.newPerson(t, b.other.ID, players.TelegramUser{ID: malloryID, Name: "Mallory"})
	for _, p := range []person{b.ada, b.bob} {
		b.join(t, p)
	}
	return b
}

func (b *bundle) newTenant(t *testing.T, bot int64, token string) models.Tenant {
	t.Helper()
	tenant, err := b.players.CreateTenant(t.Context(), players.NewTenant{Name: "Demo", BotToken: token, BotID: bot})
	require.NoError(t, err)
	return tenant
}

func (b *bundle) newPerson(t *testing.T, tenant int64, user players.TelegramUser) person {
	t.Helper()
	p, err := b.players.UpsertPlayer(t.Context(), tenant, user)
	require.NoError(t, err)
	code, err := b.players.CreateLoginCode(t.Context(), tenant, p.ID)
	require.NoError(t, err)
	s, err := b.players.RedeemLoginCode(t.Context(), code)
	require.NoError(t, err)
	return person{Player: p, token: s.Token}
}

// join makes the person a member with 1,000 points.
func (b *bundle) join(t *testing.T, p person) {
	t.Helper()
	require.NoError(t, b.players.SetMember(t.Context(), b.tenant.ID, b.group.ID, p.ID, models.MemberMember))
	_, err := b.ledger.Grant(t.Context(), ledger.GrantRequest{
		Tenant: b.tenant.ID, Group: b.group.ID, Player: p.ID, Amount: 1000, Key: "welcome." + strconv.FormatInt(p.ID, 10), Kind: "welcome",
	})
	require.NoError(t, err)
}

// open opens a round as Ada, straight through the engine.
func (b *bundle) open(t *testing.T, game, params string) games.RoundView {
	t.Helper()
	var raw json.RawMessage
	if params != "" {
		raw = json.RawMessage(params)
	}
	v, err := b.engine.Open(t.Context(), games.OpenRequest{
		Tenant: b.tenant.ID, Group: b.group.ID, Player: b.ada.ID, Game: game, Params: raw, Key: secret.ID("test"),
	})
	require.NoError(t, err)
	return v
}

// finish closes, draws and settles a round before its time.
func (b *bundle) finish(t *testing.T, round string) {
	t.Helper()
	closed, err := b.engine.Close(t.Context(), b.tenant.ID, round, true)
	require.NoError(t, err)
	if closed.Status == models.RoundVoided {
		return
	}
	_, err = b.engine.Draw(t.Context(), b.tenant.ID, round)
	require.NoError(t, err)
	_, err = b.engine.Settle(t.Context(), b.tenant.ID, round)
	require.NoError(t, err)
}

func (b *bundle) auditClean(t *testing.T) {
	t.Helper()
	ledgertest.Clean(t, b.db)
}

// request is one call of a scenario.
type request struct {
	method, path string
	as           *person
	key          string // Idempotency-Key
	body         string
	header       map[string]string
	bearer       string // an operator's token
	cookie       string // an operator's token, as a browser sends it
}

// answer is a response that was held against the document.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	text   string
}

func (b *bundle) do(t *testing.T, r request) answer {
	t.Helper()
	var body io.Reader
	if r.body != "" {
		body = strings.NewReader(r.body)
	}
	req := httptest.NewRequestWithContext(t.Context(), r.method, r.path, body)
	if r.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.as != nil {
		req.Header.Set("Authorization", "Bearer "+r.as.token)
	}
	if r.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+r.bearer)
	}
	if r.cookie != "" {
		req.AddCookie(&http.Cookie{Name: "fg-operator", Value: r.cookie})
	}
	if r.key != "" {
		req.Header.Set("Idempotency-Key", r.key)
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	rec := httptest.NewRecorder()
	b.http.ServeHTTP(rec, req)
	res := rec.Result()
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	if res.StatusCode == http.StatusInternalServerError {
		t.Log(b.logs.String())
	}
	b.spec.checkResponse(t, req, res, text)
	return answer{t: t, status: res.StatusCode, header: res.Header, text: string(text)}
}

// ok expects a status and reads the body into dest.
func (a answer) ok(status int, dest any) {
	a.t.Helper()
	require.Equal(a.t, status, a.status, a.text)
	if dest != nil {
		require.NoError(a.t, json.Unmarshal([]byte(a.text), dest))
	}
}

// problem is the part of an error that tests look at.
type problem struct {
	Type, Title, Code, Field, Fix, Detail string
	Status                                int
	RequestID                             string `json:"request_id"`
	Data                                  map[string]any
}

// refused expects an error in the form of RFC 9457.
func (a answer) refused(status int, code string) problem {
	a.t.Helper()
	require.Equal(a.t, status, a.status, a.text)
	require.Equal(a.t, "application/problem+json", a.header.Get("Content-Type"))
	var p problem
	require.NoError(a.t, json.Unmarshal([]byte(a.text), &p))
	require.Equal(a.t, code, p.Code, a.text)
	require.Equal(a.t, status, p.Status)
	require.Equal(a.t, "urn:fairground:error:"+code, p.Type)
	require.NotEmpty(a.t, p.Title)
	require.NotEmpty(a.t, p.Fix)
	require.Equal(a.t, a.header.Get("X-Request-Id"), p.RequestID)
	require.Equal(a.t, "no-store", a.header.Get("Cache-Control"))
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		require.NotEmpty(a.t, a.header.Get("Retry-After"))
	}
	return p
}

// logBuffer keeps what was logged.
type logBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func telegramUser(id int64) players.TelegramUser {
	return players.TelegramUser{ID: id, Name: "Player " + strconv.FormatInt(id, 10)}
}
