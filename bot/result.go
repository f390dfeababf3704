package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"strings"

	"fairground/games"
	"fairground/internal/telegram"
	"fairground/models"
	"fairground/notify"
)

// What the notifications outbox carries for the bot.
const (
	kindResult = "round.result"
	kindVoided = "round.voided"
	kindLive   = "round.live"  // its run began
	kindThrow  = "round.throw" // it waits for the dice of the chat

	kindJackpot = "jackpot.won" // by a play, which the payload names as its round

	kindWithdrawal = "withdrawal.status" // for the player
	kindReview     = "withdrawal.review" // for the reviewers' chat
	kindDeposit    = "deposit.status"
	kindRefund     = "stars.refund"

	kindIncident       = "incident"           // for the reviewers' chat
	kindQuarantine     = "quarantine"         // the same
	kindProof          = "credential.changed" // for the player
	kindAddressAdded   = "address.added"
	kindAddressRemoved = "address.removed"
)

const (
	cardTries     = 4 // attempts at a notice that wait for the card's final edit
	resultWinners = 10
	winnersRead   = 200
)

// errNotFinal means that a result was announced before it could be read; it is tried again.
var errNotFinal = errors.New("bot: the round has not ended yet")

// deliver turns a notification into the message it asks for. The texts are made here, in the
// group's language of now.
func (t *tenantBot) deliver(ctx context.Context, n notify.Notice, done func(error)) {
	var payload struct {
		Round      string `json:"round"`
		Withdrawal string `json:"withdrawal"`
		Deposit    string `json:"deposit"`
	}
	if err := json.Unmarshal(n.Payload, &payload); err != nil {
		done(fmt.Errorf("%w: kind %q", notify.ErrDrop, n.Kind))
		return
	}
	switch n.Kind {
	case kindResult, kindVoided:
		t.deliverResult(ctx, n, payload.Round, done)
	case kindLive:
		t.deliverLive(ctx, payload.Round, done)
	case kindThrow:
		t.deliverThrow(ctx, payload.Round, done)
	case kindWithdrawal, kindReview:
		t.deliverWithdrawal(ctx, n, payload.Withdrawal, done)
	case kindDeposit:
		t.showDeposit(ctx, n.ChatID, payload.Deposit, done)
	case kindRefund:
		t.refundStars(ctx, n, done)
	case kindIncident, kindQuarantine, kindProof, kindAddressAdded, kindAddressRemoved, kindItemReceived, kindItemInsured, kindJackpot:
		t.deliverTold(ctx, n, done)
	default:
		done(fmt.Errorf("%w: kind %q", notify.ErrDrop, n.Kind))
	}
}

// deliverResult shows the end of a round.
func (t *tenantBot) deliverResult(ctx context.Context, n notify.Notice, round string, done func(error)) {
	view, err := t.deps.Engine.Round(ctx, t.tenant.ID, round)
	if err != nil {
		done(err)
		return
	}
	if !view.Status.Final() {
		done(errNotFinal)
		return
	}
	g, err := t.deps.Players.Group(ctx, t.tenant.ID, view.GroupID)
	if err != nil {
		done(err)
		return
	}
	v := t.texts.in(g.Language)
	text, err := t.resultText(ctx, v, view)
	if err != nil {
		done(err)
		return
	}
	msg := telegram.SendMessage{ChatID: g.ChatID, Text: text, Silent: true, Keyboard: t.verifyButton(v, view.ID)}
	if g.TopicID != nil {
		msg.ThreadID = *g.TopicID
	}
	if view.MessageID != nil {
		msg.Reply = &telegram.Reply{MessageID: *view.MessageID, AllowMissing: true}
	}
	after := context.WithoutCancel(ctx)
	// The card's end comes first, so that a round whose result is noted as sent has no buttons
	// left, whenever the bot dies. A card that can't be edited holds the result up only for so long.
	t.live.finish(ctx, view, func(err error) {
		if err != nil && (n.Attempts < cardTries || errors.Is(err, notify.ErrClosed)) {
			done(err)
			return
		}
		t.linked(after, msg, notify.PriorityMoney, func(err error) {
			if errors.Is(err, telegram.ErrForbidden) {
				t.lost(after, g)
			}
			done(err)
		})
	})
}

// lost notes that the bot may no longer write to a group.
func (t *tenantBot) lost(ctx context.Context, g models.Group) {
	t.known.groups.drop(g.ChatID)
	if err := t.deps.Players.RemoveGroup(ctx, t.tenant.ID, g.ID); err != nil {
		t.log.WarnContext(ctx, "a lost group was not noted", slog.String("group", g.PublicID), slog.Any("error", err))
	}
}

// resultText is the final message of a round.
func (t *tenantBot) resultText(ctx context.Context, v voice, view games.RoundView) (string, error) {
	name := esc(v.game(view.Game, "name"))
	if view.Status == models.RoundVoided {
		reason := ""
		if view.VoidReason != nil {
			reason = *view.VoidReason
		}
		why, ok := v.try("void." + reason)
		if !ok {
			why = v.say("void.other")
		}
		return v.say("result.voided", vars{"Game": name, "Reason": why, "Round": view.ID}), nil
	}
	lines := []string{v.say("result.title", vars{"Game": name, "Round": view.ID})}
	var outcome struct {
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(view.Outcome, &outcome); err != nil {
		return "", fmt.Errorf("read the outcome of round %s: %w", view.ID, err)
	}
	data := outcome.Data
	if len(view.Report) > 0 {
		data = view.Report
	}
	if text := v.line(view.Game, "card.result", data); text != "" {
		lines = append(lines, "<b>"+html.EscapeString(text)+"</b>")
	}
	if view.Acting {
		return strings.Join(append(lines, shares(v, view)...), "\n"), nil
	}
	winners, err := t.deps.Engine.Winners(ctx, t.tenant.ID, view.ID, winnersRead)
	if err != nil {
		return "", err
	}
	lines = append(lines, won(v, view, outcome.Data, winners)...)
	lucky, err := t.jackpot(ctx, v, view)
	return strings.Join(append(lines, lucky...), "\n"), err
}

// potWins is how many wins of a group's pot are looked through for a round's.
const potWins = 100

// jackpot says who won the group's pot by a round.
func (t *tenantBot) jackpot(ctx context.Context, v voice, view games.RoundView) ([]string, error) {
	wins, err := t.deps.Engine.JackpotWins(ctx, t.tenant.ID, view.GroupID, potWins)
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, win := range wins {
		if win.Ref != view.ID {
			continue
		}
		p, err := t.deps.Players.PlayerByPublicID(ctx, t.tenant.ID, win.Winner)
		if err != nil {
			return nil, err
		}
		name := p.Name
		lines = append(lines, v.say("result.jackpot", vars{"Name": esc(name), "Amount": number(win.Amount)}))
	}
	return lines, nil
}

// won lists which choices won and who gained what.
func won(v voice, view games.RoundView, data json.RawMessage, winners []games.Winner) []string {
	var lines []string
	var facts struct {
		Wins []string `json:"wins"`
	}
	if json.Unmarshal(data, &facts) == nil && len(facts.Wins) > 0 && view.Seats == 0 {
		names := make([]string, len(facts.Wins))
		for i, choice := range facts.Wins {
			names[i] = html.EscapeString(v.choice(view.Game, choice))
		}
		lines = append(lines, v.say("result.wins", vars{"Choices": strings.Join(names, ", ")}))
	}
	var paid, more int64
	for _, w := range winners {
		if w.Won == 0 {
			continue
		}
		paid++
		if paid > resultWinners {
			more++
			continue
		}
		lines = append(lines, v.say("result.winner", vars{
			"Name": esc(w.Name), "Won": number(w.Won), "Staked": number(w.Staked), "Net": signed(w.Won - w.Staked),
		}))
	}
	switch {
	case paid == 0:
		lines = append(lines, v.say("result.nobody"))
	case more > 0:
		lines = append(lines, v.say("result.more", vars{"N": number(more)}))
	}
	return append(lines, v.say("result.totals", vars{"Bets": number(view.Bets), "Pot": number(view.Pot), "Paid": number(view.Paid)}))
}

// shares lists who took what from a red packet, and who was luckiest.
func shares(v voice, view games.RoundView) []string {
	var lines []string
	var taken int64
	best := -1
	for i, c := range view.Claims {
		taken += c.Amount
		if best < 0 || c.Amount > view.Claims[best].Amount {
			best = i
		}
	}
	for i, c := range view.Claims {
		if i == 2*resultWinners {
			lines = append(lines, v.say("result.more", vars{"N": number(int64(len(view.Claims) - i))}))
			break
		}
		key := "result.share"
		if c.Loss > 0 {
			key = "result.mine"
		}
		line := v.say(key, vars{"Name": esc(c.Name), "Amount": number(c.Amount), "Loss": number(c.Loss)})
		if i == best && len(view.Claims) > 1 {
			line += " " + v.say("result.luckiest")
		}
		lines = append(lines, line)
	}
	if len(view.Claims) == 0 {
		lines = append(lines, v.say("result.untouched"))
	}
	if rest := view.Pot - taken; rest > 0 {
		lines = append(lines, v.say("result.rest", vars{"N": number(view.SlotsLeft), "Amount": number(rest), "Name": esc(view.Opener)}))
	}
	return lines
}
