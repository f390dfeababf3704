package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/internal/clock"
	"fairground/internal/telegram/local"
)

// fate is what a player was told about a bet.
type fate int

const (
	unknown  fate = iota // no answer, or one that promises nothing
	accepted             // acknowledged: it must be in the ledger
	refused              // declined: it must not be
)

// attempt is one bet somebody tried to place.
type attempt struct {
	key    string // of idempotency, as the ledger keeps it
	choice string
	stake  int64 // 0 when it is the player's usual one
	fate   fate
	said   string
}

// table is one round with everything that was tried in it.
type table struct {
	round  string
	closes time.Time

	mu       sync.Mutex
	attempts []attempt
}

func (t *table) add(a attempt) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.attempts = append(t.attempts, a)
}

func (t *table) accepted() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	for _, a := range t.attempts {
		if a.fate == accepted {
			n++
		}
	}
	return n
}

// openInChat lets a person open dice with a command. The live message may come late, for a group has twenty messages a
// minute and these rounds are short; the round is found by the API.
func (w *world) openInChat(t *testing.T, group int) *table {
	t.Helper()
	_, err := w.Sim.Say(t.Context(), w.people[0].ID, w.groups[group].ChatID, "/dice")
	require.NoError(t, err)
	at := &table{}
	require.Eventually(t, func() bool {
		got := w.api.call(t.Context(), http.MethodGet, "/v1/groups/"+w.groups[group].PublicID+"/rounds?limit=1", w.tokens[0], "", nil)
		var page struct {
			Rounds []round `json:"rounds"`
		}
		if got.status != http.StatusOK {
			return false
		}
		decode(t, got.body, &page)
		if len(page.Rounds) == 0 || page.Rounds[0].Status != "open" {
			return false
		}
		at.round, at.closes = page.Rounds[0].ID, page.Rounds[0].ClosesAt
		return true
	}, recovery, 50*time.Millisecond, "/dice opens no round")
	return at
}

// openByHTTP lets a player open dice through the API.
func (w *world) openByHTTP(t *testing.T, group int, key string) *table {
	t.Helper()
	got := w.api.surely(t.Context(), http.MethodPost, "/v1/groups/"+w.groups[group].PublicID+"/rounds", w.tokens[7], key, map[string]string{"game": "dice"})
	require.Equal(t, http.StatusCreated, got.status, string(got.body))
	var r round
	decode(t, got.body, &r)
	return &table{round: r.ID, closes: r.ClosesAt}
}

// tapping taps as a person, by what the live message's buttons send, until ctx ends or the round is closed.
func (w *world) tapping(ctx context.Context, at *table, group, person int, dice *rand.Rand) {
	for ctx.Err() == nil {
		choice := dice.IntN(4)
		got, err := w.Sim.Forge(ctx, local.ForgeInput{
			User: w.people[person].ID, Chat: w.groups[group].ChatID, MessageID: w.messages[group],
			Data: fmt.Sprintf("b:%s:%d", at.round, choice), TimeoutMS: 20_000,
		})
		if err != nil {
			at.add(attempt{said: err.Error()})
			return
		}
		a := attempt{key: fmt.Sprintf("tg:%d:%s", w.bot, got.CallbackID), choice: []string{"big", "small", "odd", "even"}[choice], said: got.Toast}
		switch {
		case strings.Contains(got.Toast, "accepted. Balance"):
			a.fate = accepted
		case strings.Contains(got.Toast, "Nothing was taken"):
			a.fate = refused
		}
		at.add(a)
		if strings.Contains(got.Toast, "closed") || clock.Sleep(ctx, clock.System(), time.Duration(100+dice.IntN(200))*time.Millisecond) != nil {
			return
		}
	}
}

// betting bets over HTTP as a player until ctx ends or the round is closed. Every third bet is sent twice.
func (w *world) betting(ctx context.Context, at *table, person int, dice *rand.Rand) {
	for n := 0; ctx.Err() == nil; n++ {
		a := attempt{
			key:    fmt.Sprintf("chaos-%s-%d-%d", at.round, person, n),
			choice: []string{"big", "small", "odd", "even"}[dice.IntN(4)], stake: int64(1 + dice.IntN(5)),
		}
		bet := map[string]any{"choice": a.choice, "stake": a.stake}
		path := "/v1/rounds/" + at.round + "/bets"
		var twin sync.WaitGroup
		if n%3 == 0 {
			twin.Go(func() { w.api.call(ctx, http.MethodPost, path, w.tokens[person], a.key, bet) })
		}
		got := w.api.surely(ctx, http.MethodPost, path, w.tokens[person], a.key, bet)
		twin.Wait()
		a.said = fmt.Sprintf("%d %s", got.status, got.body)
		switch {
		case got.status == http.StatusCreated:
			a.fate = accepted
		case got.refused():
			a.fate = refused
		}
		at.add(a)
		if got.code() == "games.round_closed" || clock.Sleep(ctx, clock.System(), time.Duration(50+dice.IntN(150))*time.Millisecond) != nil {
			return
		}
	}
}
