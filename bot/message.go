package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"fairground/internal/telegram"
	"fairground/models"
	"fairground/notify"
	"fairground/players"
)

// staleAfter is how old a command in a group may be when the bot reads it. Nobody wants the
// rounds of an hour ago opened when the bot comes back.
const staleAfter = 10 * time.Minute

// talk is one message that is being answered.
type talk struct {
	m      *telegram.Message
	user   *tgbotapi.User
	voice  voice
	group  models.Group // zero in a private chat
	player models.Player
	args   []string
	key    string // idempotency key of what the message asks for
	again  bool   // it was handled before, to an unknown end
}

// message reads a message: service messages first, then commands. Other text in a group is
// nobody's business.
func (t *tenantBot) message(ctx context.Context, m *telegram.Message, again bool) error {
	if m.Chat == nil {
		return nil
	}
	switch {
	case m.MigrateToChatID != 0:
		return t.migrated(ctx, m.Chat.ID, m.MigrateToChatID)
	case m.MigrateFromChatID != 0:
		return t.migrated(ctx, m.MigrateFromChatID, m.Chat.ID)
	case m.SuccessfulPayment != nil:
		return t.paid(ctx, m)
	case m.RefundedPayment != nil:
		return nil // our own refund, told by the deposit's card
	case len(m.NewChatMembers) > 0 || m.LeftChatMember != nil:
		return t.joinedOrLeft(ctx, m)
	}
	name, to, args := m.Command()
	if m.From == nil || (to != "" && !strings.EqualFold(to, t.tenant.BotUsername)) {
		return nil
	}
	anonymous := m.SenderChat != nil && m.SenderChat.ID == m.Chat.ID
	if m.From.IsBot && !anonymous {
		return nil
	}
	c := talk{m: m, user: m.From, args: args, key: fmt.Sprintf("tg:%d:m:%d:%d", t.id, m.Chat.ID, m.MessageID), again: again}
	if m.Chat.IsPrivate() {
		return t.private(ctx, c, name)
	}
	if name == "" || m.Chat.IsChannel() || t.deps.Clock.Now().Sub(m.Time()) > staleAfter {
		return nil
	}
	if anonymous {
		return t.anonymous(ctx, c, name)
	}
	return t.inGroup(ctx, c, name)
}

// inGroup answers a command in a group.
func (t *tenantBot) inGroup(ctx context.Context, c talk, name string) error {
	var err error
	if c.group, err = t.knownGroup(ctx, c.m); err != nil {
		return err
	}
	if c.player, err = t.person(ctx, c.user); err != nil {
		return err
	}
	c.voice = t.texts.in(c.group.Language)
	answered, err := t.inReviewChat(ctx, c, name)
	if err == nil && !answered {
		err = t.groupCommand(ctx, c, name)
	}
	return t.answer(ctx, c, err)
}

// knownGroup finds the group of a message's chat, or adds it: the bot may have been added
// while it was down for longer than Telegram keeps updates.
func (t *tenantBot) knownGroup(ctx context.Context, m *telegram.Message) (models.Group, error) {
	g, err := t.group(ctx, m.Chat.ID)
	if err == nil && g.Status != models.GroupRemoved && g.Title == m.Chat.Title {
		return g, nil
	}
	if err != nil && !errors.Is(err, players.ErrGroupNotFound) {
		return g, err
	}
	g, err = t.deps.Players.UpsertGroup(ctx, t.tenant.ID, m.Chat.ID, m.Chat.Title)
	t.known.groups.drop(m.Chat.ID)
	return g, err
}

// groupCommand does one command of a group.
func (t *tenantBot) groupCommand(ctx context.Context, c talk, name string) error {
	known, ok := t.commands.byName[name]
	if c.group.Status == models.GroupPending && !known.early {
		t.reply(ctx, c, notify.PriorityReply, c.voice.say("group.pending"), nil)
		return nil
	}
	switch {
	case !ok:
		return t.unknown(ctx, c, name)
	case known.group == nil:
		return t.privately("private.only", name)(ctx, c)
	}
	return known.group(ctx, c)
}

// anonymous answers an administrator who speaks as the group: settings, but no playing.
func (t *tenantBot) anonymous(ctx context.Context, c talk, name string) error {
	var err error
	if c.group, err = t.knownGroup(ctx, c.m); err != nil {
		return err
	}
	c.voice = t.texts.in(c.group.Language)
	if chat, err := t.reviewChat(ctx); err != nil || chat == c.m.Chat.ID {
		return err
	}
	switch name {
	case "start":
		if c.group.Status == models.GroupPending {
			return t.activate(ctx, c)
		}
		t.reply(ctx, c, notify.PriorityReply, c.voice.say("anonymous"), nil)
	case "pause", "resume", "language":
		return t.answer(ctx, c, t.set(ctx, c, name))
	case "help":
		return t.help(ctx, c)
	default:
		t.reply(ctx, c, notify.PriorityReply, c.voice.say("anonymous"), nil)
	}
	return nil
}

// private answers a private message.
func (t *tenantBot) private(ctx context.Context, c talk, name string) error {
	var err error
	if c.player, err = t.person(ctx, c.user); err != nil {
		return err
	}
	c.voice = t.texts.in(c.player.Language, t.tenant.Language)
	if name != "" && name != "start" { // a command ends what was begun
		if err := t.over(ctx, c.teller()); err != nil {
			return err
		}
	}
	return t.answer(ctx, c, t.privateCommand(ctx, c, name))
}

// privateCommand does one command of a private chat.
func (t *tenantBot) privateCommand(ctx context.Context, c talk, name string) error {
	known, ok := t.commands.byName[name]
	switch {
	case name == "":
		return t.told(ctx, c)
	case !ok:
		return t.unknown(ctx, c, name)
	case known.private == nil:
		t.reply(ctx, c, notify.PriorityReply, c.voice.say("group.only", vars{"Command": "/" + name}), t.addButton(c.voice))
		return nil
	}
	return known.private(ctx, c)
}

// answer turns a refusal into a reply. What is left is trouble: the update is tried again.
func (t *tenantBot) answer(ctx context.Context, c talk, err error) error {
	if err == nil {
		return nil
	}
	text, ok := c.voice.refusal(err)
	if !ok {
		return err
	}
	t.reply(ctx, c, notify.PriorityReply, esc0(text), nil)
	return nil
}

// reply answers the message, in its topic.
func (t *tenantBot) reply(ctx context.Context, c talk, p notify.Priority, text string, kb *telegram.Keyboard) {
	msg := telegram.SendMessage{ChatID: c.m.Chat.ID, ThreadID: c.m.Topic(), Text: text, Keyboard: kb}
	if !c.m.Chat.IsPrivate() {
		msg.Reply = &telegram.Reply{MessageID: int64(c.m.MessageID), AllowMissing: true}
	}
	t.send(ctx, p, msg, nil)
}

// privateButton opens the bot's private chat with a command's deep link.
func (t *tenantBot) privateButton(v voice, start string) *telegram.Keyboard {
	if t.tenant.BotUsername == "" {
		return nil
	}
	url := "https://t.me/" + t.tenant.BotUsername + "?start=" + start
	return &telegram.Keyboard{Rows: [][]telegram.Button{telegram.Row(telegram.Button{Text: v.say("button.private"), URL: url})}}
}

// addButton adds the bot to a group.
func (t *tenantBot) addButton(v voice) *telegram.Keyboard {
	if t.tenant.BotUsername == "" {
		return nil
	}
	url := "https://t.me/" + t.tenant.BotUsername + "?startgroup=play"
	return &telegram.Keyboard{Rows: [][]telegram.Button{telegram.Row(telegram.Button{Text: v.say("button.add"), URL: url})}}
}
