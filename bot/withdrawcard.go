package bot

import (
	"context"
	"strings"

	"fairground/cashier"
	"fairground/internal/telegram"
	"fairground/models"
	"fairground/notify"
)

// showWithdrawal shows a withdrawal to its player: one card, edited as it goes on, and a new message at its end.
func (t *tenantBot) showWithdrawal(ctx context.Context, id string, done func(error)) {
	after := context.WithoutCancel(ctx)
	t.board.refresh("player:"+id, func(done func(error)) {
		x, v, card, err := t.withdrawalCard(after, id)
		if err != nil {
			done(err)
			return
		}
		t.put(after, card, func(err error) {
			if err != nil || !x.Status.Final() {
				done(err)
				return
			}
			t.tellEnd(after, v, x, card, done)
		})
	}, done)
}

// withdrawalCard reads what the player's card shows.
func (t *tenantBot) withdrawalCard(ctx context.Context, id string) (cashier.Withdrawal, voice, cardShown, error) {
	var v voice
	x, err := t.deps.Cashier.Withdrawal(ctx, t.tenant.ID, id)
	if err != nil {
		return x, v, cardShown{}, err
	}
	owner, err := t.deps.Players.Player(ctx, t.tenant.ID, x.Player)
	if err != nil {
		return x, v, cardShown{}, err
	}
	g, err := t.deps.Players.Group(ctx, t.tenant.ID, x.Group)
	if err != nil {
		return x, v, cardShown{}, err
	}
	v = t.texts.in(owner.Language, t.tenant.Language)
	card := cardShown{chat: owner.TelegramID, text: withdrawalText(v, x, g.Title), final: x.Status.Final(), keep: t.keepCard(id, cashier.CardPlayer, owner.TelegramID)}
	if x.Status.Waiting() {
		card.kb = rows(telegram.Button{Text: v.say("button.cancel"), Callback: "w:x:" + x.ID})
	}
	card.message, err = t.cardOf(ctx, id, cashier.CardPlayer, owner.TelegramID)
	return x, v, card, err
}

// keepCard remembers where a withdrawal's card is.
func (t *tenantBot) keepCard(id, kind string, chat int64) func(context.Context, int64) error {
	return func(ctx context.Context, message int64) error {
		return t.deps.Cashier.SetCard(ctx, t.tenant.ID, id, cashier.Card{Kind: kind, Chat: chat, Message: message})
	}
}

// cardOf is the message that shows a withdrawal in a chat, 0 when there is none.
func (t *tenantBot) cardOf(ctx context.Context, id, kind string, chat int64) (int64, error) {
	all, err := t.deps.Cashier.Cards(ctx, t.tenant.ID, id)
	if err != nil {
		return 0, err
	}
	for _, c := range all {
		if c.Kind == kind && c.Chat == chat {
			return c.Message, nil
		}
	}
	return 0, nil
}

// tellEnd sends the end of a withdrawal as a new message, once.
func (t *tenantBot) tellEnd(ctx context.Context, v voice, x cashier.Withdrawal, card cardShown, done func(error)) {
	subject := "end:" + x.ID
	told, err := t.cards.Message(ctx, subject, card.chat)
	if err != nil || told != 0 {
		done(err)
		return
	}
	text := v.say("withdrawal.end."+string(x.Status), vars{"Amount": v.sum(x.Amount, x.Scale, x.Asset), "To": esc(x.Destination)})
	if why := v.reason(x.ReasonCode); why != "" {
		text += " " + v.say("withdrawal.reason", vars{"Reason": why})
	}
	t.sendCard(ctx, cardShown{chat: card.chat, text: text, silent: true, keep: func(ctx context.Context, message int64) error {
		return t.cards.Set(ctx, subject, card.chat, message)
	}}, done)
}

// reason is a reason code in the reader's words, empty for none.
func (v voice) reason(code models.ReasonCode) string {
	if code == "" {
		return ""
	}
	return v.say("reason." + string(code))
}

// phase is how far a withdrawal came on its four steps: 1 requested, 2 first review, 3 second review, 4 paid out.
func phase(x cashier.Withdrawal) int {
	switch x.Status {
	case models.WithdrawalRequested:
		return 1
	case models.WithdrawalInitialReview:
		return 2
	case models.WithdrawalSecondaryReview:
		return 3
	case models.WithdrawalApproved, models.WithdrawalPaying, models.WithdrawalUnknown, models.WithdrawalPaid, models.WithdrawalFailed:
		return 4
	case models.WithdrawalRejected, models.WithdrawalCancelled, models.WithdrawalExpired:
	}
	switch {
	case x.SecondaryBy != "":
		return 4
	case x.InitialBy != "":
		return 3
	case x.DueAt != nil || x.ReasonCode != "":
		return 2
	}
	return 1
}

// stepper draws the four steps, one a line: done, where it is, to come.
func stepper(v voice, x cashier.Withdrawal) string {
	names := []string{v.say("phase.requested"), v.say("phase.initial"), v.say("phase.secondary"), v.say("phase.paid")}
	at := phase(x)
	var parts []string
	for i, name := range names {
		mark := "▫️"
		switch n := i + 1; {
		case n < at || x.Status == models.WithdrawalPaid:
			mark = "✅"
		case n == at && x.Status.Final():
			mark = "✖️"
		case n == at:
			mark = "🔵"
		}
		parts = append(parts, mark+" "+name)
	}
	return strings.Join(parts, "\n")
}

// withdrawalText is what the player reads: where it stands, until when, why, and what comes next.
func withdrawalText(v voice, x cashier.Withdrawal, group string) string {
	lines := []string{
		v.say("withdrawal.title", vars{"Amount": v.sum(x.Amount, x.Scale, x.Asset), "To": esc(x.Destination), "Group": esc(group), "Withdrawal": x.ID}),
		stepper(v, x),
		"<b>" + v.say("withdrawal.status."+string(x.Status)) + "</b>",
	}
	if why := v.reason(x.ReasonCode); why != "" {
		lines = append(lines, v.say("withdrawal.reason", vars{"Reason": why}))
	}
	if x.ExpiresAt != nil && !x.Status.Final() {
		lines = append(lines, v.say("withdrawal.deadline", vars{"At": moment(*x.ExpiresAt)}))
	}
	return strings.Join(append(lines, v.say("withdrawal.next."+string(x.Status))), "\n")
}

// deliverWithdrawal follows a notice about a withdrawal.
func (t *tenantBot) deliverWithdrawal(ctx context.Context, n notify.Notice, id string, done func(error)) {
	if n.Kind == kindReview {
		t.showReview(ctx, n.ChatID, n.TopicID, id, done)
		return
	}
	t.showWithdrawal(ctx, id, done)
}
