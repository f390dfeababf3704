package bot

import (
	"context"
	"errors"
	"strings"

	"fairground/cashier"
	"fairground/internal/telegram"
	"fairground/models"
	"fairground/players"
)

// proven says whether the person has a PIN or an authenticator; if not, the screen says how to get one.
func (t *tenantBot) proven(ctx context.Context, w teller) (screen, bool, error) {
	has, err := t.deps.Players.Credentials(ctx, t.tenant.ID, w.player.ID)
	if err != nil || has.HasPIN || has.HasTOTP {
		return screen{}, err == nil, err
	}
	return screen{text: w.voice.say("pin.first"), kb: rows(telegram.Button{Text: w.voice.say("button.pin"), Callback: "w:pin"})}, false, nil
}

// purse is money of one asset in one group.
type purse struct {
	group   models.Group
	policy  cashier.Policy
	balance int64
}

// purses lists where the person has money.
func (t *tenantBot) purses(ctx context.Context, w teller) ([]purse, error) {
	groups, err := t.deps.Players.Groups(ctx, t.tenant.ID, w.player.ID)
	if err != nil {
		return nil, err
	}
	on, err := t.cash(ctx)
	if err != nil {
		return nil, err
	}
	var all []purse
	for _, g := range groups {
		for _, p := range on {
			balance, err := t.deps.Ledger.Balance(ctx, t.tenant.ID, g.ID, p.Asset, w.player.ID)
			if err != nil {
				return nil, err
			}
			if balance > 0 {
				all = append(all, purse{g, p, balance})
			}
		}
	}
	return all, nil
}

// withdraw asks which money is to be paid out.
func (t *tenantBot) withdraw(ctx context.Context, w teller) (screen, error) {
	if out, ok, err := t.proven(ctx, w); !ok {
		return out, err
	}
	all, err := t.purses(ctx, w)
	if err != nil {
		return screen{}, err
	}
	switch len(all) {
	case 0:
		return screen{text: w.voice.say("withdraw.none")}, nil
	case 1:
		return t.withdrawTo(ctx, w, all[0].group.PublicID, all[0].policy.Asset)
	}
	var buttons []telegram.Button
	for _, p := range all {
		buttons = append(buttons, telegram.Button{
			Text:     clip(p.group.Title, 30) + " · " + w.voice.sum(p.balance, p.policy.Scale, p.policy.Asset),
			Callback: "w:wg:" + p.group.PublicID + ":" + p.policy.Asset,
		})
	}
	return screen{text: w.voice.say("withdraw.which"), kb: rows(buttons...)}, nil
}

// withdrawTo asks where to.
func (t *tenantBot) withdrawTo(ctx context.Context, w teller, group, asset string) (screen, error) {
	g, err := t.ownGroup(ctx, w, group)
	if err != nil {
		return screen{}, err
	}
	book, err := t.deps.Cashier.Addresses(ctx, t.tenant.ID, w.player.ID)
	if err != nil {
		return screen{}, err
	}
	lines := []string{w.voice.say("withdraw.where", vars{"Group": esc(g.Title), "Asset": strings.ToUpper(asset)})}
	var buttons []telegram.Button
	for _, a := range book {
		switch {
		case a.Asset != asset:
		case a.UsableAt.After(t.deps.Clock.Now()):
			lines = append(lines, w.voice.say("address.waiting", vars{"Label": esc(a.Label), "To": esc(a.Masked), "At": moment(a.UsableAt)}))
		default:
			buttons = append(buttons, telegram.Button{Text: clip(a.Label, 30) + " · " + a.Masked, Callback: "w:wa:" + group + ":" + asset + ":" + a.ID})
		}
	}
	buttons = append(buttons, telegram.Button{Text: w.voice.say("button.new_address"), Callback: "w:an:" + asset})
	return screen{text: strings.Join(lines, "\n"), kb: rows(buttons...)}, nil
}

// withdrawAsk asks how much.
func (t *tenantBot) withdrawAsk(ctx context.Context, w teller, group, asset, address string) (screen, error) {
	g, err := t.ownGroup(ctx, w, group)
	if err != nil {
		return screen{}, err
	}
	scale, err := t.scale(ctx, asset)
	if err != nil {
		return screen{}, err
	}
	balance, err := t.deps.Ledger.Balance(ctx, t.tenant.ID, g.ID, asset, w.player.ID)
	if err != nil {
		return screen{}, err
	}
	return t.prompt(ctx, w, dialogue{Step: stepWithdraw, Group: g.ID, Asset: asset, Address: address},
		w.voice.say("withdraw.amount", vars{"Balance": w.voice.sum(balance, scale, asset), "Asset": strings.ToUpper(asset)}))
}

// withdrawAmount asks for the PIN or a code.
func (t *tenantBot) withdrawAmount(ctx context.Context, w teller, d dialogue, text string) (screen, error) {
	scale, err := t.scale(ctx, d.Asset)
	if err != nil {
		return screen{}, err
	}
	d.Amount, err = parseUnits(text, scale)
	if again, ok := amountAgain(w.voice, err); ok {
		return again, nil
	}
	d.Step = stepWithdrawPIN
	return t.prompt(ctx, w, d, w.voice.say("withdraw.code", vars{"Amount": w.voice.sum(d.Amount, scale, d.Asset)}))
}

// withdrawCode proves the person and asks for the money.
func (t *tenantBot) withdrawCode(ctx context.Context, w teller, d dialogue, code string) (screen, error) {
	scale, err := t.scale(ctx, d.Asset)
	if err != nil {
		return screen{}, err
	}
	made, err := t.requestWithdrawal(ctx, w, d, code)
	if refusedCode(err) {
		return screen{}, err
	}
	if err != nil {
		if _, refused := w.voice.refusal(err); refused {
			err = errors.Join(w.voice.inUnits(err, scale, d.Asset), t.over(ctx, w))
		}
		return screen{}, err
	}
	t.showWithdrawal(ctx, made.ID, func(error) {})
	return screen{}, t.over(ctx, w)
}

// requestWithdrawal asks once, however often the message is handled.
func (t *tenantBot) requestWithdrawal(ctx context.Context, w teller, d dialogue, code string) (cashier.Withdrawal, error) {
	request := cashier.WithdrawalRequest{
		Tenant: t.tenant.ID, Group: d.Group, Player: w.player.ID, Asset: d.Asset, Amount: d.Amount, Address: d.Address, Key: w.key,
	}
	if w.again { // it may have been asked for already, and a code of an authenticator is good only once
		made, err := t.deps.Cashier.RequestWithdrawal(ctx, request)
		if !errors.Is(err, cashier.ErrNotVerified) {
			return made, err
		}
	}
	var err error
	if request.Verification, err = t.deps.Players.Verify(ctx, t.tenant.ID, w.player.ID, code, players.PurposeWithdraw); err != nil {
		return cashier.Withdrawal{}, err
	}
	var made cashier.Withdrawal
	err = t.surely(ctx, w.again, func(bool) (err error) {
		made, err = t.deps.Cashier.RequestWithdrawal(ctx, request)
		return err
	})
	return made, err
}

// pressCancel takes a withdrawal back for its player.
func (t *tenantBot) pressCancel(ctx context.Context, w teller, id string) (string, error) {
	if _, err := t.deps.Cashier.CancelWithdrawal(ctx, t.tenant.ID, w.player.ID, id); err != nil {
		return "", err
	}
	if t.deps.CancelWithdrawal != nil {
		t.aside(ctx, "signalling a cancelled withdrawal", id, func(ctx context.Context) error { return t.deps.CancelWithdrawal(ctx, id) })
	}
	t.showWithdrawal(ctx, id, func(error) {})
	return w.voice.say("toast.cancelled"), nil
}
