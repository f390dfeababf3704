package bot

import (
	"fmt"
	"html"
	"strconv"
	"strings"
	"time"

	"fairground/games"
	"fairground/internal/telegram"
	"fairground/models"
)

const (
	plainRow   = 2 // buttons of a named choice in a row
	numberRow  = 4 // buttons of a numbered choice in a row
	hashShown  = 16
	shownPicks = 5
)

// card is the live message of a round: what it is, what a tap costs and pays, who is in.
func card(v voice, view games.RoundView, now time.Time) (string, *telegram.Keyboard) {
	f := newFacts(view)
	open := view.Status == models.RoundOpen && now.Before(view.ClosesAt) && !filled(view)
	lines := []string{cardTitle(v, view)}
	if text := v.line(view.Game, "card.open", view.Params); text != "" {
		lines = append(lines, html.EscapeString(text))
	}
	lines = append(lines, terms(v, view, f)...)
	lines = append(lines, progress(v, view, f), closing(v, view, open, now))
	lines = append(lines, v.say("card.commit", vars{"Commit": fmt.Sprintf("%x", view.CommitHash)[:hashShown]}))
	text := strings.Join(lines, "\n")
	if !open {
		return text, telegram.EmptyKeyboard()
	}
	return text, buttons(v, view, f)
}

// filled says that a round waits for nobody any more.
func filled(view games.RoundView) bool {
	return (view.Seats > 0 && view.Bets >= int64(view.Seats)) || (view.Acting && view.SlotsLeft == 0)
}

func cardTitle(v voice, view games.RoundView) string {
	if view.Opener == "" { // it was opened by itself
		return v.say("card.auto", vars{"Game": esc(v.game(view.Game, "name")), "Round": view.ID})
	}
	return v.say("card.title", vars{"Game": esc(v.game(view.Game, "name")), "Name": esc(view.Opener), "Round": view.ID})
}

// terms say what a tap costs and pays before anybody taps.
func terms(v voice, view games.RoundView, f facts) []string {
	switch {
	case f.acting && view.Opening.ActReserve > 0:
		return []string{v.say("card.mine", vars{"Loss": number(view.Opening.ActReserve)})}
	case f.acting:
		return nil
	case f.join != "":
		return []string{v.say("card.join", vars{
			"Stake": number(f.usual), "Choice": esc(v.choice(f.game, f.join)), "Pays": times(f.odds[f.join].PaysBP),
		})}
	}
	lines := []string{v.say("card.stake", vars{"Stake": number(f.usual)})}
	if f.single {
		lines = []string{v.say("card.single")}
	}
	if hint, ok := v.own(f.game, "card.hint"); ok {
		lines = append(lines, html.EscapeString(hint))
	}
	if need := view.Opening.MinPot; view.Pot < need {
		lines = append(lines, v.say("card.min_pot", vars{"Pot": number(need)}))
	}
	return lines
}

// progress says how far the round has come.
func progress(v voice, view games.RoundView, f facts) string {
	switch {
	case f.acting:
		return v.say("card.claimed", vars{"Taken": len(view.Claims), "Slots": view.Slots})
	case f.join != "":
		return v.say("card.seats", vars{"Bets": view.Bets, "Seats": view.Seats, "Pot": number(view.Pot)})
	}
	return v.say("card.bets", vars{"Bets": number(view.Bets), "Players": number(view.Players), "Pot": number(view.Pot)})
}

// closing is the coarse countdown, so that the message changes seldom.
func closing(v voice, view games.RoundView, open bool, now time.Time) string {
	switch {
	case view.Status == models.RoundVoided:
		return v.say("card.voided")
	case view.Status == models.RoundSettled:
		return v.say("card.finished")
	case !open:
		return v.say("card.closed")
	}
	left := coarse(view.ClosesAt.Sub(now))
	if left >= 2*time.Minute {
		return v.say("card.minutes", vars{"N": int64(left / time.Minute)})
	}
	return v.say("card.seconds", vars{"N": int64(left / time.Second)})
}

// coarse rounds what is left up to steps that get finer towards the end.
func coarse(left time.Duration) time.Duration {
	step := 5 * time.Second
	switch {
	case left > 2*time.Minute:
		step = time.Minute
	case left > 30*time.Second:
		step = 15 * time.Second
	case left > 10*time.Second:
		step = 10 * time.Second
	}
	return max((left + step - 1).Truncate(step), step)
}

// buttons are one verb each, with the count in the label.
func buttons(v voice, view games.RoundView, f facts) *telegram.Keyboard {
	kb := &telegram.Keyboard{}
	switch {
	case f.acting:
		text := v.say("button.grab", vars{"Taken": len(view.Claims), "Slots": view.Slots})
		kb.Rows = append(kb.Rows, telegram.Row(telegram.Button{Text: text, Callback: "c:" + f.round}))
		return kb
	case f.join != "":
		text := v.say("button.join", vars{"Stake": number(f.usual), "Bets": view.Bets, "Seats": view.Seats})
		kb.Rows = append(kb.Rows, telegram.Row(telegram.Button{Text: text, Callback: "j:" + f.round}))
		return kb
	}
	if f.single {
		kb.Rows = grid(stakeButtons(v, f, "b:"+f.round+":0:"), shownPicks)
		return kb
	}
	var plain, numbered []telegram.Button
	for i, choice := range f.choices {
		b := telegram.Button{Callback: "b:" + f.round + ":" + strconv.Itoa(i)}
		paid := ""
		if odd, ok := f.odds[choice]; ok && odd.PaysBP > 0 {
			paid = pays(odd.PaysBP)
		}
		if n, ok := v.numeral(f.game, choice); ok {
			b.Text = n + " · " + paid + countOf(view, choice)
			numbered = append(numbered, b)
			continue
		}
		b.Text = v.choice(f.game, choice)
		if paid != "" && !strings.ContainsRune(b.Text, '×') { // otherwise its name says it
			b.Text += " " + paid
		}
		b.Text += countOf(view, choice)
		plain = append(plain, b)
	}
	kb.Rows = append(kb.Rows, grid(plain, plainRow)...)
	kb.Rows = append(kb.Rows, grid(numbered, numberRow)...)
	if len(f.chips) > 1 {
		kb.Rows = append(kb.Rows, grid(stakeButtons(v, f, "s:"+f.round+":"), shownPicks)...)
	}
	return kb
}

// numeral is the short label that a game has for choices of one kind: "10" for sum.10.
func (v voice) numeral(name, choice string) (string, bool) {
	kind, n, ok := strings.Cut(choice, ".")
	if !ok {
		return "", false
	}
	label := v.line(name, "button.choice."+kind, fmt.Appendf(nil, `{"n":%q}`, n))
	return label, label != ""
}

// stakeButtons are one button a stake; its place follows the prefix of its callback.
func stakeButtons(v voice, f facts, prefix string) []telegram.Button {
	all := make([]telegram.Button, 0, len(f.chips))
	for i, chip := range f.chips {
		all = append(all, telegram.Button{Text: stakeLabel(v, f, chip), Callback: prefix + strconv.Itoa(i)})
	}
	return all
}

// stakeLabel is the game's own word for a stake, such as a number of tickets.
func stakeLabel(v voice, f facts, stake int64) string {
	if text := v.line(f.game, "button.stake", fmt.Appendf(nil, `{"stake":%d,"n":%d}`, stake, stake/f.chips[0])); text != "" {
		return text
	}
	return v.say("button.stake", vars{"Stake": number(stake)})
}

// countOf is " · 12" for a choice that 12 bets are on.
func countOf(view games.RoundView, choice string) string {
	n := view.Counts[choice]
	if n == 0 {
		return ""
	}
	return " · " + number(n)
}

// grid breaks buttons into rows.
func grid(all []telegram.Button, width int) [][]telegram.Button {
	var rows [][]telegram.Button
	for len(all) > width {
		rows = append(rows, all[:width:width])
		all = all[width:]
	}
	if len(all) > 0 {
		rows = append(rows, all)
	}
	return rows
}
