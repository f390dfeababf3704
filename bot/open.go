package bot

import (
	"context"
	"encoding/json"
	"errors"
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

// readBet reads the choice and the stake that a command's arguments name. Where there is one choice alone it may be left out.
func (t *tenantBot) readBet(c talk, f facts, m models.Member) (choice string, stake int64, err error) {
	stakes := c.args[1:]
	if choice, err = t.choiceOf(c.voice, f, c.args[0]); err != nil {
		if len(f.choices) != 1 || len(stakes) > 0 {
			return "", 0, err
		}
		choice, stakes = f.choices[0], c.args
	}
	stake = f.stake(m)
	if len(stakes) > 0 {
		// What is no amount is refused like one that is too small, with the range that is allowed.
		if stake, err = amount("stake", stakes[0]); err != nil {
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
	f, view, err := t.onPaper(ctx, name)
	if err != nil {
		return err
	}
	choice, stake, err := t.readBet(c, f, m)
	if err != nil {
		return err
	}
	var wrong *game.Error
	if _, err = view.Rules.CheckBet(view.Opening, game.Bet{Choice: choice, Stake: stake}); errors.As(err, &wrong) {
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

// open opens a round for the person who asked and shows it.
func (t *tenantBot) open(ctx context.Context, c talk, name string, params json.RawMessage) (games.RoundView, error) {
	if _, err := t.member(ctx, c.group.ID, c.m.Chat.ID, c.player); err != nil {
		return games.RoundView{}, err
	}
	req := games.OpenRequest{
		Tenant: t.tenant.ID, Group: c.group.ID, Player: c.player.ID, Game: name, Params: params, Key: c.key, Again: c.again,
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

// busy answers "a round is running" by pointing at it; every other error goes on.
func (t *tenantBot) busy(ctx context.Context, c talk, err error) error {
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
	for _, choice := range f.choices {
		if _, short, ok := strings.Cut(choice, "."); ok && short == typed {
			return choice, nil
		}
	}
	return "", models.FieldError("games.invalid_choice", "choice", f.typed())
}

// amount reads a positive whole number.
func amount(field, typed string) (int64, error) {
	n, err := strconv.ParseInt(strings.ReplaceAll(typed, ",", ""), 10, 64)
	if err != nil || n <= 0 {
		return 0, models.FieldError("games.invalid_params", field, "a positive whole number")
	}
	return n, nil
}
