package bot

import (
	"context"
	"errors"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"fairground/internal/telegram"
	"fairground/models"
	"fairground/notify"
	"fairground/players"
)

// selfChanged follows what happens to the bot in a chat: added, promoted, removed.
func (t *tenantBot) selfChanged(ctx context.Context, change *tgbotapi.ChatMemberUpdated) error {
	if change.Chat.IsPrivate() || change.Chat.IsChannel() {
		return nil // a blocked bot learns it from the next refusal
	}
	t.known.groups.drop(change.Chat.ID)
	if !telegram.Present(change.NewChatMember) {
		g, err := t.deps.Players.GroupByChat(ctx, t.tenant.ID, change.Chat.ID)
		if errors.Is(err, players.ErrGroupNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return t.deps.Players.RemoveGroup(ctx, t.tenant.ID, g.ID)
	}
	g, err := t.deps.Players.UpsertGroup(ctx, t.tenant.ID, change.Chat.ID, change.Chat.Title)
	if err != nil {
		return err
	}
	if g.Status == models.GroupPending && !telegram.Present(change.OldChatMember) {
		t.known.review.drop(0) // it may have been named a moment ago
		chat, err := t.reviewChat(ctx)
		if err != nil {
			return err
		}
		v := t.texts.in(g.Language)
		greeting := v.say("group.greeting")
		if chat == g.ChatID {
			greeting = v.say("review.on")
		}
		t.send(ctx, notify.PriorityReply, telegram.SendMessage{ChatID: g.ChatID, Text: greeting}, nil)
	}
	return nil
}

// memberChanged keeps the membership of people the bot knows. Strangers are asked about when
// they first play.
func (t *tenantBot) memberChanged(ctx context.Context, change *tgbotapi.ChatMemberUpdated) error {
	if change.NewChatMember.User == nil {
		return nil
	}
	return t.note(ctx, change.Chat.ID, change.NewChatMember.User.ID, memberStatus(change.NewChatMember))
}

// joinedOrLeft reads the service messages of chats where the bot is no administrator.
func (t *tenantBot) joinedOrLeft(ctx context.Context, m *telegram.Message) error {
	for _, u := range m.NewChatMembers {
		if u.ID == t.id {
			continue
		}
		if err := t.note(ctx, m.Chat.ID, u.ID, models.MemberMember); err != nil {
			return err
		}
	}
	if u := m.LeftChatMember; u != nil && u.ID != t.id {
		return t.note(ctx, m.Chat.ID, u.ID, models.MemberLeft)
	}
	return nil
}

// note records a status for a player and a group that are both known.
func (t *tenantBot) note(ctx context.Context, chat, user int64, status models.MemberStatus) error {
	t.known.strangers.drop(chatUser{chat, user})
	g, err := t.group(ctx, chat)
	if errors.Is(err, players.ErrGroupNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	p, err := t.deps.Players.PlayerByTelegram(ctx, t.tenant.ID, user)
	if errors.Is(err, players.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	err = t.deps.Players.SetMember(ctx, t.tenant.ID, g.ID, p.ID, status)
	t.known.members.drop(groupPlayer{g.ID, p.ID})
	return err
}

// migrated follows a group, or the reviewers' chat, that became a supergroup.
func (t *tenantBot) migrated(ctx context.Context, from, to int64) error {
	t.known.groups.drop(from)
	t.known.groups.drop(to)
	if err := t.deps.Cashier.ReviewChatMoved(ctx, t.tenant.ID, from, to); err != nil {
		return err
	}
	t.known.review.drop(0)
	err := t.deps.Players.MigrateChat(ctx, t.tenant.ID, from, to)
	if errors.Is(err, players.ErrGroupNotFound) {
		return nil
	}
	return err
}
