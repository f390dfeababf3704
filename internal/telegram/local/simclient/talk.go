package simclient

import (
	"context"
	"net/url"

	"fairground/internal/telegram/local"
)

// Send writes a text as a person. Chat is a group's id or a bot's.
func (c *Client) Send(ctx context.Context, in local.SendInput) (local.Message, error) {
	return post[local.Message](ctx, c, "/sim/send", in)
}

// Say is Send without a reply or a topic.
func (c *Client) Say(ctx context.Context, user, chat int64, text string) (local.Message, error) {
	return c.Send(ctx, local.SendInput{User: user, Chat: chat, Text: text})
}

// Tap taps a button as a person and waits for the bot's answer.
func (c *Client) Tap(ctx context.Context, in local.TapInput) (local.TapResult, error) {
	return post[local.TapResult](ctx, c, "/sim/tap", in)
}

// Forge sends a callback that no button sent and waits for the bot's answer.
func (c *Client) Forge(ctx context.Context, in local.ForgeInput) (local.TapResult, error) {
	return post[local.TapResult](ctx, c, "/sim/forge", in)
}

// Crowd lets many people tap one button at the same instant.
func (c *Client) Crowd(ctx context.Context, in local.CrowdInput) (local.CrowdResult, error) {
	return post[local.CrowdResult](ctx, c, "/sim/crowd", in)
}

// Messages are a chat's messages after an id, oldest first. User is needed in a private chat.
func (c *Client) Messages(ctx context.Context, user, chat, after int64) ([]local.Message, error) {
	query := url.Values{"chat": {number(chat)}, "user": {number(user)}, "after": {number(after)}}
	return get[[]local.Message](ctx, c, "/sim/messages", query)
}

// Wait returns the first message that contains a text, when it is there.
func (c *Client) Wait(ctx context.Context, in local.WaitInput) (local.Message, error) {
	return post[local.Message](ctx, c, "/sim/wait", in)
}

// Commands are the command menus a person sees in a chat.
func (c *Client) Commands(ctx context.Context, user, chat int64) ([]local.Command, error) {
	return get[[]local.Command](ctx, c, "/sim/commands", url.Values{"user": {number(user)}, "chat": {number(chat)}})
}

// InitData opens a Mini App: valid initData for a person and a bot.
func (c *Client) InitData(ctx context.Context, in local.InitDataInput) (local.InitData, error) {
	return post[local.InitData](ctx, c, "/sim/initdata", in)
}

// Pay pays an invoice as a person.
func (c *Client) Pay(ctx context.Context, in local.PayInput) (local.PayResult, error) {
	return post[local.PayResult](ctx, c, "/sim/pay", in)
}
