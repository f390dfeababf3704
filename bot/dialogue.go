package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"fairground/internal/telegram"
	"fairground/models"
	"fairground/notify"
)

// step is what the next message of a person means.
type step string

// The steps of dialogues.
const (
	stepTopUp       step = "topup.amount"
	stepWithdraw    step = "withdraw.amount"
	stepWithdrawPIN step = "withdraw.code"
	stepLabel       step = "address.label"
	stepDestination step = "address.destination"
	stepAddressPIN  step = "address.code"
	stepPIN         step = "pin"
	stepEnrol       step = "totp.code"
	stepConfirm     step = "totp.confirm"
	stepLimit       step = "limit.amount"
	stepLink        step = "link"
	stepUp          step = "stepup"
)

// dialogue is what the bot remembers of a talk between two messages. It is sealed at rest; a PIN or a code is never in it.
type dialogue struct {
	Step        step   `json:"step"`
	Group       int64  `json:"group,omitempty"`
	Asset       string `json:"asset,omitempty"`
	Account     string `json:"account,omitempty"` // gateway account
	Address     string `json:"address,omitempty"`
	Amount      int64  `json:"amount,omitempty"`
	Kind        string `json:"kind,omitempty"` // of a limit
	Window      string `json:"window,omitempty"`
	Label       string `json:"label,omitempty"`
	Destination string `json:"destination,omitempty"`
	Press       *press `json:"press,omitempty"` // what an operator wants to do once stepped up
}

// teller is a person at the cashier: in the private chat, by a message or by a button.
type teller struct {
	chat   int64 // also the person's Telegram id
	player models.Player
	voice  voice
	key    string
	again  bool
}

func (c talk) teller() teller {
	return teller{chat: c.m.Chat.ID, player: c.player, voice: c.voice, key: c.key, again: c.again}
}

func (p *tap) teller() teller {
	return teller{chat: p.chat, player: p.player, voice: p.voice, key: p.key, again: p.again}
}

// screen is a text with its buttons: an answer to a command, or the new content of the message whose button was pressed.
type screen struct {
	text string
	kb   *telegram.Keyboard
}

// rows makes a keyboard with one button a row.
func rows(buttons ...telegram.Button) *telegram.Keyboard {
	if len(buttons) == 0 {
		return nil
	}
	kb := &telegram.Keyboard{}
	for _, b := range buttons {
		kb.Rows = append(kb.Rows, telegram.Row(b))
	}
	return kb
}

// remember keeps what the person's next message will mean.
func (t *tenantBot) remember(ctx context.Context, user int64, d dialogue) error {
	state, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("bot: write a dialogue: %w", err)
	}
	return t.dialogues.Put(ctx, user, state)
}

// dialogue is what the person's next message means; zero when nothing was asked.
func (t *tenantBot) dialogue(ctx context.Context, user int64) (dialogue, error) {
	var d dialogue
	state, err := t.dialogues.Get(ctx, user)
	if err != nil || state == nil {
		return d, err
	}
	if err := json.Unmarshal(state, &d); err != nil {
		return d, fmt.Errorf("bot: read a dialogue: %w", err)
	}
	return d, nil
}

// secretLike says whether a text could be a PIN or a code: nobody writes such a thing to a bot otherwise.
func secretLike(text string) bool {
	text = strings.TrimSpace(text)
	return len(text) >= 6 && len(text) <= 12 && strings.Trim(text, "0123456789") == ""
}

// told reads a private message that is no command.
func (t *tenantBot) told(ctx context.Context, c talk) error {
	d, err := t.dialogue(ctx, c.user.ID)
	if err != nil {
		return err
	}
	w := c.teller()
	if d.secret() || (d.Step == "" && secretLike(c.m.Text)) {
		t.erase(ctx, w.chat, int64(c.m.MessageID))
	}
	out, err := t.next(ctx, w, d, strings.TrimSpace(c.m.Text))
	if err != nil {
		return err
	}
	if out.text != "" {
		t.reply(ctx, c, notify.PriorityReply, out.text, out.kb)
	}
	return nil
}

// secret says whether the answer to the step is deleted as soon as it is read.
func (d dialogue) secret() bool {
	switch d.Step {
	case stepWithdrawPIN, stepAddressPIN, stepPIN, stepEnrol, stepConfirm, stepLink, stepUp:
		return true
	case stepTopUp, stepWithdraw, stepLabel, stepDestination, stepLimit:
	}
	return false
}

// next goes one step on with what the person wrote.
func (t *tenantBot) next(ctx context.Context, w teller, d dialogue, text string) (screen, error) {
	if text == "" && d.Step != "" {
		return screen{text: w.voice.say("dialogue.text")}, nil
	}
	switch d.Step {
	case stepTopUp:
		return t.topUpAmount(ctx, w, d, text)
	case stepWithdraw:
		return t.withdrawAmount(ctx, w, d, text)
	case stepWithdrawPIN:
		return t.withdrawCode(ctx, w, d, text)
	case stepLabel:
		return t.addressLabel(ctx, w, d, text)
	case stepDestination:
		return t.addressDestination(ctx, w, d, text)
	case stepAddressPIN:
		return t.addressCode(ctx, w, d, text)
	case stepPIN:
		return t.pinGiven(ctx, w, text)
	case stepEnrol:
		return t.enrol(ctx, w, text)
	case stepConfirm:
		return t.confirmEnrolment(ctx, w, text)
	case stepLimit:
		return t.limitAmount(ctx, w, d, text)
	case stepLink:
		return t.link(ctx, w, text)
	case stepUp:
		return t.steppedUp(ctx, w, d, text)
	}
	return screen{text: w.voice.say("private.text")}, nil
}

// over ends the dialogue.
func (t *tenantBot) over(ctx context.Context, w teller) error { return t.dialogues.Drop(ctx, w.chat) }

// ask remembers a step and asks for it.
func (t *tenantBot) prompt(ctx context.Context, w teller, d dialogue, text string) (screen, error) {
	if err := t.remember(ctx, w.chat, d); err != nil {
		return screen{}, err
	}
	return screen{text: text + "\n\n" + w.voice.say("dialogue.cancel")}, nil
}

// refusedCode says whether a code was wrong, so that the person may try again.
func refusedCode(err error) bool {
	refused, ok := errors.AsType[*models.Error](err)
	return ok && (strings.HasSuffix(refused.Code, ".wrong_code") || refused.Code == "players.invalid_pin" || refused.Code == "operators.invalid_link_code")
}

// amountAgain keeps the dialogue after an amount that can't be read.
func amountAgain(v voice, err error) (screen, bool) {
	if !errors.Is(err, errAmount) {
		return screen{}, false
	}
	return screen{text: v.say("dialogue.amount")}, true
}
