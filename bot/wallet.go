package bot

import (
	"context"
	"slices"
	"strings"

	"fairground/cashier"
	"fairground/games"
	"fairground/internal/telegram"
	"fairground/models"
	"fairground/notify"
)

const (
	shownGroups      = 8 // of a wallet
	shownDeposits    = 3
	shownWithdrawals = 10
)

// cashierCommand does a command of the cashier in a private chat.
func (t *tenantBot) cashierCommand(ctx context.Context, c talk, name string) error {
	w := c.teller()
	var out screen
	var err error
	switch name {
	case "wallet":
		out, err = t.wallet(ctx, w)
	case "topup":
		out, err = t.topUp(ctx, w)
	case "withdraw":
		out, err = t.withdraw(ctx, w)
	case "limits":
		out, err = t.limits(ctx, w)
	case "pin":
		out, err = t.pin(ctx, w)
	}
	if err == nil && out.text != "" {
		t.reply(ctx, c, notify.PriorityReply, out.text, out.kb)
	}
	return err
}

// pressCashier does what a button of the cashier says. Its buttons are in private chats only.
func (t *tenantBot) pressCashier(ctx context.Context, p *tap, rest string) (string, error) {
	if p.chat != p.q.From.ID || p.q.Message == nil {
		return "", errForged
	}
	verb, rest, _ := strings.Cut(rest, ":")
	w := p.teller()
	if verb == "x" {
		return t.pressCancel(ctx, w, rest)
	}
	if err := t.over(ctx, w); err != nil { // another button ends what was begun
		return "", err
	}
	out, err := t.cashierScreen(ctx, w, verb, strings.Split(rest, ":"))
	if err != nil {
		return "", err
	}
	if out.text != "" {
		kb := out.kb
		if kb == nil {
			kb = telegram.EmptyKeyboard()
		}
		t.edit(ctx, telegram.EditMessage{ChatID: p.chat, MessageID: int64(p.q.Message.MessageID), Text: out.text, Keyboard: kb}, false, nil)
	}
	return "", nil
}

// cashierScreen is what a button of the cashier leads to.
func (t *tenantBot) cashierScreen(ctx context.Context, w teller, verb string, args []string) (screen, error) {
	arg := func(i int) string {
		if i < len(args) {
			return args[i]
		}
		return ""
	}
	switch verb {
	case "wallet":
		return t.wallet(ctx, w)
	case "topup":
		return t.topUp(ctx, w)
	case "t":
		return t.topUpWays(ctx, w, arg(0))
	case "tw":
		return t.topUpAsk(ctx, w, arg(0), arg(1), arg(2))
	case "ts":
		return t.topUpStars(ctx, w, arg(0), arg(1), arg(2))
	case "withdraw":
		return t.withdraw(ctx, w)
	case "wg":
		return t.withdrawTo(ctx, w, arg(0), arg(1))
	case "wa":
		return t.withdrawAsk(ctx, w, arg(0), arg(1), arg(2))
	case "addresses":
		return t.addresses(ctx, w)
	case "ar":
		return t.removeAddress(ctx, w, arg(0))
	case "an":
		return t.newAddress(ctx, w, arg(0))
	case "ag":
		return t.addressAsk(ctx, w, arg(0), arg(1))
	}
	return t.selfScreen(ctx, w, verb, arg)
}

// selfScreen is what a button about limits and proofs leads to.
func (t *tenantBot) selfScreen(ctx context.Context, w teller, verb string, arg func(int) string) (screen, error) {
	switch verb {
	case "limits":
		return t.limits(ctx, w)
	case "l":
		return t.limitsOf(ctx, w, arg(0))
	case "ls":
		return t.limitAsk(ctx, w, arg(0), arg(1), arg(2))
	case "xe":
		return t.exclusion(w), nil
	case "xd":
		return t.exclusionConfirm(w, arg(0))
	case "xc":
		return t.exclude(ctx, w, arg(0))
	case "pin":
		return t.pin(ctx, w)
	case "totp":
		return t.enrolAsk(ctx, w)
	}
	return screen{}, errForged
}

// cash lists the tenant's assets of money that are on.
func (t *tenantBot) cash(ctx context.Context) ([]cashier.Policy, error) {
	all, err := t.deps.Cashier.Policies(ctx, t.tenant.ID)
	return slices.DeleteFunc(all, func(p cashier.Policy) bool { return !p.Enabled }), err
}

// scale is how many decimal places an asset has. It returns cashier.ErrAssetOff for one that is no money or off.
func (t *tenantBot) scale(ctx context.Context, asset string) (int, error) {
	on, err := t.cash(ctx)
	if err != nil {
		return 0, err
	}
	for _, p := range on {
		if p.Asset == asset {
			return p.Scale, nil
		}
	}
	return 0, cashier.ErrAssetOff
}

// ownGroup is a group by its public id, when the person plays there.
func (t *tenantBot) ownGroup(ctx context.Context, w teller, id string) (models.Group, error) {
	all, err := t.deps.Players.Groups(ctx, t.tenant.ID, w.player.ID)
	if err != nil {
		return models.Group{}, err
	}
	for _, g := range all {
		if g.PublicID == id {
			return g, nil
		}
	}
	return models.Group{}, errForged
}

// wallet shows what the person has in every group, and what is on its way.
func (t *tenantBot) wallet(ctx context.Context, w teller) (screen, error) {
	groups, err := t.deps.Players.Groups(ctx, t.tenant.ID, w.player.ID)
	if err != nil {
		return screen{}, err
	}
	if len(groups) == 0 {
		return screen{text: w.voice.say("balances.none"), kb: t.addButton(w.voice)}, nil
	}
	on, err := t.cash(ctx)
	if err != nil {
		return screen{}, err
	}
	parts := []string{w.voice.say("wallet.title")}
	for i, g := range groups {
		if i == shownGroups {
			parts = append(parts, w.voice.say("result.more", vars{"N": number(int64(len(groups) - i))}))
			break
		}
		lines, err := t.walletOf(ctx, w, g, on)
		if err != nil {
			return screen{}, err
		}
		parts = append(parts, strings.Join(lines, "\n"))
	}
	return screen{text: strings.Join(parts, "\n\n"), kb: walletKeyboard(w.voice)}, nil
}

func walletKeyboard(v voice) *telegram.Keyboard {
	return &telegram.Keyboard{Rows: [][]telegram.Button{
		telegram.Row(telegram.Button{Text: v.say("button.topup"), Callback: "w:topup"}, telegram.Button{Text: v.say("button.withdraw"), Callback: "w:withdraw"}),
		telegram.Row(telegram.Button{Text: v.say("button.addresses"), Callback: "w:addresses"}, telegram.Button{Text: v.say("button.pin"), Callback: "w:pin"}),
		telegram.Row(telegram.Button{Text: v.say("button.limits"), Callback: "w:limits"}),
	}}
}

// walletOf are the lines of one group.
func (t *tenantBot) walletOf(ctx context.Context, w teller, g models.Group, on []cashier.Policy) ([]string, error) {
	lines := []string{"<b>" + esc(g.Title) + "</b>"}
	assets := append([]cashier.Policy{{Asset: games.AssetPoints}}, on...)
	for _, a := range assets {
		balance, err := t.deps.Ledger.Balance(ctx, t.tenant.ID, g.ID, a.Asset, w.player.ID)
		if err != nil {
			return nil, err
		}
		lines = append(lines, w.voice.sum(balance, a.Scale, a.Asset))
	}
	out, err := t.deps.Cashier.PlayerWithdrawals(ctx, t.tenant.ID, g.ID, w.player.ID, cashier.Page{Limit: shownWithdrawals})
	if err != nil {
		return nil, err
	}
	for _, x := range out.Withdrawals {
		if !x.Status.Final() {
			lines = append(lines, w.voice.say("wallet.withdrawal", vars{
				"Amount": w.voice.sum(x.Amount, x.Scale, x.Asset), "To": esc(x.Destination), "Status": w.voice.say("withdrawal.status." + string(x.Status)),
			}))
		}
	}
	in, err := t.deps.Cashier.PlayerDeposits(ctx, t.tenant.ID, g.ID, w.player.ID, cashier.Page{Limit: shownDeposits})
	if err != nil {
		return nil, err
	}
	for _, d := range in.Deposits {
		lines = append(lines, w.voice.say("wallet.deposit", vars{
			"Amount": w.voice.sum(d.Amount, d.Scale, d.Asset), "At": moment(d.CreatedAt), "Status": w.voice.say("deposit.status." + string(d.Status)),
		}))
	}
	return lines, nil
}
