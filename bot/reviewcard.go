package bot

import (
	"context"
	"strconv"
	"strings"

	"fairground/cashier"
	"fairground/internal/telegram"
	"fairground/models"
)

const historyRead = 50 // withdrawals of a player that a review looks back on

// showReview shows a withdrawal to the reviewers: one card, which follows it and has no buttons at the end.
func (t *tenantBot) showReview(ctx context.Context, chat int64, topic *int64, id string, done func(error)) {
	after := context.WithoutCancel(ctx)
	t.board.refresh("review:"+strconv.FormatInt(chat, 10)+":"+id, func(done func(error)) {
		_, card, err := t.reviewCard(after, chat, topic, id)
		if err != nil {
			done(err)
			return
		}
		t.put(after, card, done)
	}, done)
}

// reviewVoice is the language of the reviewers' chat.
func (t *tenantBot) reviewVoice(ctx context.Context, chat int64) voice {
	if g, err := t.group(ctx, chat); err == nil {
		return t.texts.in(g.Language, t.tenant.Language)
	}
	return t.texts.in(t.tenant.Language)
}

// reviewCard reads what the reviewers' card shows.
func (t *tenantBot) reviewCard(ctx context.Context, chat int64, topic *int64, id string) (cashier.Withdrawal, cardShown, error) {
	x, err := t.deps.Cashier.Withdrawal(ctx, t.tenant.ID, id)
	if err != nil {
		return x, cardShown{}, err
	}
	v := t.reviewVoice(ctx, chat)
	g, err := t.deps.Players.Group(ctx, t.tenant.ID, x.Group)
	if err != nil {
		return x, cardShown{}, err
	}
	through, err := t.deps.Cashier.Account(ctx, t.tenant.ID, x.Gateway)
	if err != nil {
		return x, cardShown{}, err
	}
	lines := []string{
		v.say("review.title", vars{"Withdrawal": x.ID, "Amount": v.sum(x.Amount, x.Scale, x.Asset)}),
		v.say("review.who", vars{"Player": x.PlayerID, "Group": esc(g.Title), "To": esc(x.Destination), "Gateway": esc(through.Title)}),
		"<b>" + v.say("withdrawal.status."+string(x.Status)) + "</b>",
	}
	if why := v.reason(x.ReasonCode); why != "" {
		lines = append(lines, v.say("withdrawal.reason", vars{"Reason": why}))
	}
	by, err := t.reviewers(ctx, v, x)
	if err != nil {
		return x, cardShown{}, err
	}
	lines = append(lines, by...)
	if !x.Status.Final() {
		facts, err := t.riskFacts(ctx, v, x)
		if err != nil {
			return x, cardShown{}, err
		}
		lines = append(lines, facts)
	}
	card := cardShown{
		chat: chat, text: strings.Join(lines, "\n"), kb: reviewKeyboard(v, x), final: x.Status.Final(), keep: t.keepCard(id, cashier.CardReview, chat),
	}
	if topic != nil {
		card.topic = *topic
	}
	card.message, err = t.cardOf(ctx, id, cashier.CardReview, chat)
	return x, card, err
}

// reviewers say who did what and until when somebody has to.
func (t *tenantBot) reviewers(ctx context.Context, v voice, x cashier.Withdrawal) ([]string, error) {
	var lines []string
	for _, by := range []struct{ text, operator string }{
		{v.say("review.initial"), x.InitialBy}, {v.say("review.secondary"), x.SecondaryBy}, {v.say("review.claimed"), x.ClaimedBy},
	} {
		if by.operator == "" {
			continue
		}
		name, err := t.operatorName(ctx, by.operator)
		if err != nil {
			return nil, err
		}
		lines = append(lines, by.text+": "+esc(name))
	}
	if x.DueAt != nil && x.ExpiresAt != nil {
		lines = append(lines, v.say("review.due", vars{"Due": moment(*x.DueAt), "Ends": moment(*x.ExpiresAt)}))
	}
	if x.Escalated {
		lines = append(lines, v.say("review.escalated"))
	}
	if x.Status == models.WithdrawalUnknown || string(x.Payout) == "manual" && x.Status == models.WithdrawalPaying {
		lines = append(lines, v.say("review.person"))
	}
	return lines, nil
}

// operatorName is what an operator is called.
func (t *tenantBot) operatorName(ctx context.Context, id string) (string, error) {
	if name, ok := t.known.operators.get(id); ok {
		return name, nil
	}
	name, err := t.deps.Operators.Name(ctx, t.tenant.ID, id)
	if err == nil {
		t.known.operators.put(id, name)
	}
	return name, err
}

// riskFacts are what the rooms know of the player without a name.
func (t *tenantBot) riskFacts(ctx context.Context, v voice, x cashier.Withdrawal) (string, error) {
	bounds, err := t.deps.Players.Restrictions(ctx, t.tenant.ID, x.Player)
	if err != nil {
		return "", err
	}
	who, err := t.deps.Players.Player(ctx, t.tenant.ID, x.Player)
	if err != nil {
		return "", err
	}
	has, err := t.deps.Players.Credentials(ctx, t.tenant.ID, x.Player)
	if err != nil {
		return "", err
	}
	past, err := t.deps.Cashier.PlayerWithdrawals(ctx, t.tenant.ID, 0, x.Player, cashier.Page{Limit: historyRead})
	if err != nil {
		return "", err
	}
	var paid, refused int
	for _, p := range past.Withdrawals {
		switch p.Status {
		case models.WithdrawalPaid:
			paid++
		case models.WithdrawalRejected, models.WithdrawalExpired, models.WithdrawalFailed:
			refused++
		default:
		}
	}
	lines := []string{v.say("review.facts", vars{
		"KYC": v.say("kyc." + string(bounds.KYC)), "Level": bounds.KYCLevel, "Since": moment(who.CreatedAt), "Paid": paid, "Refused": refused,
	})}
	if !has.ChangedAt.IsZero() {
		lines = append(lines, v.say("review.credential", vars{"At": moment(has.ChangedAt)}))
	}
	if bounds.Frozen {
		lines = append(lines, v.say("review.frozen"))
	}
	if !bounds.ExcludedUntil.IsZero() {
		lines = append(lines, v.say("review.excluded", vars{"At": moment(bounds.ExcludedUntil)}))
	}
	return strings.Join(lines, "\n"), nil
}

// reviewKeyboard has what can be decided at the stage; the version makes an old card's buttons refused.
func reviewKeyboard(v voice, x cashier.Withdrawal) *telegram.Keyboard {
	if x.Status != models.WithdrawalInitialReview && x.Status != models.WithdrawalSecondaryReview {
		return nil
	}
	button := func(text, verb string) telegram.Button {
		return telegram.Button{Text: text, Callback: "r:" + verb + ":" + x.ID + ":" + strconv.Itoa(x.Version)}
	}
	last := telegram.Row(button(v.say("button.reject"), verbReject))
	if x.Status == models.WithdrawalSecondaryReview {
		last = append(last, button(v.say("button.send_back"), verbSendBack))
	}
	return &telegram.Keyboard{Rows: [][]telegram.Button{
		telegram.Row(button(v.say("button.claim"), verbClaim), button(v.say("button.approve"), verbApprove)), last,
	}}
}
