package bot

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"fairground/games"
	"fairground/internal/clock"
	"fairground/internal/telegram"
	"fairground/models"
	"fairground/players"
)

const (
	personFor   = time.Minute      // a player's row is believed
	groupFor    = 3 * time.Second  // a group's row is believed
	memberFor   = 5 * time.Second  // a membership is believed; a bet checks it itself
	strangerFor = 10 * time.Second // "not in the chat" is believed
	knownLimit  = 20_000
)

// memo remembers values for a while. When it is full it starts over: everything in it can be
// read again.
type memo[K comparable, V any] struct {
	clock clock.Clock
	keep  time.Duration // 0 for ever
	mu    sync.Mutex
	items map[K]dated[V]
}

type dated[V any] struct {
	value V
	at    time.Time
}

func newMemo[K comparable, V any](clk clock.Clock, keep time.Duration) *memo[K, V] {
	return &memo[K, V]{clock: clk, keep: keep, items: map[K]dated[V]{}}
}

func (m *memo[K, V]) get(k K) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	item, ok := m.items[k]
	if !ok || (m.keep > 0 && clock.Since(m.clock, item.at) > m.keep) {
		var none V
		return none, false
	}
	return item.value, true
}

func (m *memo[K, V]) put(k K, v V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.items) >= knownLimit {
		clear(m.items)
	}
	m.items[k] = dated[V]{v, m.clock.Now()}
}

func (m *memo[K, V]) drop(k K) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.items, k)
}

// known keeps what the hot path would otherwise ask the database on every tap.
type known struct {
	people    *memo[int64, models.Player] // by Telegram id
	groups    *memo[int64, models.Group]  // by chat
	members   *memo[groupPlayer, models.Member]
	strangers *memo[chatUser, bool]
	rounds    *memo[string, facts]
	throws    *memo[string, games.Provided] // thrown and not taken yet
	review    *memo[int, int64]             // the reviewers' chat, under 0
	operators *memo[string, string]         // names by public id
}

type chatUser struct{ chat, user int64 }

type groupPlayer struct{ group, player int64 }

func newKnown(clk clock.Clock) known {
	return known{
		people: newMemo[int64, models.Player](clk, personFor), groups: newMemo[int64, models.Group](clk, groupFor),
		members:   newMemo[groupPlayer, models.Member](clk, memberFor),
		strangers: newMemo[chatUser, bool](clk, strangerFor), rounds: newMemo[string, facts](clk, 0),
		throws: newMemo[string, games.Provided](clk, 0),
		review: newMemo[int, int64](clk, groupFor), operators: newMemo[string, string](clk, 0),
	}
}

// person finds or adds the player of a Telegram user.
func (t *tenantBot) person(ctx context.Context, u *tgbotapi.User) (models.Player, error) {
	user := telegram.User{FirstName: u.FirstName, LastName: u.LastName}
	name := clip(user.Name(), 128)
	if p, ok := t.known.people.get(u.ID); ok && p.Name == name && p.Username == u.UserName {
		return p, nil
	}
	p, err := t.deps.Players.UpsertPlayer(ctx, t.tenant.ID, players.TelegramUser{
		ID: u.ID, Name: name, Username: u.UserName, Language: u.LanguageCode,
	})
	if err == nil {
		t.known.people.put(u.ID, p)
	}
	return p, err
}

// group reads the group of a chat; it returns players.ErrGroupNotFound.
func (t *tenantBot) group(ctx context.Context, chat int64) (models.Group, error) {
	if g, ok := t.known.groups.get(chat); ok {
		return g, nil
	}
	g, err := t.deps.Players.GroupByChat(ctx, t.tenant.ID, chat)
	if err == nil {
		t.known.groups.put(chat, g)
	}
	return g, err
}

// member reads a membership and asks Telegram when none is known. It returns
// players.ErrNotMember for somebody who is not in the chat.
func (t *tenantBot) member(ctx context.Context, group, chat int64, p models.Player) (models.Member, error) {
	if m, ok := t.known.members.get(groupPlayer{group, p.ID}); ok {
		return m, nil
	}
	m, err := t.deps.Players.Member(ctx, t.tenant.ID, group, p.ID)
	if err == nil {
		t.known.members.put(groupPlayer{group, p.ID}, m)
	}
	if !errors.Is(err, players.ErrNotMember) {
		return m, err
	}
	who := chatUser{chat, p.TelegramID}
	if away, ok := t.known.strangers.get(who); ok && away {
		return m, players.ErrNotMember
	}
	status, err := t.ask(ctx, chat, p.TelegramID)
	if err != nil {
		return m, err
	}
	if err := t.deps.Players.SetMember(ctx, t.tenant.ID, group, p.ID, status); err != nil {
		return m, err
	}
	if !status.Active() {
		t.known.strangers.put(who, true)
		return m, players.ErrNotMember
	}
	return t.deps.Players.Member(ctx, t.tenant.ID, group, p.ID)
}

// ask asks Telegram what a person is in a chat now.
func (t *tenantBot) ask(ctx context.Context, chat, user int64) (models.MemberStatus, error) {
	var m tgbotapi.ChatMember
	err := t.client.Call(ctx, "getChatMember", map[string]any{"chat_id": chat, "user_id": user}, &m)
	if telegram.Refused(err) { // Telegram knows nobody of this id there
		return models.MemberLeft, nil
	}
	if err != nil {
		return "", fmt.Errorf("ask for a chat member: %w", err)
	}
	return memberStatus(m), nil
}

// memberStatus is ours for Telegram's: a restricted person who left has left.
func memberStatus(m tgbotapi.ChatMember) models.MemberStatus {
	if m.Status == "restricted" && !telegram.Present(m) {
		return models.MemberLeft
	}
	switch s := models.MemberStatus(m.Status); s {
	case models.MemberMember, models.MemberAdministrator, models.MemberCreator, models.MemberRestricted, models.MemberLeft, models.MemberKicked:
		return s
	case models.MemberUnknown:
	}
	return models.MemberUnknown
}
