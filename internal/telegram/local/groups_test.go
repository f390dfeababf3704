package local_test

import (
	"encoding/json"
	"testing"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
	"github.com/stretchr/testify/require"

	"fairground/internal/telegram/local"
)

func texts(updates []tgbotapi.Update) []string {
	var out []string
	for _, u := range updates {
		if u.Message != nil && u.Message.Text != "" {
			out = append(out, u.Message.Text)
		}
	}
	return out
}

func TestPrivacyMode(t *testing.T) {
	t.Parallel()
	s := newStage(t, local.Config{})
	ctx := t.Context()
	own := s.keyboard("go")
	s.drain()
	for _, text := range []string{"hello", "/play", "/play@fair_bot 5", "/play@other_bot", "say /play"} {
		_, err := s.sim.Say(ctx, s.bob, s.group, text)
		require.NoError(t, err)
	}
	_, err := s.sim.Send(ctx, local.SendInput{User: s.bob, Chat: s.group, Text: "to you", ReplyTo: int64(own.MessageID)})
	require.NoError(t, err)
	got := s.drain()
	require.Equal(t, []string{"/play", "/play@fair_bot 5", "to you"}, texts(got))
	require.True(t, got[0].Message.IsCommand())
	require.Equal(t, "play", got[1].Message.Command())

	_, err = s.sim.Promote(ctx, s.group, s.bot.Self.ID)
	require.NoError(t, err)
	_, err = s.sim.Say(ctx, s.bob, s.group, "hello")
	require.NoError(t, err)
	require.Equal(t, []string{"hello"}, texts(s.drain()), "an administrator reads everything")
}

func TestMembershipUpdates(t *testing.T) {
	t.Parallel()
	s := newStage(t, local.Config{})
	ctx := t.Context()
	first := s.drain()
	require.NotNil(t, first[0].MyChatMember)
	require.Equal(t, "member", first[0].MyChatMember.NewChatMember.Status)
	require.NotNil(t, first[1].Message)
	require.Len(t, first[1].Message.NewChatMembers, 1)

	_, err := s.sim.Promote(ctx, s.group, s.bot.Self.ID)
	require.NoError(t, err)
	_, err = s.bot.MakeRequest("getUpdates", tgbotapi.Params{"allowed_updates": `["message","chat_member","my_chat_member"]`})
	require.NoError(t, err)
	s.drain()
	_, err = s.sim.Leave(ctx, s.group, s.bob)
	require.NoError(t, err)
	got := s.drain()
	require.NotNil(t, got[0].ChatMember)
	require.Equal(t, "left", got[0].ChatMember.NewChatMember.Status)
	require.Equal(t, "Bob", got[1].Message.LeftChatMember.FirstName)

	_, err = s.sim.SetMember(ctx, local.MemberInput{Chat: s.group, User: s.bot.Self.ID, Status: "kicked", By: s.ann})
	require.NoError(t, err)
	got = s.drain()
	require.Len(t, got, 1)
	require.Equal(t, "kicked", got[0].MyChatMember.NewChatMember.Status)
	s.refuses(403, "Forbidden: bot was kicked from the supergroup chat", "sendMessage", tgbotapi.Params{"chat_id": id(s.group), "text": "x"})
}

func TestMigrationToSupergroup(t *testing.T) {
	t.Parallel()
	s := newStage(t, local.Config{})
	ctx := t.Context()
	small, err := s.sim.Chat(ctx, local.NewChat{Title: "Small", Type: "group", Owner: s.ann})
	require.NoError(t, err)
	_, err = s.sim.Join(ctx, small.ID, s.bot.Self.ID)
	require.NoError(t, err)
	s.drain()
	big, err := s.sim.Migrate(ctx, small.ID)
	require.NoError(t, err)
	got := s.drain()
	require.Equal(t, big.ID, got[0].Message.MigrateToChatID)
	require.Equal(t, small.ID, got[1].Message.MigrateFromChatID)
	refusal := s.refusal(400, "group chat was upgraded to a supergroup chat", "sendMessage", tgbotapi.Params{"chat_id": id(small.ID), "text": "x"})
	require.Equal(t, big.ID, refusal.MigrateToChatID)
	_, err = s.bot.Send(tgbotapi.NewMessage(big.ID, "here"))
	require.NoError(t, err)
}

func TestTopics(t *testing.T) {
	t.Parallel()
	s := newStage(t, local.Config{})
	ctx := t.Context()
	forum, err := s.sim.Chat(ctx, local.NewChat{Title: "Forum", Forum: true, Owner: s.ann})
	require.NoError(t, err)
	_, err = s.sim.Join(ctx, forum.ID, s.bot.Self.ID)
	require.NoError(t, err)
	topic, err := s.sim.Topic(ctx, local.NewTopic{Chat: forum.ID, Name: "Games", User: s.ann})
	require.NoError(t, err)
	answer, err := s.bot.MakeRequest("sendMessage", tgbotapi.Params{
		"chat_id": id(forum.ID), "text": "x", "message_thread_id": id(topic.ThreadID),
	})
	require.NoError(t, err)
	var m local.Message
	require.NoError(t, json.Unmarshal(answer.Result, &m))
	require.Equal(t, topic.ThreadID, m.ThreadID)
	require.True(t, m.IsTopic)
}

func TestBlockedAndUnblocked(t *testing.T) {
	t.Parallel()
	s := newStage(t, local.Config{})
	ctx := t.Context()
	_, err := s.sim.Say(ctx, s.ann, s.bot.Self.ID, "/start")
	require.NoError(t, err)
	_, err = s.bot.Send(tgbotapi.NewMessage(s.ann, "welcome"))
	require.NoError(t, err)
	require.NoError(t, s.sim.Block(ctx, s.ann, s.bot.Self.ID, true))
	s.refuses(403, "Forbidden: bot was blocked by the user", "sendMessage", tgbotapi.Params{"chat_id": id(s.ann), "text": "x"})
	got := s.drain()
	require.Equal(t, "kicked", got[len(got)-1].MyChatMember.NewChatMember.Status)
	require.NoError(t, s.sim.Block(ctx, s.ann, s.bot.Self.ID, false))
	_, err = s.bot.Send(tgbotapi.NewMessage(s.ann, "again"))
	require.NoError(t, err)
}

func TestCommandMenusByScopeAndLanguage(t *testing.T) {
	t.Parallel()
	s := newStage(t, local.Config{})
	ctx := t.Context()
	_, err := s.bot.Request(tgbotapi.NewSetMyCommands(tgbotapi.BotCommand{Command: "help", Description: "Help"}))
	require.NoError(t, err)
	_, err = s.bot.Request(tgbotapi.NewSetMyCommandsWithScope(tgbotapi.NewBotCommandScopeAllGroupChats(),
		tgbotapi.BotCommand{Command: "play", Description: "Play"}))
	require.NoError(t, err)
	inGroup, err := s.sim.Commands(ctx, s.bob, s.group)
	require.NoError(t, err)
	require.Equal(t, "play", inGroup[0].Command)
	private, err := s.sim.Commands(ctx, s.bob, s.bot.Self.ID)
	require.NoError(t, err)
	require.Equal(t, "help", private[0].Command)
}
