package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"fairground/games"
	"fairground/internal/clock"
	"fairground/internal/postgres"
	"fairground/internal/telegram"
	"fairground/models"
	"fairground/players"
)

// errForged is a callback that no button of ours carries in that place.
var errForged = models.E("bot.forged", "the callback belongs to no button here")

// errTooLong is a callback longer than any that Telegram carries.
var errTooLong = models.E("bot.too_long", "the callback is longer than 64 bytes")

// retries of a bet whose outcome is unknown; the key makes them harmless.
const (
	betTries  = 3
	betPause  = 200 * time.Millisecond
	dataLimit = 64
)

// tap is one press of a button.
type tap struct {
	q      *telegram.CallbackQuery
	chat   int64
	voice  voice
	player models.Player
	key    string
	again  bool // it was handled before, to an unknown end
}

// tapped answers a press: what it asks for is committed first, then the toast says so.
func (t *tenantBot) tapped(ctx context.Context, q *telegram.CallbackQuery, again bool) error {
	if q.From == nil || q.From.IsBot {
		return nil
	}
	p := tap{q: q, voice: t.texts.in(q.From.LanguageCode, t.tenant.Language), key: fmt.Sprintf("tg:%d:%s", t.id, q.ID), again: again}
	if q.Message != nil && q.Message.Chat != nil {
		p.chat = q.Message.Chat.ID
	}
	toast, err := t.press(ctx, &p)
	if err != nil {
		var refused bool
		if toast, refused = p.voice.refusal(err); !refused {
			t.log.WarnContext(ctx, "a tap failed", slog.Any("error", err))
			toast = p.voice.trouble(err)
		}
	}
	answer := telegram.AnswerCallback{ID: q.ID, Text: clip(toast, toastLimit)}
	if err := t.gov.Answer(ctx, answer); err != nil {
		t.log.DebugContext(ctx, "a tap was not answered", slog.Any("error", err))
	}
	return nil
}

// press finds out who pressed what and does it. It returns the toast.
func (t *tenantBot) press(ctx context.Context, p *tap) (string, error) {
	if len(p.q.Data) > dataLimit {
		return "", errTooLong
	}
	if p.chat == 0 {
		return "", errForged
	}
	var err error
	if p.player, err = t.person(ctx, p.q.From); err != nil {
		return "", err
	}
	p.voice = t.texts.in(p.player.Language, t.tenant.Language)
	if _, ok := spoken(p.player.Language); !ok && p.chat < 0 {
		if g, err := t.group(ctx, p.chat); err == nil {
			p.voice = t.texts.in(g.Language)
		}
	}
	verb, rest, _ := strings.Cut(p.q.Data, ":")
	switch verb {
	case "l":
		return t.pressLanguage(ctx, p, rest)
	case "g":
		return t.pressGame(ctx, p, rest)
	case "w":
		return t.pressCashier(ctx, p, rest)
	case "r":
		return t.pressReview(ctx, p, rest)
	case "b", "s", "c", "j", "a":
		return t.pressRound(ctx, p, verb, rest)
	case "i":
		return t.pressSpin(ctx, p, rest)
	case "f":
		return t.pressFair(ctx, p, rest)
	case "k":
		return t.pressShop(ctx, p, rest)
	case "p":
		return t.pressArcade(ctx, p, rest)
	}
	return "", errForged
}

// pressRound does what a button of a round says, if the round is of this chat and the person
// a member of it.
func (t *tenantBot) pressRound(ctx context.Context, p *tap, verb, rest string) (string, error) {
	id, index, _ := strings.Cut(rest, ":")
	f, err := t.facts(ctx, id)
	if err == nil && f.chat != p.chat {
		// The group may have become a supergroup since the round was read.
		t.known.rounds.drop(id)
		f, err = t.facts(ctx, id)
	}
	if errors.Is(err, games.ErrRoundNotFound) || (err == nil && f.chat != p.chat) {
		return "", errForged
	}
	if err != nil {
		return "", err
	}
	m, err := t.member(ctx, f.group, p.chat, p.player)
	if err != nil {
		return "", err
	}
	switch verb {
	case "c":
		if !f.acting || index != "" {
			return "", errForged
		}
		return t.pressClaim(ctx, p, f)
	case "j":
		if f.join == "" || index != "" {
			return "", errForged
		}
		return t.pressBet(ctx, p, f, f.join, f.usual)
	}
	if verb == "a" {
		return t.pressAct(ctx, p, f, index)
	}
	index, chip, exact := strings.Cut(index, ":")
	n, err := strconv.Atoi(index)
	switch {
	case err != nil || n < 0 || f.acting || f.join != "":
		return "", errForged
	case verb == "b" && n < len(f.choices) && exact:
		i, err := strconv.Atoi(chip)
		if err != nil || i < 0 || i >= len(f.chips) {
			return "", errForged
		}
		return t.pressBet(ctx, p, f, f.choices[n], f.chips[i])
	case exact:
		return "", errForged
	case verb == "b" && n < len(f.choices):
		return t.pressBet(ctx, p, f, f.choices[n], f.stake(m))
	case verb == "s" && n < len(f.chips):
		return t.pressStake(ctx, p, f, f.chips[n])
	}
	return "", errForged
}

// pressBet stakes on a choice.
func (t *tenantBot) pressBet(ctx context.Context, p *tap, f facts, choice string, stake int64) (string, error) {
	var receipt games.Receipt
	err := t.surely(ctx, p.again, func(again bool) (err error) {
		receipt, err = t.deps.Engine.PlaceBet(ctx, games.BetRequest{
			Tenant: t.tenant.ID, Round: f.round, Player: p.player.ID, Choice: choice, Stake: stake, Key: p.key, Again: again,
		})
		return err
	})
	if errors.Is(err, players.ErrNotMember) {
		t.known.members.drop(groupPlayer{f.group, p.player.ID})
	}
	if err != nil {
		return "", err
	}
	t.placed(ctx, receipt)
	return p.voice.accepted(f, receipt), nil
}

// pressClaim takes the next share.
func (t *tenantBot) pressClaim(ctx context.Context, p *tap, f facts) (string, error) {
	var receipt games.ClaimReceipt
	err := t.surely(ctx, p.again, func(again bool) (err error) {
		receipt, err = t.deps.Engine.Claim(ctx, games.ClaimRequest{
			Tenant: t.tenant.ID, Round: f.round, Player: p.player.ID, Key: p.key, Again: again,
		})
		return err
	})
	if err != nil {
		return "", err
	}
	t.live.touch(f.round)
	if receipt.Left == 0 {
		t.full(ctx, f.round)
	}
	key := "toast.claimed"
	if receipt.Loss > 0 {
		key = "toast.mine"
	}
	return p.voice.say(key, vars{"Amount": number(receipt.Amount), "Loss": number(receipt.Loss), "Balance": number(receipt.Balance)}), nil
}

// pressStake keeps the stake of the person's next taps in the group.
func (t *tenantBot) pressStake(ctx context.Context, p *tap, f facts, stake int64) (string, error) {
	err := t.deps.Players.SetStake(ctx, t.tenant.ID, f.group, p.player.ID, stake)
	t.known.members.drop(groupPlayer{f.group, p.player.ID})
	if err != nil {
		return "", err
	}
	return p.voice.say("toast.stake", vars{"Stake": number(stake)}), nil
}

// pressLanguage sets a person's language from the buttons of the first /start.
func (t *tenantBot) pressLanguage(ctx context.Context, p *tap, tag string) (string, error) {
	lang, ok := spoken(tag)
	if !ok {
		return "", errForged
	}
	if err := t.speak(ctx, p.player.ID, p.q.From.ID, lang); err != nil {
		return "", err
	}
	v := t.texts.in(lang)
	if p.chat > 0 {
		t.edit(ctx, telegram.EditMessage{
			ChatID: p.chat, MessageID: int64(p.q.Message.MessageID), Keyboard: t.addButton(v),
			Text: v.say("private.ready", vars{"Name": esc(p.player.Name), "Tenant": esc(t.tenant.Name)}),
		}, false, nil)
	}
	return v.say("lang.set"), nil
}

// placed lets the live message and a full round's workflow know.
func (t *tenantBot) placed(ctx context.Context, r games.Receipt) {
	t.live.touch(r.Round)
	if r.Full {
		t.full(ctx, r.Round)
	}
}

// surely repeats work whose outcome a broken connection left unknown. It tells the work whether
// it may have been done before.
func (t *tenantBot) surely(ctx context.Context, again bool, work func(again bool) error) error {
	pause := betPause
	for try := 1; ; try++ {
		err := work(again || try > 1)
		if !errors.Is(err, postgres.ErrUnavailable) || try == betTries {
			return err
		}
		if serr := clock.Sleep(ctx, t.deps.Clock, pause); serr != nil {
			return err
		}
		pause *= 4
	}
}

// accepted is what a person reads about an accepted bet.
func (v voice) accepted(f facts, r games.Receipt) string {
	with := vars{"Choice": v.choice(f.game, r.Choice), "Stake": number(r.Stake), "Balance": number(r.Balance)}
	if odd, ok := f.odds[r.Choice]; ok && odd.PaysBP > 0 {
		with["Pays"] = times(odd.PaysBP)
		return v.say("toast.bet", with)
	}
	return v.say("toast.bet_plain", with)
}
