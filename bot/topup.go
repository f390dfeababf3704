package bot

import (
	"context"
	"strconv"
	"strings"

	"fairground/cashier"
	"fairground/internal/telegram"
	"fairground/models"
)

const kindStars = "stars" // the gateway kind of Telegram Stars

// topUp asks for the group that is topped up.
func (t *tenantBot) topUp(ctx context.Context, w teller) (screen, error) {
	groups, err := t.deps.Players.Groups(ctx, t.tenant.ID, w.player.ID)
	if err != nil {
		return screen{}, err
	}
	switch len(groups) {
	case 0:
		return screen{text: w.voice.say("balances.none"), kb: t.addButton(w.voice)}, nil
	case 1:
		return t.topUpWays(ctx, w, groups[0].PublicID)
	}
	var buttons []telegram.Button
	for _, g := range groups {
		buttons = append(buttons, telegram.Button{Text: clip(g.Title, 40), Callback: "w:t:" + g.PublicID})
	}
	return screen{text: w.voice.say("topup.group"), kb: rows(buttons...)}, nil
}

// topUpWays offers the gateway accounts and the packages of Stars.
func (t *tenantBot) topUpWays(ctx context.Context, w teller, group string) (screen, error) {
	g, err := t.ownGroup(ctx, w, group)
	if err != nil {
		return screen{}, err
	}
	accounts, err := t.deps.Cashier.Accounts(ctx, t.tenant.ID)
	if err != nil {
		return screen{}, err
	}
	on, err := t.cash(ctx)
	if err != nil {
		return screen{}, err
	}
	var buttons []telegram.Button
	for _, a := range accounts {
		if !a.Enabled || !a.Deposits {
			continue
		}
		if a.Kind == kindStars {
			packages, err := t.starsButtons(ctx, w.voice, group, a.ID)
			if err != nil {
				return screen{}, err
			}
			buttons = append(buttons, packages...)
			continue
		}
		for _, asset := range a.Assets {
			if enabled(on, asset) {
				buttons = append(buttons, telegram.Button{
					Text: clip(a.Title, 30) + " · " + strings.ToUpper(asset), Callback: "w:tw:" + group + ":" + a.ID + ":" + asset,
				})
			}
		}
	}
	if len(buttons) == 0 {
		return screen{text: w.voice.say("topup.none")}, nil
	}
	return screen{text: w.voice.say("topup.way", vars{"Group": esc(g.Title)}), kb: rows(buttons...)}, nil
}

// enabled says whether an asset is on.
func enabled(on []cashier.Policy, asset string) bool {
	for _, p := range on {
		if p.Asset == asset {
			return true
		}
	}
	return false
}

// starsButtons are one button a published package.
func (t *tenantBot) starsButtons(ctx context.Context, v voice, group, account string) ([]telegram.Button, error) {
	packages, err := t.deps.Cashier.StarsPackages(ctx, t.tenant.ID)
	if err != nil {
		return nil, err
	}
	var buttons []telegram.Button
	for _, p := range packages {
		buttons = append(buttons, telegram.Button{
			Text:     v.say("button.stars", vars{"Stars": number(p.Stars), "Points": number(p.Points)}),
			Callback: "w:ts:" + group + ":" + account + ":" + strconv.FormatInt(p.Stars, 10),
		})
	}
	return buttons, nil
}

// openAccount is an account that is on.
func (t *tenantBot) openAccount(ctx context.Context, id string) (cashier.Account, error) {
	accounts, err := t.deps.Cashier.Accounts(ctx, t.tenant.ID)
	if err != nil {
		return cashier.Account{}, err
	}
	for _, a := range accounts {
		if a.ID == id && a.Enabled {
			return a, nil
		}
	}
	return cashier.Account{}, errForged
}

// topUpAsk asks how much to pay.
func (t *tenantBot) topUpAsk(ctx context.Context, w teller, group, account, asset string) (screen, error) {
	g, err := t.ownGroup(ctx, w, group)
	if err != nil {
		return screen{}, err
	}
	a, err := t.openAccount(ctx, account)
	if err != nil {
		return screen{}, err
	}
	if _, err := t.scale(ctx, asset); err != nil {
		return screen{}, err
	}
	return t.prompt(ctx, w, dialogue{Step: stepTopUp, Group: g.ID, Account: a.ID, Asset: asset},
		w.voice.say("topup.amount", vars{"Group": esc(g.Title), "Way": esc(a.Title), "Asset": strings.ToUpper(asset)}))
}

// topUpAmount makes the intent and shows its card.
func (t *tenantBot) topUpAmount(ctx context.Context, w teller, d dialogue, text string) (screen, error) {
	scale, err := t.scale(ctx, d.Asset)
	if err != nil {
		return screen{}, err
	}
	amount, err := parseUnits(text, scale)
	if again, ok := amountAgain(w.voice, err); ok {
		return again, nil
	}
	made, err := t.deps.Cashier.CreateDeposit(ctx, cashier.DepositRequest{
		Tenant: t.tenant.ID, Group: d.Group, Player: w.player.ID, Account: d.Account, Asset: d.Asset, Amount: amount, Key: w.key,
	})
	if err != nil {
		return screen{}, w.voice.inUnits(err, scale, d.Asset)
	}
	t.showDeposit(ctx, w.chat, made.ID, func(error) {})
	return screen{}, t.over(ctx, w)
}

// topUpStars makes an intent for a package and sends its invoice.
func (t *tenantBot) topUpStars(ctx context.Context, w teller, group, account, stars string) (screen, error) {
	g, err := t.ownGroup(ctx, w, group)
	if err != nil {
		return screen{}, err
	}
	n, err := strconv.ParseInt(stars, 10, 64)
	if err != nil || n <= 0 {
		return screen{}, errForged
	}
	made, err := t.deps.Cashier.CreateDeposit(ctx, cashier.DepositRequest{
		Tenant: t.tenant.ID, Group: g.ID, Player: w.player.ID, Account: account, Asset: assetStars, Amount: n, Key: w.key,
	})
	if err != nil {
		return screen{}, err
	}
	t.sendInvoice(ctx, w, made)
	return screen{}, nil
}

// pay follows the deep link of an intent that was made elsewhere.
func (t *tenantBot) pay(ctx context.Context, c talk, id string) error {
	d, err := t.deps.Cashier.Deposit(ctx, t.tenant.ID, id)
	if err != nil {
		return err
	}
	w := c.teller()
	if d.Player != c.player.ID {
		return errForged
	}
	if d.Kind != kindStars || d.Status != models.DepositPending {
		t.showDeposit(ctx, w.chat, d.ID, func(error) {})
		return nil
	}
	t.sendInvoice(ctx, w, d)
	return nil
}
