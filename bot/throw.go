package bot

import (
	"context"
	"encoding/json"
	"errors"

	"fairground/games"
	"fairground/internal/telegram"
	"fairground/models"
	"fairground/notify"
)

// deliverThrow throws the dice that a group chose as the source of a round, once. A throw of unknown outcome is never repeated:
// the engine gives the stakes back when no value comes.
func (t *tenantBot) deliverThrow(ctx context.Context, round string, done func(error)) {
	view, err := t.deps.Engine.Round(ctx, t.tenant.ID, round)
	if err != nil || view.Status != models.RoundClosed {
		done(err)
		return
	}
	if thrown, ok := t.known.throws.get(round); ok { // thrown, and not taken yet
		done(t.provide(ctx, thrown))
		return
	}
	subject := "throw:" + round
	if begun, err := t.cards.Message(ctx, subject, view.GroupID); err != nil || begun != 0 {
		done(err)
		return
	}
	if err := t.cards.Set(ctx, subject, view.GroupID, throwBegun); err != nil {
		done(err)
		return
	}
	t.throw(ctx, view, func(err error) {
		if notThrown(err) {
			err = errors.Join(err, t.cards.Set(context.WithoutCancel(ctx), subject, view.GroupID, 0))
		}
		done(err)
	})
}

// throwBegun stands for the message of dice that may have been thrown.
const throwBegun = -1

// notThrown says that Telegram certainly has thrown no dice.
func notThrown(err error) bool {
	return telegram.Refused(err) || errors.Is(err, telegram.ErrTooManyRequests) || errors.Is(err, notify.ErrClosed) || errors.Is(err, notify.ErrFull)
}

// throw sends the dice and gives the engine their value.
func (t *tenantBot) throw(ctx context.Context, view games.RoundView, done func(error)) {
	dice := telegram.SendDice{ChatID: view.ChatID, Emoji: view.Opening.Emoji}
	if view.TopicID != nil {
		dice.ThreadID = *view.TopicID
	}
	if view.MessageID != nil {
		dice.Reply = &telegram.Reply{MessageID: *view.MessageID, AllowMissing: true}
	}
	after := context.WithoutCancel(ctx)
	job := notify.Job{Chat: view.ChatID, Priority: notify.PriorityMoney, Method: "sendDice", Params: dice, Once: true}
	job.Done = func(result json.RawMessage, err error) {
		var sent telegram.Thrown
		if err == nil {
			err = json.Unmarshal(result, &sent)
		}
		if err != nil {
			done(err)
			return
		}
		thrown := games.Provided{Tenant: t.tenant.ID, Round: view.ID, Value: sent.Dice.Value, Message: sent.MessageID}
		t.known.throws.put(view.ID, thrown)
		done(t.provide(after, thrown))
	}
	if err := t.gov.Submit(job); err != nil {
		done(err)
	}
}

// provide gives the engine what was thrown. A round that is over needs it no more.
func (t *tenantBot) provide(ctx context.Context, thrown games.Provided) error {
	err := t.surely(ctx, false, func(bool) error { return t.deps.Engine.Provide(ctx, thrown) })
	if errors.Is(err, games.ErrRoundClosed) {
		err = nil
	}
	if err != nil {
		return err
	}
	t.known.throws.drop(thrown.Round)
	return nil
}
