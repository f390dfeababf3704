package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"fairground/games"
	"fairground/games/game"
	"fairground/internal/telegram"
	"fairground/ledger"
	"fairground/models"
	"fairground/notify"
	"fairground/workflows"
)

// Games that have a command of their own, and what the chooser opens them with.
const (
	gameDice      = "dice"
	gameDuel      = "duel"
	gameRedPacket = "redpacket"

	duelStake   = 50
	packetTotal = 100
	packetSlots = 5
)

// play offers the games.
func (t *tenantBot) play(ctx context.Context, c talk) error {
	t.reply(ctx, c, notify.PriorityReply, c.voice.say("play.choose"), chooser(c.voice))
	return nil
}

func chooser(v voice) *telegram.Keyboard {
	kb := &telegram.Keyboard{}
	for _, name := range []string{gameDice, gameRedPacket, gameDuel} {
		text := v.say("play."+name, vars{"Stake": number(duelStake), "Total": number(packetTotal), "Count": packetSlots})
		kb.Rows = append(kb.Rows, telegram.Row(telegram.Button{Text: text, Callback: "g:" + name}))
	}
	return kb
}

// chosenParams are the params of a game opened from the chooser.
func chosenParams(name string) any {
	switch name {
	case gameRedPacket:
		return packetParams{Total: packetTotal, Count: packetSlots, Mode: "random"}
	case gameDuel:
		return duelParams{Stake: duelStake}
	}
	return nil
}

// packetParams are what opens a red packet.
type packetParams struct {
	Total int64  `json:"total"`
	Count int64  `json:"shares"`
	Mode  string `json:"mode"`
	Mine  *int64 `json:"mine,omitempty"`
}

// duelParams are what opens a duel.
type duelParams struct {
	Stake int64 `json:"stake"`
}

// dice opens a round, and with a choice bets in it or in the one that is running. A bet that
// can't be placed opens nothing.
func (t *tenantBot) dice(ctx context.Context, c talk) error {
	if len(c.args) > 0 {
		if err := t.affordable(ctx, c, gameDice); err != nil {
			return err
		}
	}
	view, err := t.open(ctx, c, gameDice, nil)
	running := errors.Is(err, games.ErrRoundRunning)
	if err != nil && (!running || len(c.args) == 0) {
		return t.running(ctx, c, err)
	}
	if len(c.args) == 0 {
		return nil
	}
	id := view.ID
	if running {
		if id = runningRound(err); id == "" {
			return err
		}
	}
	return t.betByText(ctx, c, id)
}

// betByText places the bet that a command's arguments name.
func (t *tenantBot) betByText(ctx context.Context, c talk, id string) error {
	f, err := t.facts(ctx, id)
	if err != nil {
		return err
	}
	m, err := t.member(ctx, c.group.ID, c.m.Chat.ID, c.player)
	if err != nil {
		return err
	}
	choice, stake, err := t.readBet(c, f, m)
	if err != nil {
		return err
	}
	receipt, err := t.deps.Engine.PlaceBet(ctx, games.BetRequest{
		Tenant: t.tenant.ID, Round: id, Player: c.player.ID, Choice: choice, Stake: stake, Key: c.key + ":bet", Again: c.again,
	})
	if err != nil {
		return err
	}
	t.reply(ctx, c, notify.PriorityMoney, esc0(c.voice.accepted(f, receipt)), nil)
	t.placed(ctx, receipt)
	return nil
}

// readBet reads the choice and the stake that a command's arguments name.
func (t *tenantBot) readBet(c talk, f facts, m models.Member) (choice string, stake int64, err error) {
	if choice, err = t.choiceOf(c.voice, f, c.args[0]); err != nil {
		return "", 0, err
	}
	stake = f.stake(m)
	if len(c.args) > 1 {
		// What is no amount is refused like one that is too small, with the range that is allowed.
		if stake, err = amount("stake", c.args[1]); err != nil {
			stake = 0
		}
	}
	return choice, stake, nil
}

// affordable refuses a bet that a round opened now would refuse: its choice, its stake, or more
// than the person has.
func (t *tenantBot) affordable(ctx context.Context, c talk, name string) error {
	m, err := t.member(ctx, c.group.ID, c.m.Chat.ID, c.player)
	if err != nil {
		return err
	}
	g, err := t.deps.Engine.Game(ctx, t.tenant.ID, name)
	if err != nil {
		return err
	}
	opening, err := g.Rules.Open(nil)
	if err != nil {
		return fmt.Errorf("open %s on paper: %w", name, err)
	}
	f := newFacts(games.RoundView{Round: games.Round{Round: models.Round{Game: name}, Rules: g.Rules, Opening: opening}})
	choice, stake, err := t.readBet(c, f, m)
	if err != nil {
		return err
	}
	var wrong *game.Error
	if _, err = g.Rules.CheckBet(opening, game.Bet{Choice: choice, Stake: stake}); errors.As(err, &wrong) {
		return models.FieldError(string(wrong.Code), wrong.Field, wrong.Fix)
	}
	if err != nil {
		return err
	}
	return t.covered(ctx, c, stake)
}

// covered refuses a stake that the person does not have. While a round runs the bet itself
// decides: it may be the repetition of one that was taken.
func (t *tenantBot) covered(ctx context.Context, c talk, stake int64) error {
	balance, err := t.deps.Ledger.Balance(ctx, t.tenant.ID, c.group.ID, games.AssetPoints, c.player.ID)
	if err != nil || balance >= stake {
		return err
	}
	views, err := t.deps.Engine.OpenRounds(ctx, t.tenant.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(views, func(v games.RoundView) bool { return v.GroupID == c.group.ID && !v.Acting }) {
		return nil
	}
	return &models.Error{Code: ledger.ErrInsufficientFunds.Code, Data: map[string]any{"balance": balance, "needed": stake}}
}

// redPacket opens a red packet: total, count, and how it is split.
func (t *tenantBot) redPacket(ctx context.Context, c talk) error {
	params, ok := readPacket(c.args)
	if !ok {
		t.reply(ctx, c, notify.PriorityReply, c.voice.say("usage.redpacket"), nil)
		return nil
	}
	_, err := t.open(ctx, c, gameRedPacket, params)
	return t.running(ctx, c, err)
}

func readPacket(args []string) (packetParams, bool) {
	p := packetParams{Mode: "random"}
	if len(args) < 2 || len(args) > 4 {
		return p, false
	}
	var err error
	if p.Total, err = amount("total", args[0]); err != nil {
		return p, false
	}
	if p.Count, err = amount("count", args[1]); err != nil {
		return p, false
	}
	if len(args) > 2 {
		p.Mode = strings.ToLower(args[2])
	}
	switch {
	case p.Mode == "mine" && len(args) == 4:
		digit, err := strconv.ParseInt(args[3], 10, 64)
		p.Mine = &digit
		return p, err == nil && digit >= 0 && digit <= 9
	case p.Mode == "random" || p.Mode == "equal":
		return p, len(args) <= 3
	}
	return p, false
}

// duel opens a coin flip for one other player.
func (t *tenantBot) duel(ctx context.Context, c talk) error {
	stake, ok := onlyAmount(c.args)
	if !ok {
		t.reply(ctx, c, notify.PriorityReply, c.voice.say("usage.duel"), nil)
		return nil
	}
	_, err := t.open(ctx, c, gameDuel, duelParams{Stake: stake})
	return t.running(ctx, c, err)
}

// open opens a round for the person who asked and shows it.
func (t *tenantBot) open(ctx context.Context, c talk, name string, params any) (games.RoundView, error) {
	if _, err := t.member(ctx, c.group.ID, c.m.Chat.ID, c.player); err != nil {
		return games.RoundView{}, err
	}
	req := games.OpenRequest{Tenant: t.tenant.ID, Group: c.group.ID, Player: c.player.ID, Game: name, Key: c.key, Again: c.again}
	if params != nil {
		raw, err := json.Marshal(params)
		if err != nil {
			return games.RoundView{}, err
		}
		req.Params = raw
	}
	view, err := t.deps.Engine.Open(ctx, req)
	if err != nil {
		return games.RoundView{}, err
	}
	t.started(ctx, workflows.RoundInput{
		Tenant: t.tenant.ID, Round: view.ID, Group: view.Group, Game: view.Game, ClosesAt: view.ClosesAt,
	})
	t.known.rounds.put(view.ID, newFacts(view))
	t.live.show(ctx, view, c.m.Topic())
	return view, nil
}

// running answers "a round is running" by pointing at it; every other error goes on.
func (t *tenantBot) running(ctx context.Context, c talk, err error) error {
	if !errors.Is(err, games.ErrRoundRunning) {
		return err
	}
	msg := telegram.SendMessage{ChatID: c.m.Chat.ID, ThreadID: c.m.Topic(), Text: c.voice.say("error.games.round_running")}
	// Without the round it is an answer all the same.
	view, _ := t.deps.Engine.Round(ctx, t.tenant.ID, runningRound(err))
	after := context.WithoutCancel(ctx)
	t.live.locate(view, func(message int64) {
		if message != 0 {
			msg.Reply = &telegram.Reply{MessageID: message, AllowMissing: true}
		}
		t.send(after, notify.PriorityReply, msg, nil)
	})
	return nil
}

// runningRound is the round that an ErrRoundRunning names.
func runningRound(err error) string {
	var refused *models.Error
	if !errors.As(err, &refused) {
		return ""
	}
	id, _ := refused.Data["round"].(string)
	return id
}

// choiceOf reads a choice that a person typed: its own name, its name in a language, or a
// plain number for a sum.
func (t *tenantBot) choiceOf(v voice, f facts, typed string) (string, error) {
	typed = strings.ToLower(typed)
	for _, choice := range f.choices {
		for _, lang := range append([]string{v.lang}, languages()...) {
			if typed == choice || typed == strings.ToLower(t.texts.in(lang).choice(f.game, choice)) {
				return choice, nil
			}
		}
	}
	if slices.Contains(f.choices, "sum."+typed) {
		return "sum." + typed, nil
	}
	return "", models.FieldError("games.invalid_choice", "choice", f.typed())
}

// onlyAmount reads the one argument of a command.
func onlyAmount(args []string) (int64, bool) {
	if len(args) != 1 {
		return 0, false
	}
	n, err := amount("stake", args[0])
	return n, err == nil
}

// amount reads a positive whole number.
func amount(field, typed string) (int64, error) {
	n, err := strconv.ParseInt(strings.ReplaceAll(typed, ",", ""), 10, 64)
	if err != nil || n <= 0 {
		return 0, models.FieldError("games.invalid_params", field, "a positive whole number")
	}
	return n, nil
}
