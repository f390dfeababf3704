package bot

import (
	"context"
	"slices"
	"strings"

	"fairground/cashier"
	"fairground/internal/telegram"
	"fairground/players"
)

// addresses shows the person's address book.
func (t *tenantBot) addresses(ctx context.Context, w teller) (screen, error) {
	book, err := t.deps.Cashier.Addresses(ctx, t.tenant.ID, w.player.ID)
	if err != nil {
		return screen{}, err
	}
	lines := []string{w.voice.say("address.title")}
	if len(book) == 0 {
		lines = append(lines, w.voice.say("address.none"))
	}
	var buttons []telegram.Button
	for _, a := range book {
		if a.UsableAt.After(t.deps.Clock.Now()) {
			lines = append(lines, w.voice.say("address.waiting", vars{"Label": esc(a.Label), "To": esc(a.Masked), "At": moment(a.UsableAt)}))
		} else {
			lines = append(lines, w.voice.say("address.line", vars{"Label": esc(a.Label), "To": esc(a.Masked), "Asset": strings.ToUpper(a.Asset)}))
		}
		buttons = append(buttons, telegram.Button{Text: w.voice.say("button.remove", vars{"Label": clip(a.Label, 30)}), Callback: "w:ar:" + a.ID})
	}
	buttons = append(buttons, telegram.Button{Text: w.voice.say("button.new_address"), Callback: "w:an"})
	return screen{text: strings.Join(lines, "\n"), kb: rows(buttons...)}, nil
}

// removeAddress takes a destination out of the book.
func (t *tenantBot) removeAddress(ctx context.Context, w teller, id string) (screen, error) {
	if err := t.deps.Cashier.RemoveAddress(ctx, t.tenant.ID, w.player.ID, id); err != nil {
		return screen{}, err
	}
	return t.addresses(ctx, w)
}

// newAddress asks for what and through whom the destination is paid; an empty asset asks for any.
func (t *tenantBot) newAddress(ctx context.Context, w teller, asset string) (screen, error) {
	if out, ok, err := t.proven(ctx, w); !ok {
		return out, err
	}
	on, err := t.cash(ctx)
	if err != nil {
		return screen{}, err
	}
	accounts, err := t.deps.Cashier.Accounts(ctx, t.tenant.ID)
	if err != nil {
		return screen{}, err
	}
	var buttons []telegram.Button
	for _, a := range accounts {
		for _, name := range a.Assets {
			if a.Enabled && a.Payouts && enabled(on, name) && (asset == "" || asset == name) {
				buttons = append(buttons, telegram.Button{Text: clip(a.Title, 30) + " · " + strings.ToUpper(name), Callback: "w:ag:" + a.ID + ":" + name})
			}
		}
	}
	if len(buttons) == 0 {
		return screen{text: w.voice.say("address.no_way")}, nil
	}
	return screen{text: w.voice.say("address.way"), kb: rows(buttons...)}, nil
}

// addressAsk asks for a label.
func (t *tenantBot) addressAsk(ctx context.Context, w teller, account, asset string) (screen, error) {
	a, err := t.openAccount(ctx, account)
	if err != nil {
		return screen{}, err
	}
	if !slices.Contains(a.Assets, asset) {
		return screen{}, errForged
	}
	return t.prompt(ctx, w, dialogue{Step: stepLabel, Account: a.ID, Asset: asset}, w.voice.say("address.label"))
}

// addressLabel asks for the destination.
func (t *tenantBot) addressLabel(ctx context.Context, w teller, d dialogue, text string) (screen, error) {
	d.Step, d.Label = stepDestination, clip(text, 64)
	return t.prompt(ctx, w, d, w.voice.say("address.destination", vars{"Asset": strings.ToUpper(d.Asset)}))
}

// addressDestination asks for the PIN or a code.
func (t *tenantBot) addressDestination(ctx context.Context, w teller, d dialogue, text string) (screen, error) {
	d.Step, d.Destination = stepAddressPIN, text
	return t.prompt(ctx, w, d, w.voice.say("address.code", vars{"Label": esc(d.Label), "To": esc0(clip(text, 100))}))
}

// addressCode proves the person and adds the destination.
func (t *tenantBot) addressCode(ctx context.Context, w teller, d dialogue, code string) (screen, error) {
	proof, err := t.deps.Players.Verify(ctx, t.tenant.ID, w.player.ID, code, players.PurposeAddress)
	if err != nil {
		return screen{}, err
	}
	a, err := t.deps.Cashier.AddAddress(ctx, cashier.AddressRequest{
		Tenant: t.tenant.ID, Player: w.player.ID, Gateway: d.Account, Asset: d.Asset, Label: d.Label, Destination: d.Destination, Verification: proof,
	})
	if err != nil {
		return screen{}, err
	}
	if err := t.over(ctx, w); err != nil {
		return screen{}, err
	}
	text := w.voice.say("address.added", vars{"Label": esc(a.Label), "To": esc(a.Masked)})
	if a.UsableAt.After(t.deps.Clock.Now()) {
		text = w.voice.say("address.added_waits", vars{"Label": esc(a.Label), "To": esc(a.Masked), "At": moment(a.UsableAt)})
	}
	return screen{text: text, kb: rows(telegram.Button{Text: w.voice.say("button.withdraw"), Callback: "w:withdraw"})}, nil
}
