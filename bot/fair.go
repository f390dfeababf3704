package bot

import (
	"context"
	"errors"
	"strings"

	"fairground/games"
	"fairground/internal/telegram"
	"fairground/notify"
)

// fair shows what a player's instant plays are drawn from. In the private chat a word after it, or the button, rotates the
// seeds: the server's is revealed, which makes the plays so far verifiable.
func (t *tenantBot) fair(ctx context.Context, c talk) error {
	private := c.m.Chat.IsPrivate()
	if private && len(c.args) > 0 {
		text, err := t.rotate(ctx, c.voice, games.RotateRequest{Tenant: t.tenant.ID, Player: c.player.ID, ClientSeed: ownSeed(c.args[0]), Key: c.key})
		if err != nil {
			return err
		}
		t.linkedReply(ctx, c, text, t.pageButton(c.voice))
		return nil
	}
	now, err := t.deps.Engine.Seeds(ctx, t.tenant.ID, c.player.ID)
	if err != nil {
		return err
	}
	text := seedsText(c.voice, now)
	if !private {
		t.reply(ctx, c, notify.PriorityReply, text+"\n"+c.voice.say("fair.private"), t.privateButton(c.voice, "fair"))
		return nil
	}
	kb := &telegram.Keyboard{Rows: [][]telegram.Button{telegram.Row(telegram.Button{Text: c.voice.say("button.rotate"), Callback: "f:r"})}}
	t.reply(ctx, c, notify.PriorityReply, text+"\n"+c.voice.say("fair.how"), kb)
	return nil
}

// ownSeed is the player's part of a draw; the word random stands for a random one.
func ownSeed(typed string) string {
	if strings.EqualFold(typed, "random") {
		return ""
	}
	return typed
}

func seedsText(v voice, s games.SeedState) string {
	return v.say("fair.seeds", vars{
		"Commit": esc0(s.Commit), "Seed": esc0(s.ClientSeed), "Nonce": number(s.Nonce), "Chain": esc0(s.Chain), "Index": s.Index, "Next": esc0(s.NextCommit),
	})
}

// rotate reveals the server's seed and says what comes after it.
func (t *tenantBot) rotate(ctx context.Context, v voice, req games.RotateRequest) (string, error) {
	var out games.Rotation
	err := t.surely(ctx, false, func(bool) (err error) {
		out, err = t.deps.Engine.RotateSeed(ctx, req)
		return err
	})
	if err != nil {
		return "", err
	}
	old := out.Revealed
	return v.say("fair.revealed", vars{
		"Server": esc0(old.ServerSeed), "Commit": esc0(old.Commit), "Seed": esc0(old.ClientSeed), "Nonces": number(old.Nonces),
	}) + "\n\n" + seedsText(v, out.Now), nil
}

// pressFair rotates the seeds with a random part of the player. Its button is in private chats only.
func (t *tenantBot) pressFair(ctx context.Context, p *tap, rest string) (string, error) {
	if p.chat != p.q.From.ID || p.q.Message == nil || rest != "r" {
		return "", errForged
	}
	text, err := t.rotate(ctx, p.voice, games.RotateRequest{Tenant: t.tenant.ID, Player: p.player.ID, Key: p.key})
	if err != nil {
		return "", err
	}
	t.linked(ctx, telegram.SendMessage{ChatID: p.chat, Text: text, Keyboard: t.pageButton(p.voice)}, notify.PriorityReply, nil)
	return p.voice.say("toast.rotated"), nil
}

// pageButton opens the page that checks proofs.
func (t *tenantBot) pageButton(v voice) *telegram.Keyboard {
	url := strings.TrimRight(t.deps.PublicURL, "/") + "/verify"
	return &telegram.Keyboard{Rows: [][]telegram.Button{telegram.Row(telegram.Button{Text: v.say("button.verify"), URL: url})}}
}

// linkedReply answers a message with a text whose button opens an address.
func (t *tenantBot) linkedReply(ctx context.Context, c talk, text string, kb *telegram.Keyboard) {
	msg := telegram.SendMessage{ChatID: c.m.Chat.ID, ThreadID: c.m.Topic(), Text: text, Keyboard: kb}
	if !c.m.Chat.IsPrivate() {
		msg.Reply = &telegram.Reply{MessageID: int64(c.m.MessageID), AllowMissing: true}
	}
	t.linked(ctx, msg, notify.PriorityReply, nil)
}

// verifyPlay links the page that recomputes an instant play. It says whether there is such a play.
func (t *tenantBot) verifyPlay(ctx context.Context, c talk, id string) (bool, error) {
	proof, err := t.deps.Engine.PlayProof(ctx, id)
	if errors.Is(err, games.ErrPlayNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	kb := t.pageButton(c.voice)
	kb.Rows[0][0].URL += "?play=" + id
	t.linkedReply(ctx, c, c.voice.say("verify.play", vars{
		"Game": esc0(c.voice.game(proof.Game, "name")), "Play": esc0(proof.Play), "Commit": esc0(proof.Commit), "Open": proof.ServerSeed != "",
	}), kb)
	return true, nil
}
