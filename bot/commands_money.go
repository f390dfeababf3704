package bot

import (
	"context"
	"fmt"
	"strings"

	"fairground/games"
	"fairground/ledger"
	"fairground/notify"
)

const (
	topSize     = 10
	historySize = 10
)

// me shows a player's balance and stake in the group.
func (t *tenantBot) me(ctx context.Context, c talk) error {
	m, err := t.member(ctx, c.group.ID, c.m.Chat.ID, c.player)
	if err != nil {
		return err
	}
	balance, err := t.deps.Ledger.Balance(ctx, t.tenant.ID, c.group.ID, games.AssetPoints, c.player.ID)
	if err != nil {
		return err
	}
	stake := number(m.Stake)
	if m.Stake == 0 {
		stake = number(usualStake)
	}
	t.reply(ctx, c, notify.PriorityReply, c.voice.say("me", vars{
		"Name": esc(c.player.Name), "Balance": number(balance), "Stake": stake, "ID": c.player.PublicID,
	}), nil)
	return nil
}

// balances shows a player's balance in every group.
func (t *tenantBot) balances(ctx context.Context, c talk) error {
	groups, err := t.deps.Players.Groups(ctx, t.tenant.ID, c.player.ID)
	if err != nil {
		return err
	}
	if len(groups) == 0 {
		t.reply(ctx, c, notify.PriorityReply, c.voice.say("balances.none"), t.addButton(c.voice))
		return nil
	}
	lines := []string{c.voice.say("balances.title")}
	for _, g := range groups {
		balance, err := t.deps.Ledger.Balance(ctx, t.tenant.ID, g.ID, games.AssetPoints, c.player.ID)
		if err != nil {
			return err
		}
		lines = append(lines, c.voice.say("balances.line", vars{"Group": esc(g.Title), "Balance": number(balance)}))
	}
	t.reply(ctx, c, notify.PriorityReply, strings.Join(lines, "\n"), nil)
	return nil
}

// top shows who has most in the group.
func (t *tenantBot) top(ctx context.Context, c talk) error {
	best, err := t.deps.Ledger.Top(ctx, t.tenant.ID, c.group.ID, games.AssetPoints, topSize)
	if err != nil {
		return err
	}
	if len(best) == 0 {
		t.reply(ctx, c, notify.PriorityReply, c.voice.say("top.none"), nil)
		return nil
	}
	ids := make([]int64, len(best))
	for i, s := range best {
		ids[i] = s.Player
	}
	people, err := t.deps.Players.PlayersByID(ctx, t.tenant.ID, ids)
	if err != nil {
		return err
	}
	badges, err := t.store.Badges(ctx, t.tenant.ID, c.group.ID)
	if err != nil {
		return err
	}
	lines := []string{c.voice.say("top.title")}
	for i, s := range best {
		name := esc(people[s.Player].Name)
		if badge := badges[people[s.Player].PublicID]; badge != "" {
			name += " " + esc0(badge)
		}
		lines = append(lines, fmt.Sprintf("%d. %s · %s", i+1, name, number(s.Balance)))
	}
	t.reply(ctx, c, notify.PriorityReply, strings.Join(lines, "\n"), nil)
	return nil
}

// history shows a player's last movements in the group.
func (t *tenantBot) history(ctx context.Context, c talk) error {
	if _, err := t.member(ctx, c.group.ID, c.m.Chat.ID, c.player); err != nil {
		return err
	}
	lines, err := t.movements(ctx, c, c.group.ID, historySize)
	if err != nil {
		return err
	}
	if len(lines) == 0 {
		t.reply(ctx, c, notify.PriorityReply, c.voice.say("history.none"), nil)
		return nil
	}
	text := c.voice.say("history.title", vars{"Name": esc(c.player.Name)}) + "\n" + strings.Join(lines, "\n")
	t.reply(ctx, c, notify.PriorityReply, text, nil)
	return nil
}

// histories shows the last movements in every group.
func (t *tenantBot) histories(ctx context.Context, c talk) error {
	groups, err := t.deps.Players.Groups(ctx, t.tenant.ID, c.player.ID)
	if err != nil {
		return err
	}
	var parts []string
	for _, g := range groups {
		lines, err := t.movements(ctx, c, g.ID, historySize/2)
		if err != nil {
			return err
		}
		if len(lines) > 0 {
			parts = append(parts, "<b>"+esc(g.Title)+"</b>\n"+strings.Join(lines, "\n"))
		}
	}
	if len(parts) == 0 {
		parts = []string{c.voice.say("history.none")}
	}
	t.reply(ctx, c, notify.PriorityReply, strings.Join(parts, "\n\n"), nil)
	return nil
}

// movements are the last lines of a player's statement, newest first.
func (t *tenantBot) movements(ctx context.Context, c talk, group int64, limit int) ([]string, error) {
	statement, err := t.deps.Ledger.Statement(ctx, t.tenant.ID, group, games.AssetPoints, c.player.ID, ledger.Page{Limit: limit})
	if err != nil {
		return nil, err
	}
	lines := make([]string, 0, len(statement.Lines))
	for _, line := range statement.Lines {
		kind, ok := c.voice.try("kind." + line.Kind)
		if !ok {
			kind = line.Kind
		}
		text := fmt.Sprintf("%s · %s · %s → %s", line.At.Format("01-02 15:04"), esc(kind), signed(line.Delta), number(line.After))
		if strings.HasPrefix(line.Ref, "r_") || strings.HasPrefix(line.Ref, "pl_") {
			text += " · <code>" + esc(line.Ref) + "</code>"
		}
		lines = append(lines, text)
	}
	return lines, nil
}

// verify links the page where anybody recomputes a round: the named one, or the group's last.
func (t *tenantBot) verify(ctx context.Context, c talk) error {
	id := ""
	switch {
	case len(c.args) > 0:
		id = c.args[0]
	case c.group.ID != 0:
		last, err := t.lastFinal(ctx, c.group.ID)
		if err != nil {
			return err
		}
		id = last
	}
	if id == "" {
		t.reply(ctx, c, notify.PriorityReply, c.voice.say("verify.none"), nil)
		return nil
	}
	if !strings.HasPrefix(id, "r_") {
		if known, err := t.verifyPlay(ctx, c, id); known || err != nil {
			return err
		}
	}
	view, err := t.deps.Engine.Round(ctx, t.tenant.ID, id)
	if err != nil {
		return err
	}
	text := c.voice.say("verify.text", vars{
		"Round": view.ID, "Game": esc(c.voice.game(view.Game, "name")), "Status": c.voice.say("status." + string(view.Status)),
		"Commit": fmt.Sprintf("%x", view.CommitHash), "URL": esc0(t.verifyURL(view.ID)),
	})
	t.linkedReply(ctx, c, text, t.verifyButton(c.voice, view.ID))
	return nil
}

// lastFinal is the group's newest round that has ended, empty when there is none.
func (t *tenantBot) lastFinal(ctx context.Context, group int64) (string, error) {
	rounds, _, err := t.deps.Engine.ListRounds(ctx, t.tenant.ID, group, "", historySize)
	if err != nil {
		return "", err
	}
	for _, r := range rounds {
		if r.Status.Final() {
			return r.ID, nil
		}
	}
	return "", nil
}
