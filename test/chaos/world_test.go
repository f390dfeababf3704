package chaos

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"regexp"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/internal/clock"
	"fairground/internal/localstack"
	"fairground/internal/postgres"
	"fairground/internal/redis"
	"fairground/internal/secret"
	"fairground/internal/telegram/local"
	"fairground/ledger"
	"fairground/models"
	"fairground/players"
	"fairground/test/stack"
)

// window is how long a round of the test takes bets.
const window = 6 * time.Second

// world is a running stack with what the test needs to play in it and to look behind it.
type world struct {
	*stack.Stack

	api    *api
	db     *postgres.DB
	tenant models.Tenant
	bot    int64
	groups []models.Group // in the order of the chats
	people []local.User   // the seeded players, not the crowd
	tokens []string       // their bearer tokens

	messages []int64 // one of the bot's in each group
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Stack: start(t)}
	all, err := w.Addresses()
	require.NoError(t, err)
	w.api = newAPI(all["api"].URL)
	w.db, err = postgres.Open(t.Context(), all["postgres"].AppURL, postgres.WithMaxConns(2))
	require.NoError(t, err)
	t.Cleanup(w.db.Close)
	master, err := localstack.ReadSecret(w.Dir)
	require.NoError(t, err)
	box, err := secret.New(master)
	require.NoError(t, err)
	w.shorten(t, box, all["postgres"].URL)

	state, err := w.Sim.State(t.Context())
	require.NoError(t, err)
	w.bot = state.Bots[0].ID
	for _, user := range state.Users {
		if user.ID < 2000 {
			w.people = append(w.people, user)
		}
	}
	require.Len(t, w.people, 8)
	for _, group := range w.groups {
		hello, err := w.Sim.Wait(t.Context(), local.WaitInput{Chat: group.ChatID, FromBot: true})
		require.NoError(t, err)
		w.messages = append(w.messages, hello.MessageID)
	}
	for _, user := range w.people {
		w.tokens = append(w.tokens, w.login(t, user.ID))
	}
	return w
}

// shorten publishes rules of dice with a short window and small stakes, and finds the groups.
// The demo has operators, who take two for that: the test writes it as the owner of the database.
func (w *world) shorten(t *testing.T, box *secret.Box, ownerURL string) {
	t.Helper()
	locker, err := redis.NewLocker(redis.ModeOff, nil)
	require.NoError(t, err)
	engine := games.New(games.Config{DB: w.db, Box: box, Clock: clock.System(), Locker: locker, Logger: slog.New(slog.DiscardHandler)})
	tenants, err := players.New(w.db, box, clock.System()).Tenants(t.Context())
	require.NoError(t, err)
	require.Len(t, tenants, 1)
	w.tenant = tenants[0]
	dice, err := engine.Game(t.Context(), w.tenant.ID, "dice")
	require.NoError(t, err)
	var config map[string]any
	require.NoError(t, json.Unmarshal(dice.Config, &config))
	config["window_seconds"], config["min_stake"] = int(window.Seconds()), 1
	raw, err := json.Marshal(config)
	require.NoError(t, err)
	canonical, err := games.Canonical(json.RawMessage(raw))
	require.NoError(t, err)
	hash := sha256.Sum256(canonical)
	owner, err := postgres.Open(t.Context(), ownerURL, postgres.WithMaxConns(1))
	require.NoError(t, err)
	defer owner.Close()
	require.NoError(t, owner.Call(t.Context(), w.tenant.ID, `INSERT INTO game_configs (tenant_id, game, version, config, hash) VALUES ($1, 'dice', $2, $3, $4)`,
		[]any{w.tenant.ID, dice.Version + 1, raw, hex.EncodeToString(hash[:])}))
	w.groups = collect[models.Group](t, w, `SELECT group_id, public_id, chat_id FROM groups WHERE tenant_id = $1 AND status = 'active' ORDER BY group_id`,
		func(row pgx.CollectableRow) (g models.Group, err error) {
			return g, row.Scan(&g.ID, &g.PublicID, &g.ChatID)
		}, w.tenant.ID)
	require.Len(t, w.groups, 2)
}

// fund gives everybody points for another round, so that nobody is refused for want of them.
func (w *world) fund(t *testing.T, name string) {
	t.Helper()
	ids := collect(t, w, `SELECT player_id FROM players WHERE tenant_id = $1 AND telegram_id < 2000`, pgx.RowTo[int64], w.tenant.ID)
	require.Len(t, ids, len(w.people))
	book := ledger.New(w.db)
	for _, group := range w.groups {
		for _, id := range ids {
			_, err := book.Grant(t.Context(), ledger.GrantRequest{
				Tenant: w.tenant.ID, Group: group.ID, Player: id, Amount: 500, Key: "chaos-" + name, Kind: "welcome",
			})
			require.NoError(t, err)
		}
	}
}

// login gets a bearer token the way a person does: a code from the bot's private chat.
func (w *world) login(t *testing.T, user int64) string {
	t.Helper()
	asked, err := w.Sim.Say(t.Context(), user, w.bot, "/login")
	require.NoError(t, err)
	answer, err := w.Sim.Wait(t.Context(), local.WaitInput{
		User: user, Chat: w.bot, After: asked.MessageID, FromBot: true, Contains: "sign-in code", TimeoutMS: 30_000,
	})
	require.NoError(t, err)
	found := regexp.MustCompile(`sign-in code: (\S+)`).FindStringSubmatch(answer.Text)
	require.Len(t, found, 2, answer.Text)
	return w.api.login(t, found[1])
}

// collect reads rows of the tenant. A pool keeps connections that died with the database until it uses them, so a read that
// finds one tries again.
func collect[T any](t *testing.T, w *world, sql string, row pgx.RowToFunc[T], args ...any) []T {
	t.Helper()
	var out []T
	read := func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, row)
		return err
	}
	err := w.db.InTenant(t.Context(), w.tenant.ID, read)
	for deadline := time.Now().Add(10 * time.Second); errors.Is(err, postgres.ErrUnavailable) && time.Now().Before(deadline); {
		require.NoError(t, clock.Sleep(t.Context(), clock.System(), 100*time.Millisecond))
		err = w.db.InTenant(t.Context(), w.tenant.ID, read)
	}
	require.NoError(t, err)
	return out
}
