package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"fairground/games"
	"fairground/games/game"
	"fairground/internal/telegram"
	"fairground/models"
	"fairground/notify"
	"fairground/players"
)

// infos describe the catalogue, by name.
func infos(catalogue map[string]game.Game) []game.Info {
	all := make([]game.Info, 0, len(catalogue))
	for _, g := range catalogue {
		all = append(all, g.Info())
	}
	slices.SortFunc(all, func(a, b game.Info) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// play offers the games.
func (t *tenantBot) play(ctx context.Context, c talk) error {
	lines := []string{c.voice.say("play.choose")}
	var all []telegram.Button
	for _, g := range t.games {
		name := c.voice.game(g.Name, "name")
		lines = append(lines, fmt.Sprintf("<b>%s</b>: %s", esc0(name), esc0(c.voice.game(g.Name, "tagline"))))
		all = append(all, telegram.Button{Text: name, Callback: "g:" + g.Name})
	}
	pot, err := t.pot(ctx, c.voice, c.group.ID, "")
	if err != nil {
		return err
	}
	t.reply(ctx, c, notify.PriorityReply, strings.Join(append(lines, pot...), "\n"), &telegram.Keyboard{Rows: grid(all, plainRow)})
	return nil
}

// pressGame opens a round from the chooser, with the parameters that a game has by itself.
func (t *tenantBot) pressGame(ctx context.Context, p *tap, name string) (string, error) {
	at := slices.IndexFunc(t.games, func(g game.Info) bool { return g.Name == name })
	if at < 0 {
		return "", errForged
	}
	g, err := t.group(ctx, p.chat)
	if errors.Is(err, players.ErrGroupNotFound) {
		return "", errForged
	}
	if err != nil {
		return "", err
	}
	c := talk{m: p.q.Message, user: p.q.From, voice: p.voice, group: g, player: p.player, key: p.key, again: p.again}
	if t.games[at].Pace == game.PaceInstant {
		c.voice = t.texts.in(g.Language)
		return "", t.machine(ctx, c, name)
	}
	if _, err := t.open(ctx, c, name, nil); err != nil {
		return "", err
	}
	return p.voice.say("toast.opened", vars{"Game": p.voice.game(name, "name")}), nil
}

// gameCommand is the command of one game: its parameters when it has some, otherwise a bet.
func (t *tenantBot) gameCommand(info game.Info) handler {
	return func(ctx context.Context, c talk) error {
		switch {
		case info.Pace == game.PaceInstant:
			return t.instant(ctx, c, info.Name)
		case len(info.Args) > 0:
			return t.openTyped(ctx, c, info)
		}
		return t.openAndBet(ctx, c, info.Name)
	}
}

// openTyped opens a round with the parameters that were typed.
func (t *tenantBot) openTyped(ctx context.Context, c talk, info game.Info) error {
	params, ok := readParams(info.Args, c.args)
	if !ok {
		t.reply(ctx, c, notify.PriorityReply, esc0(c.voice.usage(info)), nil)
		return nil
	}
	_, err := t.open(ctx, c, info.Name, params)
	if models.CodeOf(err) == string(game.CodeInvalidParams) {
		text, _ := c.voice.refusal(err)
		t.reply(ctx, c, notify.PriorityReply, esc0(text+"\n"+c.voice.usage(info)), nil)
		return nil
	}
	return t.busy(ctx, c, err)
}

// readParams makes params of what was typed: digits are whole numbers, the rest are words. It says whether the count is right.
func readParams(names, typed []string) (json.RawMessage, bool) {
	params := map[string]any{}
	for i, name := range names {
		name, optional := strings.CutSuffix(name, "?")
		switch {
		case i < len(typed):
			params[name] = word(typed[i])
		case !optional:
			return nil, false
		}
	}
	raw, err := json.Marshal(params)
	return raw, err == nil && len(typed) <= len(names)
}

// word is a typed parameter.
func word(typed string) any {
	if n, err := strconv.ParseInt(strings.ReplaceAll(typed, ",", ""), 10, 64); err == nil {
		return n
	}
	return strings.ToLower(typed)
}

// usage says how a game's command is written.
func (v voice) usage(info game.Info) string {
	if text, ok := v.own(info.Name, "usage"); ok {
		return text
	}
	line := []string{"/" + info.Name}
	for _, name := range info.Args {
		if name, optional := strings.CutSuffix(name, "?"); optional {
			line = append(line, "["+name+"]")
		} else {
			line = append(line, name)
		}
	}
	return v.say("usage.game", vars{"Line": strings.Join(line, " ")})
}

// openAndBet opens a round, and with a choice bets in it or in the one that is running. A bet that
// can't be placed opens nothing.
func (t *tenantBot) openAndBet(ctx context.Context, c talk, name string) error {
	if len(c.args) > 0 {
		if err := t.affordable(ctx, c, name); err != nil {
			return err
		}
		if id := t.live.open(ctx, c.group.ID, name); id != "" {
			return t.betByText(ctx, c, id)
		}
	}
	view, err := t.open(ctx, c, name, nil)
	running := errors.Is(err, games.ErrRoundRunning)
	if err != nil && (!running || len(c.args) == 0) {
		return t.busy(ctx, c, err)
	}
	if len(c.args) == 0 {
		return nil
	}
	id := view.ID
	if running {
		if id = runningRound(err); id == "" {
			return err
		}
		if f, ferr := t.facts(ctx, id); ferr != nil || f.game != name {
			return t.busy(ctx, c, err) // another game's round
		}
	}
	return t.betByText(ctx, c, id)
}
