package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"strconv"
	"strings"

	"fairground/games"
	"fairground/games/game"
	"fairground/internal/telegram"
	"fairground/models"
	"fairground/notify"
	"fairground/players"
)

// instant plays a game that is drawn and paid at once: with a stake it plays, without one it shows what there is to tap.
func (t *tenantBot) instant(ctx context.Context, c talk, name string) error {
	if len(c.args) == 0 {
		return t.machine(ctx, c, name)
	}
	m, err := t.member(ctx, c.group.ID, c.m.Chat.ID, c.player)
	if err != nil {
		return err
	}
	f, _, err := t.onPaper(ctx, name)
	if err != nil {
		return err
	}
	choice, stake, err := t.readBet(c, f, m)
	if err != nil {
		return err
	}
	played, err := t.spin(ctx, c.again, games.PlayRequest{
		Tenant: t.tenant.ID, Group: c.group.ID, Player: c.player.ID, Game: name, Choice: choice, Stake: stake, Key: c.key,
	})
	if err != nil {
		return err
	}
	text, kb := spun(c.voice, f, c.player, played)
	card := cardShown{chat: c.m.Chat.ID, topic: c.m.Topic(), text: text, kb: kb, reply: int64(c.m.MessageID)}
	t.showSpin(ctx, name, c.player, card, func(int64) bool { return false })
	return nil
}

// onPaper are the facts of a round that nobody opens, and the rules in force.
func (t *tenantBot) onPaper(ctx context.Context, name string) (facts, games.RoundView, error) {
	g, err := t.deps.Engine.Game(ctx, t.tenant.ID, name)
	if err != nil {
		return facts{}, games.RoundView{}, err
	}
	opening, err := g.Rules.Open(nil)
	if err != nil {
		return facts{}, games.RoundView{}, fmt.Errorf("open %s on paper: %w", name, err)
	}
	view := games.RoundView{Round: games.Round{Round: models.Round{Game: name}, Info: g.Info, Rules: g.Rules, Opening: opening}}
	return newFacts(view), view, nil
}

// machine shows an instant game with a button for every stake, or for every choice where there are several.
func (t *tenantBot) machine(ctx context.Context, c talk, name string) error {
	f, view, err := t.onPaper(ctx, name)
	if err != nil {
		return err
	}
	v := c.voice
	lines := []string{"<b>" + esc0(v.game(name, "name")) + "</b>"}
	if text := v.line(name, "card.open", view.Opening.Params); text != "" {
		lines = append(lines, html.EscapeString(text))
	}
	if hint, ok := v.own(name, "card.hint"); ok {
		lines = append(lines, html.EscapeString(hint))
	}
	lines = append(lines, v.say("instant.how", vars{"Game": name}))
	kb := &telegram.Keyboard{}
	var all []telegram.Button
	for i, choice := range f.choices {
		if f.single {
			break
		}
		all = append(all, telegram.Button{Text: v.choice(name, choice) + " · " + number(f.usual), Callback: spinData(name, i, f.usual)})
	}
	kb.Rows = grid(all, plainRow)
	for _, chip := range f.chips {
		if f.single {
			all = append(all, telegram.Button{Text: stakeLabel(v, f, chip), Callback: spinData(name, 0, chip)})
		}
	}
	if f.single {
		kb.Rows = grid(all, shownPicks)
	}
	t.reply(ctx, c, notify.PriorityReply, strings.Join(lines, "\n"), kb)
	return nil
}

func spinData(name string, choice int, stake int64) string {
	return "i:" + name + ":" + strconv.Itoa(choice) + ":" + strconv.FormatInt(stake, 10)
}

// spin makes one play, as often as it takes to know its outcome.
func (t *tenantBot) spin(ctx context.Context, again bool, req games.PlayRequest) (games.PlayReceipt, error) {
	var played games.PlayReceipt
	err := t.surely(ctx, again, func(again bool) (err error) {
		req.Again = again
		played, err = t.deps.Engine.Play(ctx, req)
		return err
	})
	return played, err
}

// pressSpin plays for whoever pressed, with the stake of the button. A player's plays are shown in one message of the player's
// own, which is edited for as long as it is the newest of them.
func (t *tenantBot) pressSpin(ctx context.Context, p *tap, rest string) (string, error) {
	name, rest, _ := strings.Cut(rest, ":")
	index, amount, _ := strings.Cut(rest, ":")
	n, err := strconv.Atoi(index)
	stake, serr := strconv.ParseInt(amount, 10, 64)
	if err != nil || serr != nil || n < 0 || stake <= 0 || !t.pace(name, game.PaceInstant) {
		return "", errForged
	}
	g, err := t.group(ctx, p.chat)
	if errors.Is(err, players.ErrGroupNotFound) {
		return "", errForged
	}
	if err != nil {
		return "", err
	}
	if _, err := t.member(ctx, g.ID, p.chat, p.player); err != nil {
		return "", err
	}
	f, _, err := t.onPaper(ctx, name)
	if err != nil {
		return "", err
	}
	if n >= len(f.choices) {
		return "", errForged
	}
	played, err := t.spin(ctx, p.again, games.PlayRequest{
		Tenant: t.tenant.ID, Group: g.ID, Player: p.player.ID, Game: name, Choice: f.choices[n], Stake: stake, Key: p.key,
	})
	if errors.Is(err, players.ErrNotMember) {
		t.known.members.drop(groupPlayer{g.ID, p.player.ID})
	}
	if err != nil {
		return "", err
	}
	text, kb := spun(t.texts.in(g.Language), f, p.player, played)
	tapped := int64(p.q.Message.MessageID)
	card := cardShown{chat: p.chat, topic: p.q.Message.Topic(), text: text, kb: kb, silent: true}
	t.showSpin(ctx, name, p.player, card, func(own int64) bool { return own >= tapped }) // an older one has been scrolled away
	return p.voice.say("toast.played", vars{
		"Result": p.voice.line(name, "card.result", resultData(played)), "Stake": number(played.Stake),
		"Payout": number(played.Payout), "Balance": number(played.Balance),
	}), nil
}

// pace says whether a game of this name has the pace.
func (t *tenantBot) pace(name string, pace game.Pace) bool {
	for _, g := range t.games {
		if g.Name == name {
			return g.Pace == pace
		}
	}
	return false
}

// showSpin shows a play in the message of the player's plays, or in a new one if that is not to be edited. One at a time: of the
// plays that come while a message is under way the last is shown.
func (t *tenantBot) showSpin(ctx context.Context, name string, p models.Player, card cardShown, editable func(message int64) bool) {
	subject := "play:" + name + ":" + strconv.FormatInt(p.ID, 10)
	card.keep = func(ctx context.Context, message int64) error { return t.cards.Set(ctx, subject, card.chat, message) }
	after := context.WithoutCancel(ctx)
	t.board.refresh(subject+":"+strconv.FormatInt(card.chat, 10), func(done func(error)) {
		own, err := t.cards.Message(after, subject, card.chat)
		if err == nil && editable(own) {
			card.message = own
		}
		t.put(after, card, done)
	}, func(error) {})
}

// spun is what a play came to: what was drawn, what it paid, and a button for the same again.
func spun(v voice, f facts, p models.Player, played games.PlayReceipt) (string, *telegram.Keyboard) {
	lines := []string{v.say("instant.title", vars{"Game": esc0(v.game(played.Game, "name")), "Name": esc(p.Name)})}
	if text := v.line(played.Game, "card.result", resultData(played)); text != "" {
		lines = append(lines, "<b>"+html.EscapeString(text)+"</b>")
	}
	lines = append(lines, v.say("instant.paid", vars{
		"Stake": number(played.Stake), "Payout": number(played.Payout), "Balance": number(played.Balance), "ID": played.ID,
	}))
	if played.Jackpot > 0 {
		lines = append(lines, v.say("result.jackpot", vars{"Name": esc(p.Name), "Amount": number(played.Jackpot)}))
	}
	choice := 0
	for i, c := range f.choices {
		if c == played.Choice {
			choice = i
		}
	}
	again, ok := v.own(played.Game, "button.again")
	if !ok {
		again = v.say("button.again")
	}
	return strings.Join(lines, "\n"), &telegram.Keyboard{Rows: [][]telegram.Button{telegram.Row(telegram.Button{
		Text: again + " · " + number(played.Stake), Callback: spinData(played.Game, choice, played.Stake),
	})}}
}

// resultData is what card.result is written from.
func resultData(played games.PlayReceipt) json.RawMessage {
	if len(played.Report) > 0 && string(played.Report) != "null" {
		return played.Report
	}
	return played.Outcome.Data
}
