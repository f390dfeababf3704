package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"fairground/games"
	"fairground/internal/telegram"
	"fairground/models"
)

// slotText is the text of a game whose slots each have a message of their own.
const slotText = "card.slot"

// runs says whether players act in a round now: its outcome runs, hidden.
func runs(view games.RoundView) bool { return view.Live && view.Status == models.RoundDrawn }

// glimpse is what a run shows of itself.
type glimpse struct {
	Slot int      `json:"slot"` // acts go to it now
	Left int64    `json:"left"` // seconds until something else is shown; 0 without such a moment
	Acts []string `json:"acts"` // what can be done now; without it, whatever the game has a button for
}

// deliverLive turns the betting card of a round into its live card.
func (t *tenantBot) deliverLive(ctx context.Context, round string, done func(error)) {
	view, err := t.deps.Engine.Round(ctx, t.tenant.ID, round)
	if err != nil || !runs(view) { // it may be over by now
		done(err)
		return
	}
	t.live.begin(view)
	done(nil)
}

// begin looks at a round at once, and again for as long as it runs.
func (l *live) begin(view games.RoundView) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.rounds[view.ID]
	if s == nil {
		if view.MessageID == nil {
			return // shown and adopted soon
		}
		s = &shown{message: *view.MessageID, closes: view.ClosesAt}
		l.rounds[view.ID] = s
	}
	s.running, s.looked = true, l.bot.deps.Clock.Now().Add(-liveEvery)
}

// moment shows the moment of a run: in the round's card, or in a message of the slot's own.
func (l *live) moment(ctx context.Context, view games.RoundView) {
	now, err := l.bot.deps.Engine.Live(ctx, l.bot.tenant.ID, view.ID)
	if err != nil {
		if !errors.Is(err, games.ErrTooEarly) && ctx.Err() == nil {
			l.bot.log.WarnContext(ctx, "a run can't be read", slog.String("round", view.ID), slog.Any("error", err))
		}
		l.touch(view.ID)
		return
	}
	g, err := l.bot.group(ctx, view.ChatID)
	if err != nil {
		l.touch(view.ID)
		return
	}
	v := l.bot.texts.in(g.Language)
	l.mu.Lock()
	topic := int64(0)
	if s := l.rounds[view.ID]; s != nil {
		s.running, topic = !now.Over, s.topic
		if left := glimpseOf(now).Left; left > 0 {
			s.next = l.bot.deps.Clock.Now().Add(time.Duration(left) * time.Second)
		}
	}
	l.mu.Unlock()
	text, kb := liveCard(v, view, now)
	l.putText(ctx, view, text, kb, func(error) {})
	if _, ok := v.own(view.Game, slotText); ok {
		l.slot(ctx, v, view, now, topic)
	}
}

// liveCard is the card of a round that runs.
func liveCard(v voice, view games.RoundView, now games.LiveView) (string, *telegram.Keyboard) {
	lines := []string{cardTitle(v, view)}
	if text := v.line(view.Game, "card.live", now.Shown); text != "" {
		lines = append(lines, "<b>"+html.EscapeString(text)+"</b>")
	}
	lines = append(lines, v.say("card.bets", vars{"Bets": number(view.Bets), "Players": number(view.Players), "Pot": number(view.Pot)}))
	_, apart := v.own(view.Game, slotText)
	if !apart {
		lines = append(lines, v.acted(view.Game, len(now.Acts)))
	}
	if now.Over {
		lines = append(lines, v.say("card.closed"))
	}
	text := strings.Join(lines, "\n")
	if now.Over || apart {
		return text, telegram.EmptyKeyboard()
	}
	return text, actButtons(v, view, now)
}

// acted says how much was done so far.
func (v voice) acted(name string, n int) string {
	if text := v.line(name, "card.acts", fmt.Appendf(nil, `{"n":%d}`, n)); text != "" {
		return html.EscapeString(text)
	}
	return v.say("card.acts", vars{"N": number(int64(n))})
}

// actButtons are what can be done at this moment of a run.
func actButtons(v voice, view games.RoundView, now games.LiveView) *telegram.Keyboard {
	m := glimpseOf(now)
	kb := &telegram.Keyboard{Rows: [][]telegram.Button{}}
	var all []telegram.Button
	for _, choice := range m.choices(v, view.Game) {
		label := v.line(view.Game, "button.act."+choice, now.Shown)
		if label == "" {
			continue
		}
		all = append(all, telegram.Button{Text: clip(label, buttonLimit), Callback: "a:" + view.ID + ":" + strconv.Itoa(m.Slot) + ":" + choice})
	}
	kb.Rows = append(kb.Rows, grid(all, plainRow)...)
	return kb
}

// buttonLimit keeps a button readable.
const buttonLimit = 48

func glimpseOf(now games.LiveView) glimpse {
	var m glimpse
	if json.Unmarshal(now.Shown, &m) != nil {
		return glimpse{}
	}
	return m
}

// choices are what a button can be for.
func (m glimpse) choices(v voice, name string) []string {
	if m.Acts != nil {
		return m.Acts
	}
	return v.acts(name)
}

// acts are what a game has buttons for while it runs.
func (v voice) acts(name string) []string {
	var all []string
	for key := range maps.Keys(v.texts.games[name][languages()[0]]) {
		if choice, ok := strings.CutPrefix(key, "button.act."); ok {
			all = append(all, choice)
		}
	}
	slices.Sort(all)
	return all
}

// slot shows a slot in a message of its own, and takes the buttons off the one before it.
func (l *live) slot(ctx context.Context, v voice, view games.RoundView, now games.LiveView, topic int64) {
	m := glimpseOf(now)
	acted := 0
	for _, act := range now.Acts {
		if act.Slot == m.Slot {
			acted++
		}
	}
	text := v.line(view.Game, slotText, now.Shown)
	kb := actButtons(v, view, now)
	l.mu.Lock()
	s := l.rounds[view.ID]
	if s == nil {
		l.mu.Unlock()
		return
	}
	before, last := s.slot, s.slotText
	changed := s.slotText != text || s.slotActs != acted
	if text != "" && !now.Over {
		s.slot, s.slotText, s.slotActs = m.Slot, text, acted
	} else {
		s.slotText = ""
	}
	l.mu.Unlock()
	if last != "" && (before != m.Slot || now.Over || text == "") {
		l.showSlot(ctx, view, before, cardShown{topic: topic, text: html.EscapeString(last), final: true})
	}
	if text != "" && !now.Over && changed {
		lines := html.EscapeString(text) + "\n" + v.acted(view.Game, acted)
		l.showSlot(ctx, view, m.Slot, cardShown{topic: topic, text: lines, kb: kb})
	}
}

// closeSlots takes the buttons off the last slot of a round that is over.
func (l *live) closeSlots(ctx context.Context, view games.RoundView) {
	l.mu.Lock()
	s := l.rounds[view.ID]
	if s == nil || s.slotText == "" {
		l.mu.Unlock()
		return
	}
	slot, last, topic := s.slot, s.slotText, s.topic
	s.slotText, s.running = "", false
	l.mu.Unlock()
	l.showSlot(ctx, view, slot, cardShown{topic: topic, text: html.EscapeString(last), final: true})
}

// showSlot edits the message of a slot, or sends it.
func (l *live) showSlot(ctx context.Context, view games.RoundView, slot int, card cardShown) {
	subject := "slot:" + view.ID + ":" + strconv.Itoa(slot)
	card.chat, card.silent = view.ChatID, true
	card.keep = func(ctx context.Context, message int64) error {
		return l.bot.cards.Set(ctx, subject, card.chat, message)
	}
	after := context.WithoutCancel(ctx)
	l.bot.board.refresh(subject, func(done func(error)) {
		message, err := l.bot.cards.Message(after, subject, card.chat)
		if err != nil || (message == 0 && card.final) {
			done(err)
			return
		}
		card.message = message
		l.bot.put(after, card, done)
	}, func(error) {})
}

// pressAct does something in a run: with the player's oldest bet that still can. The toast tells what counts.
func (t *tenantBot) pressAct(ctx context.Context, p *tap, f facts, rest string) (string, error) {
	at, choice, _ := strings.Cut(rest, ":")
	slot, err := strconv.Atoi(at)
	if err != nil || slot < 0 || !f.live || !slices.Contains(p.voice.acts(f.game), choice) {
		return "", errForged
	}
	var receipt games.ActReceipt
	err = t.surely(ctx, p.again, func(again bool) (err error) {
		receipt, err = t.deps.Engine.Act(ctx, games.ActRequest{
			Tenant: t.tenant.ID, Round: f.round, Player: p.player.ID, Slot: slot, Choice: choice, Key: p.key, Again: again,
		})
		return err
	})
	if err != nil {
		return "", err
	}
	t.live.touch(f.round)
	if text := p.voice.line(f.game, "toast.act", actData(receipt)); text != "" {
		return text, nil
	}
	return p.voice.say("toast.act", vars{"Act": p.voice.line(f.game, "button.act."+choice, receipt.Shown)}), nil
}

// actData is what was shown when an act was taken, with the act.
func actData(r games.ActReceipt) json.RawMessage {
	facts := map[string]any{}
	if len(r.Shown) > 0 && json.Unmarshal(r.Shown, &facts) != nil {
		return nil
	}
	facts["choice"], facts["at_ms"] = r.Choice, r.AtMS
	raw, err := json.Marshal(facts)
	if err != nil {
		return nil
	}
	return raw
}
