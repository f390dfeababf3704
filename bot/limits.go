package bot

import (
	"context"
	"strconv"
	"strings"
	"time"

	"fairground/internal/telegram"
	"fairground/players"
)

// none is the word that removes a limit.
const noLimit = "none"

// exclusionDays are what a player may choose from.
func exclusionDays() []int { return []int{1, 7, 30, 180} }

// limits shows what bounds the person, in the only asset or after a choice.
func (t *tenantBot) limits(ctx context.Context, w teller) (screen, error) {
	on, err := t.cash(ctx)
	if err != nil {
		return screen{}, err
	}
	exclude := telegram.Button{Text: w.voice.say("button.exclude"), Callback: "w:xe"}
	switch len(on) {
	case 0:
		return screen{text: w.voice.say("limits.points"), kb: rows(exclude)}, nil
	case 1:
		return t.limitsOf(ctx, w, on[0].Asset)
	}
	var buttons []telegram.Button
	for _, p := range on {
		buttons = append(buttons, telegram.Button{Text: strings.ToUpper(p.Asset), Callback: "w:l:" + p.Asset})
	}
	return screen{text: w.voice.say("limits.asset"), kb: rows(append(buttons, exclude)...)}, nil
}

// limitsOf shows the limits of one asset.
func (t *tenantBot) limitsOf(ctx context.Context, w teller, asset string) (screen, error) {
	scale, err := t.scale(ctx, asset)
	if err != nil {
		return screen{}, err
	}
	all, err := t.deps.Players.Limits(ctx, t.tenant.ID, w.player.ID, asset)
	if err != nil {
		return screen{}, err
	}
	bounds, err := t.deps.Players.Restrictions(ctx, t.tenant.ID, w.player.ID)
	if err != nil {
		return screen{}, err
	}
	lines := []string{w.voice.say("limits.title", vars{"Asset": strings.ToUpper(asset)})}
	kb := &telegram.Keyboard{}
	var row []telegram.Button
	for _, l := range all {
		name := w.voice.say("limit."+string(l.Kind)) + " · " + w.voice.say("window."+string(l.Window))
		lines = append(lines, w.limitLine(name, l, scale, asset))
		row = append(row, telegram.Button{Text: name, Callback: "w:ls:" + asset + ":" + string(l.Kind) + ":" + string(l.Window)})
	}
	kb.Rows = append(grid(row, 2), telegram.Row(telegram.Button{Text: w.voice.say("button.exclude"), Callback: "w:xe"}))
	if !bounds.ExcludedUntil.IsZero() {
		lines = append(lines, w.voice.say("limits.excluded", vars{"At": moment(bounds.ExcludedUntil)}))
	}
	return screen{text: strings.Join(lines, "\n"), kb: kb}, nil
}

// limitLine is one limit, what is used of it, and a change that waits.
func (w teller) limitLine(name string, l players.Limit, scale int, asset string) string {
	of := func(amount *int64) string {
		if amount == nil {
			return w.voice.say("limits.none")
		}
		return w.voice.sum(*amount, scale, asset)
	}
	line := w.voice.say("limits.line", vars{"Name": name, "Limit": of(l.Amount), "Used": w.voice.sum(max(l.Used, 0), scale, asset)})
	if l.Pending != nil {
		line += " " + w.voice.say("limits.pending", vars{"Limit": of(l.Pending.Amount), "At": moment(l.Pending.At)})
	}
	return line
}

// limitAsk asks for the new limit.
func (t *tenantBot) limitAsk(ctx context.Context, w teller, asset, kind, window string) (screen, error) {
	if _, err := t.scale(ctx, asset); err != nil {
		return screen{}, err
	}
	k, ok := w.voice.try("limit." + kind)
	span, known := w.voice.try("window." + window)
	if !ok || !known {
		return screen{}, errForged
	}
	return t.prompt(ctx, w, dialogue{Step: stepLimit, Asset: asset, Kind: kind, Window: window},
		w.voice.say("limits.ask", vars{"Name": k + " · " + span, "Asset": strings.ToUpper(asset), "None": noLimit}))
}

// limitAmount sets the limit: lower holds at once, higher waits.
func (t *tenantBot) limitAmount(ctx context.Context, w teller, d dialogue, text string) (screen, error) {
	scale, err := t.scale(ctx, d.Asset)
	if err != nil {
		return screen{}, err
	}
	var amount *int64
	if !strings.EqualFold(text, noLimit) {
		n, err := parseUnits(text, scale)
		if again, ok := amountAgain(w.voice, err); ok {
			return again, nil
		}
		amount = &n
	}
	set, err := t.deps.Players.SetLimit(ctx, t.tenant.ID, w.player.ID, players.LimitChange{
		Asset: d.Asset, Kind: players.LimitKind(d.Kind), Window: players.LimitWindow(d.Window), Amount: amount,
	})
	if err != nil {
		return screen{}, err
	}
	name := w.voice.say("limit."+d.Kind) + " · " + w.voice.say("window."+d.Window)
	return screen{text: w.voice.say("limits.set") + "\n" + w.limitLine(name, set, scale, d.Asset)}, t.over(ctx, w)
}

// exclusion offers how long to stay away.
func (t *tenantBot) exclusion(w teller) screen {
	var buttons []telegram.Button
	for _, days := range exclusionDays() {
		buttons = append(buttons, telegram.Button{Text: w.voice.say("button.days", vars{"N": days}), Callback: "w:xd:" + strconv.Itoa(days)})
	}
	return screen{text: w.voice.say("exclude.ask"), kb: rows(buttons...)}
}

// exclusionUntil reads the days of a button.
func (t *tenantBot) exclusionUntil(days string) (time.Time, error) {
	for _, n := range exclusionDays() {
		if strconv.Itoa(n) == days {
			return t.deps.Clock.Now().Add(time.Duration(n) * 24 * time.Hour), nil
		}
	}
	return time.Time{}, errForged
}

// exclusionConfirm asks once more: nobody takes it back.
func (t *tenantBot) exclusionConfirm(w teller, days string) (screen, error) {
	until, err := t.exclusionUntil(days)
	if err != nil {
		return screen{}, err
	}
	return screen{text: w.voice.say("exclude.confirm", vars{"At": moment(until)}), kb: rows(
		telegram.Button{Text: w.voice.say("button.exclude_yes"), Callback: "w:xc:" + days},
		telegram.Button{Text: w.voice.say("button.back"), Callback: "w:limits"},
	)}, nil
}

// exclude keeps the person away until the end of the days.
func (t *tenantBot) exclude(ctx context.Context, w teller, days string) (screen, error) {
	until, err := t.exclusionUntil(days)
	if err != nil {
		return screen{}, err
	}
	if err := t.deps.Players.Exclude(ctx, t.tenant.ID, w.player.ID, until); err != nil {
		return screen{}, err
	}
	return screen{text: w.voice.say("exclude.done", vars{"At": moment(until)})}, nil
}
