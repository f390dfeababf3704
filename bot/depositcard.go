package bot

import (
	"context"
	"strings"

	"fairground/cashier"
	"fairground/internal/telegram"
	"fairground/models"
)

// showDeposit shows a top-up to its player: one message, edited as the payment goes on.
func (t *tenantBot) showDeposit(ctx context.Context, chat int64, id string, done func(error)) {
	after := context.WithoutCancel(ctx)
	t.board.refresh(id, func(done func(error)) {
		card, err := t.depositCard(after, chat, id)
		if err != nil || card.text == "" {
			done(err)
			return
		}
		t.put(after, card, done)
	}, done)
}

// depositCard reads what the card of a top-up shows; it is empty when there is nothing to show.
func (t *tenantBot) depositCard(ctx context.Context, chat int64, id string) (cardShown, error) {
	d, err := t.deps.Cashier.Deposit(ctx, t.tenant.ID, id)
	if err != nil {
		return cardShown{}, err
	}
	owner, err := t.deps.Players.Player(ctx, t.tenant.ID, d.Player)
	if err != nil {
		return cardShown{}, err
	}
	if owner.TelegramID != chat || (d.Kind == kindStars && d.Status == models.DepositPending) {
		return cardShown{}, nil // the invoice itself is what is waited for
	}
	g, err := t.deps.Players.Group(ctx, t.tenant.ID, d.Group)
	if err != nil {
		return cardShown{}, err
	}
	message, err := t.cards.Message(ctx, d.ID, chat)
	if err != nil {
		return cardShown{}, err
	}
	v := t.texts.in(owner.Language, t.tenant.Language)
	card := cardShown{
		chat: chat, message: message, text: depositText(v, d, g.Title),
		keep: func(ctx context.Context, message int64) error { return t.cards.Set(ctx, d.ID, chat, message) },
	}
	if d.URL != "" && d.Status == models.DepositPending {
		card.kb = rows(telegram.Button{Text: v.say("button.pay", vars{"Amount": v.sum(d.Amount, d.Scale, d.Asset)}), URL: d.URL})
	}
	return card, nil
}

// depositText says what to pay and where, and how far it came.
func depositText(v voice, d cashier.Deposit, group string) string {
	lines := []string{
		v.say("deposit.title", vars{"Amount": v.sum(d.Amount, d.Scale, d.Asset), "Group": esc(group), "Deposit": d.ID}),
		"<b>" + v.say("deposit.status."+string(d.Status)) + "</b>",
	}
	if d.CreditAsset != "" && d.CreditAsset != d.Asset {
		lines = append(lines, v.say("deposit.credit", vars{"Credit": v.sum(d.Credit, d.CreditScale, d.CreditAsset)}))
	}
	switch d.Status {
	case models.DepositPending:
		if d.Address != "" {
			lines = append(lines, v.say("deposit.address", vars{"Address": esc0(d.Address)}))
		}
		if d.Memo != "" {
			lines = append(lines, v.say("deposit.memo", vars{"Memo": esc0(d.Memo)}))
		}
		if !d.ExpiresAt.IsZero() {
			lines = append(lines, v.say("deposit.until", vars{"At": moment(d.ExpiresAt)}))
		}
	case models.DepositConfirming:
		if d.Needed > 0 {
			lines = append(lines, v.say("deposit.confirmations", vars{"N": d.Confirmations, "Needed": d.Needed}))
		}
	case models.DepositQuarantined:
		lines = append(lines, v.say("deposit.person"))
	case models.DepositCredited, models.DepositExpired, models.DepositFailed, models.DepositRefunded:
	}
	return strings.Join(lines, "\n")
}
