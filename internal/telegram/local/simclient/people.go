package simclient

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"fairground/internal/telegram/local"
)

// Bot registers a bot, or changes it, and returns it with its token.
func (c *Client) Bot(ctx context.Context, in local.NewBot) (local.BotInfo, error) {
	return post[local.BotInfo](ctx, c, "/sim/bots", in)
}

// User makes a person, or changes one.
func (c *Client) User(ctx context.Context, in local.NewUser) (local.User, error) {
	return post[local.User](ctx, c, "/sim/users", in)
}

// Chat makes a group, or changes one.
func (c *Client) Chat(ctx context.Context, in local.NewChat) (local.ChatInfo, error) {
	return post[local.ChatInfo](ctx, c, "/sim/chats", in)
}

// Topic opens a topic in a forum.
func (c *Client) Topic(ctx context.Context, in local.NewTopic) (local.TopicInfo, error) {
	return post[local.TopicInfo](ctx, c, "/sim/topics", in)
}

// SetMember changes the standing of a person or a bot in a group.
func (c *Client) SetMember(ctx context.Context, in local.MemberInput) (local.MemberInfo, error) {
	return post[local.MemberInfo](ctx, c, "/sim/members", in)
}

// Promote makes a person or a bot an administrator of a group.
func (c *Client) Promote(ctx context.Context, chat, user int64) (local.MemberInfo, error) {
	return c.SetMember(ctx, local.MemberInput{Chat: chat, User: user, Status: "administrator"})
}

// Join lets a person or a bot come into a group.
func (c *Client) Join(ctx context.Context, chat, user int64) (local.MemberInfo, error) {
	return post[local.MemberInfo](ctx, c, "/sim/join", local.MemberInput{Chat: chat, User: user})
}

// Leave takes a person or a bot out of a group.
func (c *Client) Leave(ctx context.Context, chat, user int64) (local.MemberInfo, error) {
	return post[local.MemberInfo](ctx, c, "/sim/leave", local.MemberInput{Chat: chat, User: user})
}

// Block lets a person block or unblock a bot.
func (c *Client) Block(ctx context.Context, user, bot int64, blocked bool) error {
	_, err := post[local.ChatInfo](ctx, c, "/sim/block", local.BlockInput{User: user, Bot: bot, Blocked: blocked})
	return err
}

// Migrate turns a basic group into a supergroup and returns that.
func (c *Client) Migrate(ctx context.Context, chat int64) (local.ChatInfo, error) {
	return post[local.ChatInfo](ctx, c, "/sim/migrate", local.MigrateInput{Chat: chat})
}

// CrowdUsers makes n people of the crowd and puts them into the group.
func (c *Client) CrowdUsers(ctx context.Context, chat int64, n int) ([]local.User, error) {
	return post[[]local.User](ctx, c, "/sim/crowd/users", local.CrowdUsersInput{Chat: chat, N: n})
}

// State is what exists.
func (c *Client) State(ctx context.Context) (local.State, error) {
	return get[local.State](ctx, c, "/sim/state", nil)
}

// Chats are the chats of one person.
func (c *Client) Chats(ctx context.Context, user int64) ([]local.ChatInfo, error) {
	return get[[]local.ChatInfo](ctx, c, "/sim/chats", url.Values{"user": {number(user)}})
}

// Limits turns the rate limits on or off.
func (c *Client) Limits(ctx context.Context, on bool) error {
	_, err := post[local.LimitsInput](ctx, c, "/sim/limits", local.LimitsInput{On: on})
	return err
}

// DiceSeed makes sendDice repeatable.
func (c *Client) DiceSeed(ctx context.Context, seed string) error {
	_, err := post[local.DiceInput](ctx, c, "/sim/dice", local.DiceInput{Seed: seed})
	return err
}

// Log is the API log after a sequence number, of one method unless that is empty.
func (c *Client) Log(ctx context.Context, after int64, method string) ([]local.CallEntry, error) {
	return get[[]local.CallEntry](ctx, c, "/sim/log", url.Values{"after": {number(after)}, "method": {method}})
}

// ClearLog empties the API log.
func (c *Client) ClearLog(ctx context.Context) error {
	_, err := send[map[string]bool](ctx, c, http.MethodDelete, "/sim/log", http.NoBody)
	return err
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
