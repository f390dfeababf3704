package bot

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"fairground/cashier"
	"fairground/internal/telegram"
	"fairground/models"
	"fairground/operators"
	"fairground/workflows"
)

// What an operator does from Telegram. The first ones are the verbs of the buttons on a review card.
const (
	verbClaim      = "c"
	verbApprove    = "a"
	verbReject     = "j"
	verbSendBack   = "b"
	verbView       = "v" // back from the choice of a reason
	verbReviewChat = "chat"
	verbReviewOff  = "off"
)

// press is what an operator wants to do: from a button, or once more after a second factor.
type press struct {
	Verb       string            `json:"verb"`
	Chat       int64             `json:"chat"`
	Topic      int64             `json:"topic,omitempty"`
	Withdrawal string            `json:"withdrawal,omitempty"`
	Version    int               `json:"version,omitempty"`
	Reason     models.ReasonCode `json:"reason,omitempty"`
	Key        string            `json:"key"` // of the press
}

// pressReview does what a button of a review card says.
func (t *tenantBot) pressReview(ctx context.Context, p *tap, rest string) (string, error) {
	chat, err := t.reviewChat(ctx)
	if err != nil {
		return "", err
	}
	parts := strings.Split(rest, ":")
	if chat == 0 || p.chat != chat || p.q.Message == nil || len(parts) < 3 || len(parts) > 4 {
		return "", errForged
	}
	version, err := strconv.Atoi(parts[2])
	if err != nil {
		return "", errForged
	}
	want := press{Verb: parts[0], Chat: p.chat, Topic: p.q.Message.Topic(), Withdrawal: parts[1], Version: version, Key: p.key}
	switch want.Verb {
	case verbClaim, verbApprove:
	case verbView:
		return t.pressView(ctx, p, want)
	case verbReject, verbSendBack:
		if len(parts) == 3 {
			return t.chooseReason(ctx, p, want)
		}
		codes := models.ReasonCodes()
		n, err := strconv.Atoi(parts[3])
		if err != nil || n < 0 || n >= len(codes) {
			return "", errForged
		}
		want.Reason = codes[n]
	default:
		return "", errForged
	}
	return t.act(ctx, p.q.From.ID, p.player, p.voice, want)
}

// pressView puts a card back to what it shows.
func (t *tenantBot) pressView(ctx context.Context, p *tap, want press) (string, error) {
	if _, err := t.operator(ctx, p.q.From.ID, p.key); err != nil {
		return "", err
	}
	t.showReview(ctx, p.chat, topicOf(want.Topic), want.Withdrawal, func(error) {})
	return "", nil
}

// chooseReason puts the reasons where the card's buttons were.
func (t *tenantBot) chooseReason(ctx context.Context, p *tap, want press) (string, error) {
	a, err := t.operator(ctx, p.q.From.ID, p.key)
	if err != nil {
		return "", err
	}
	if err := a.Allow(operators.WithdrawalsReview); err != nil {
		return "", err
	}
	x, card, err := t.reviewCard(ctx, want.Chat, topicOf(want.Topic), want.Withdrawal)
	if err != nil {
		return "", err
	}
	if x.Version != want.Version {
		t.showReview(ctx, want.Chat, topicOf(want.Topic), want.Withdrawal, func(error) {})
		return "", cashier.ErrStale
	}
	v := t.reviewVoice(ctx, want.Chat)
	data := func(verb string) string {
		return "r:" + verb + ":" + want.Withdrawal + ":" + strconv.Itoa(want.Version)
	}
	var buttons []telegram.Button
	for i, code := range models.ReasonCodes() {
		buttons = append(buttons, telegram.Button{Text: v.reason(code), Callback: data(want.Verb) + ":" + strconv.Itoa(i)})
	}
	kb := &telegram.Keyboard{Rows: grid(buttons, 2)}
	kb.Rows = append(kb.Rows, telegram.Row(telegram.Button{Text: v.say("button.back"), Callback: data(verbView)}))
	t.edit(ctx, telegram.EditMessage{ChatID: p.chat, MessageID: int64(p.q.Message.MessageID), Text: card.text, Keyboard: kb}, false, nil)
	return p.voice.say("toast.reason"), nil
}

// perform does it with an operator's authority: the same rules and the same log as the API. It returns what the operator reads.
func (t *tenantBot) perform(ctx context.Context, a operators.Authority, v voice, p press) (string, error) {
	switch p.Verb {
	case verbReviewChat, verbReviewOff:
		return t.setReviewChat(ctx, a, v, p)
	case verbClaim:
		_, err := t.deps.Cashier.Claim(ctx, a, p.Withdrawal)
		t.refreshReview(ctx, p, err)
		return v.say("toast.claim"), err
	}
	text, err := t.decide(ctx, a, v, p)
	t.refreshReview(ctx, p, err)
	return text, err
}

// refreshReview shows a card anew after a press that was refused: it may have been an old one.
func (t *tenantBot) refreshReview(ctx context.Context, p press, err error) {
	if err == nil || errors.Is(err, operators.ErrStepUpRequired) {
		return // the notice of what was done brings the card up to date
	}
	switch models.CodeOf(err) {
	case cashier.ErrStale.Code, cashier.ErrWrongStage.Code, cashier.ErrClaimed.Code, cashier.ErrAlreadyDecided.Code:
		t.showReview(ctx, p.Chat, topicOf(p.Topic), p.Withdrawal, func(error) {})
	}
}

// decide writes the decision and tells the workflow.
func (t *tenantBot) decide(ctx context.Context, a operators.Authority, v voice, p press) (string, error) {
	verdict := map[string]cashier.Verdict{
		verbApprove: cashier.VerdictApprove, verbReject: cashier.VerdictReject, verbSendBack: cashier.VerdictSendBack,
	}[p.Verb]
	var row cashier.DecisionRow
	err := t.surely(ctx, false, func(bool) (err error) {
		row, err = t.deps.Cashier.Decide(ctx, a, cashier.Decision{
			Withdrawal: p.Withdrawal, Version: p.Version, Verdict: verdict, ReasonCode: p.Reason, Key: p.Key,
		})
		return err
	})
	if err != nil {
		return "", err
	}
	if t.deps.Decide != nil {
		m := workflows.DecideMessage{Withdrawal: row.Withdrawal, Decision: row.ID, Stage: row.Stage, Operator: row.Operator}
		t.aside(ctx, "telling of a decision", row.Withdrawal, func(ctx context.Context) error { return t.deps.Decide(ctx, m) })
	}
	return v.say("toast.decided." + p.Verb), nil
}

// topicOf is a topic as a notice has it.
func topicOf(topic int64) *int64 {
	if topic == 0 {
		return nil
	}
	return &topic
}
