package bot

import (
	"context"
	"strconv"
	"strings"

	"fairground/internal/telegram"
)

// pin asks for a new PIN, and for the old one when there is one: in one message, so that neither has to be kept.
func (t *tenantBot) pin(ctx context.Context, w teller) (screen, error) {
	has, err := t.deps.Players.Credentials(ctx, t.tenant.ID, w.player.ID)
	if err != nil {
		return screen{}, err
	}
	text := w.voice.say("pin.set")
	if has.HasPIN || has.HasTOTP {
		text = w.voice.say("pin.change")
	}
	out, err := t.prompt(ctx, w, dialogue{Step: stepPIN}, text)
	if !has.HasTOTP {
		out.kb = rows(telegram.Button{Text: w.voice.say("button.totp"), Callback: "w:totp"})
	}
	return out, err
}

// pinGiven sets the PIN: the last word, proven by the one before it.
func (t *tenantBot) pinGiven(ctx context.Context, w teller, text string) (screen, error) {
	has, err := t.deps.Players.Credentials(ctx, t.tenant.ID, w.player.ID)
	if err != nil {
		return screen{}, err
	}
	words := strings.Fields(text)
	changes := has.HasPIN || has.HasTOTP
	old, fresh := "", words[len(words)-1]
	switch {
	case changes && len(words) == 2:
		old = words[0]
	case changes || len(words) != 1:
		return screen{text: w.voice.say("pin.usage")}, nil
	}
	if err := t.deps.Players.SetPIN(ctx, t.tenant.ID, w.player.ID, old, fresh); err != nil {
		return screen{}, err
	}
	if err := t.over(ctx, w); err != nil {
		return screen{}, err
	}
	if !changes {
		return screen{text: w.voice.say("pin.done")}, nil
	}
	return screen{text: w.voice.say("pin.changed")}, nil
}

// enrolAsk begins to add an authenticator: whoever has a PIN shows it first.
func (t *tenantBot) enrolAsk(ctx context.Context, w teller) (screen, error) {
	has, err := t.deps.Players.Credentials(ctx, t.tenant.ID, w.player.ID)
	if err != nil {
		return screen{}, err
	}
	if has.HasPIN || has.HasTOTP {
		return t.prompt(ctx, w, dialogue{Step: stepEnrol}, w.voice.say("totp.code"))
	}
	return t.enrol(ctx, w, "")
}

// totpSubject is the card that shows a person's new secret.
func totpSubject(w teller) string { return "totp:" + strconv.FormatInt(w.player.ID, 10) }

// enrol shows the secret of a new authenticator.
func (t *tenantBot) enrol(ctx context.Context, w teller, old string) (screen, error) {
	made, err := t.deps.Players.EnrolTOTP(ctx, t.tenant.ID, w.player.ID, old)
	if err != nil {
		return screen{}, err
	}
	if err := t.remember(ctx, w.chat, dialogue{Step: stepConfirm}); err != nil {
		return screen{}, err
	}
	after := context.WithoutCancel(ctx)
	t.sendCard(after, cardShown{
		chat: w.chat, text: w.voice.say("totp.secret", vars{"Secret": made.Secret, "URL": esc0(made.URL)}),
		keep: func(ctx context.Context, message int64) error {
			return t.cards.Set(ctx, totpSubject(w), w.chat, message)
		},
	}, func(error) {})
	return screen{}, nil
}

// confirmEnrolment puts the authenticator in force and deletes the message that showed its secret.
func (t *tenantBot) confirmEnrolment(ctx context.Context, w teller, code string) (screen, error) {
	if err := t.deps.Players.ConfirmTOTP(ctx, t.tenant.ID, w.player.ID, code); err != nil {
		return screen{}, err
	}
	if message, err := t.cards.Message(ctx, totpSubject(w), w.chat); err == nil && message != 0 {
		t.erase(ctx, w.chat, message)
	}
	return screen{text: w.voice.say("totp.done")}, t.over(ctx, w)
}
