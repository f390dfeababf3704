package bot_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/internal/telegram/local"
)

// publish puts a config in force from the next round.
func (w *world) publish(name, config string) {
	w.t.Helper()
	_, err := w.deps.Engine.PublishConfig(w.t.Context(), w.tenant.ID, name, json.RawMessage(config))
	require.NoError(w.t, err)
}

// run closes a live round and starts its run, as the workflow would. It returns when the run ends.
func (w *world) run(round string) time.Time {
	w.t.Helper()
	_, err := w.deps.Engine.Close(w.t.Context(), w.tenant.ID, round, true)
	require.NoError(w.t, err)
	out, err := w.deps.Engine.Draw(w.t.Context(), w.tenant.ID, round)
	require.NoError(w.t, err)
	require.False(w.t, out.LiveUntil.IsZero())
	return out.LiveUntil
}

// runOut waits until a run is over and settles its round.
func (w *world) runOut(round string) {
	w.t.Helper()
	require.Eventually(w.t, func() bool { return w.deps.Engine.EndRun(w.t.Context(), w.tenant.ID, round) == nil }, 2*patience, 50*time.Millisecond)
	_, err := w.deps.Engine.Settle(w.t.Context(), w.tenant.ID, round)
	require.NoError(w.t, err)
}

// shows waits until a message is edited to hold a text.
func (w *world) shows(message int64, text string) local.Message {
	w.t.Helper()
	var m local.Message
	require.Eventually(w.t, func() bool {
		m = w.message(message)
		return strings.Contains(m.Text, text)
	}, patience, 50*time.Millisecond, text)
	return m
}

const slowCrash = `{"window_seconds":20,"min_stake":1,"max_stake":5000,"max_bets":0,"max_exposure":0,"edge_bp":0,"max_multiplier":200,"growth_ppm":8000}`

func TestCrashIsCashedOutByHandAndByItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	w.publish("crash", slowCrash)
	for try := 0; ; try++ {
		require.Less(t, try, 6, "six runs in a row crashed at once")
		card := w.ask(0, "/crash", "Closes in about")
		round := w.round(card)
		before := []int64{w.balance(0), w.balance(1)}
		require.Contains(t, w.tap(0, card, "By hand"), "By hand · 50 accepted")
		require.Contains(t, w.tap(1, card, "Auto 1.20×"), "Auto 1.20× · 50 accepted")
		require.Contains(t, w.forge(w.people[0], card, "a:"+round+":0:cash_out"), "Too early")
		until := w.run(round)
		if time.Until(until) < 4*time.Second { // no time for anybody
			w.runOut(round)
			w.waitAfter(card.MessageID, "Crashed at")
			continue
		}
		live := w.shows(card.MessageID, "Cashed out: 0")
		require.Len(t, live.ReplyMarkup.Rows, 1)
		require.Contains(t, w.tap(0, live, "💰 Cash out"), "Cashed out at 1.")
		require.Contains(t, w.tap(0, live, "💰 Cash out"), "done that already")
		require.Contains(t, w.tap(2, live, "💰 Cash out"), "no bet in this round")
		require.Contains(t, w.forge(w.people[0], card, "a:"+round+":0:fly"), "This button does nothing here")
		w.runOut(round)
		result := w.waitAfter(card.MessageID, "staked 100 · paid")
		require.Contains(t, result.Text, "Crashed at")
		require.Contains(t, result.Text, "Ada0: ")
		require.Equal(t, "Verify", result.ReplyMarkup.Rows[0][0].Text)
		require.GreaterOrEqual(t, w.balance(0), before[0], "who cashed out got the stake back and more")
		require.Equal(t, numberAfter(t, result.Text, "paid ")-100, w.balance(0)+w.balance(1)-before[0]-before[1])
		require.Eventually(t, func() bool { return w.message(card.MessageID).ReplyMarkup == nil }, patience, 50*time.Millisecond)
		return
	}
}

func TestTelegramsDiceAreThrownOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.post("/sim/dice", local.DiceInput{Seed: "bot"}, nil)
	card := w.ask(0, "/tgdice", "Closes in about")
	round := w.round(card)
	require.Contains(t, w.tap(0, card, "Big"), "accepted")
	require.Contains(t, w.tap(1, card, "Small"), "accepted")
	_, err := w.deps.Engine.Close(t.Context(), w.tenant.ID, round, true)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err := w.deps.Engine.Draw(t.Context(), w.tenant.ID, round)
		return err == nil
	}, patience, 50*time.Millisecond)
	_, err = w.deps.Engine.Settle(t.Context(), w.tenant.ID, round)
	require.NoError(t, err)
	result := w.waitAfter(card.MessageID, "Bets 2 · staked 100 · paid")
	thrown := w.thrown()
	require.Len(t, thrown, 1)
	require.Equal(t, card.MessageID, thrown[0].ReplyTo.MessageID)
	require.EqualValues(t, thrown[0].Dice.Value, numberAfter(t, result.Text, thrown[0].Dice.Emoji+" "))
}

func TestDiceOfUnknownOutcomeAreNotThrownAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	card := w.ask(0, "/tgdice", "Closes in about")
	round := w.round(card)
	require.Contains(t, w.tap(0, card, "Big"), "accepted. Balance 950")
	view, err := w.deps.Engine.Round(t.Context(), w.tenant.ID, round)
	require.NoError(t, err)
	w.stop()
	// A bot died over the call that throws them.
	require.NoError(t, w.db.DB.Call(t.Context(), w.tenant.ID, `INSERT INTO telegram_cards (tenant_id, subject, chat_id, message_id) VALUES ($1, $2, $3, -1)`,
		[]any{w.tenant.ID, "throw:" + round, view.GroupID}))
	_, err = w.deps.Engine.Close(t.Context(), w.tenant.ID, round, true)
	require.NoError(t, err)
	w.start()
	w.ask(0, "/me", "points here")
	var sent int
	require.Eventually(t, func() bool {
		require.NoError(t, w.db.DB.Call(t.Context(), w.tenant.ID, `SELECT count(*) FROM notifications WHERE kind = 'round.throw' AND status = 'sent'`, nil, &sent))
		return sent == 1
	}, patience, 50*time.Millisecond)
	require.Empty(t, w.thrown())
	_, err = w.deps.Engine.Void(t.Context(), w.tenant.ID, round, games.ReasonNoSource)
	require.NoError(t, err)
	w.waitAfter(card.MessageID, "is void: the dice did not come in time")
	require.EqualValues(t, 1000, w.balance(0))
}

// thrown are the dice in the group.
func (w *world) thrown() []local.Message {
	w.t.Helper()
	var all []local.Message
	for _, m := range w.messages(0) {
		if m.Dice != nil {
			all = append(all, m)
		}
	}
	return all
}

const shortQuiz = `{"window_seconds":60,"entry":20,"min_players":2,"bank":"default",
	"bank_hash":"266c313ad701796d4154e10c24f841f6a2b1ddff5068767e9a097291cc0c767a","bank_size":32,"questions":2,"seconds":8,"mode":"fastest"}`

func TestAQuizAsksOneQuestionAMessageAndTellsNothingBeforeItsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	w.publish("quiz", shortQuiz)
	card := w.ask(0, "/quiz", "Closes in about")
	round := w.round(card)
	require.Contains(t, card.Text, "2 questions, 8 s each")
	require.Contains(t, w.tap(0, card, "Take part for 20"), "Take part · 20 accepted. Balance 980")
	require.Contains(t, w.tap(1, card, "Take part for 20"), "Balance 980")
	w.run(round)
	var first local.Message
	for number := 1; number <= 2; number++ {
		asked := w.waitAfter(card.MessageID, fmt.Sprintf("🧠 %d/2 · ", number))
		require.Contains(t, w.tap(0, asked, "A · "), "Answer taken")
		require.Contains(t, w.tap(0, asked, "B · "), "done that already")
		require.Contains(t, w.tap(1, asked, "B · "), "Answer taken")
		require.Contains(t, w.tap(2, asked, "A · "), "no bet in this round")
		require.NotContains(t, w.message(asked.MessageID).Text, "right")
		if number == 1 {
			first = asked
			w.shows(asked.MessageID, "Answers: 2")
		} else {
			require.NotEqual(t, first.MessageID, asked.MessageID)
			require.Contains(t, w.forge(w.people[1], first, w.data(first, "A · ")), "done that already")
			require.Contains(t, w.forge(w.people[2], first, w.data(first, "A · ")), "no bet in this round")
		}
	}
	require.Eventually(t, func() bool { return w.message(first.MessageID).ReplyMarkup == nil }, patience, 50*time.Millisecond)
	w.runOut(round)
	result := w.waitAfter(first.MessageID, "Bets 2 · staked 40 · paid 40")
	require.Contains(t, result.Text, "1. ")
	require.EqualValues(t, 2000, w.balance(0)+w.balance(1))
	for _, m := range w.messages(card.MessageID) {
		if strings.HasPrefix(m.Text, "🧠 ") {
			require.Eventually(t, func() bool { return w.message(m.MessageID).ReplyMarkup == nil }, patience, 50*time.Millisecond)
		}
	}
}

func TestTheWheelIsSpunForEverybody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	card := w.ask(0, "/wheel red 20", "Place your bets on the wheel")
	w.wait("Red · 20 at 2.00x accepted. Balance 980")
	require.Contains(t, w.tap(1, card, "🔵 Blue 4x"), "🔵 Blue · 50 at 4.00x accepted")
	w.finish(w.round(card))
	result := w.waitAfter(card.MessageID, "Bets 2 · staked 70 · paid")
	require.Contains(t, result.Text, "The wheel stops at")
	require.Equal(t, numberAfter(t, result.Text, "paid ")+1930, w.balance(0)+w.balance(1))
}

func TestRaffleTicketsAreSoldByTheButton(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	card := w.ask(0, "/raffle", "Tickets are on sale")
	require.Contains(t, card.Text, "Below a pot of 20 every stake goes back.")
	require.Contains(t, w.tap(0, card, "🎟 1 · 10"), "Ticket · 10 accepted. Balance 990")
	require.Contains(t, w.tap(1, card, "🎟 10 · 100"), "Ticket · 100 accepted. Balance 900")
	w.ask(1, "/raffle 50", "Ticket · 50 accepted. Balance 850")
	require.Contains(t, w.forge(w.people[1], card, "b:"+w.round(card)+":0:9"), "This button does nothing here")
	w.finish(w.round(card))
	result := w.waitAfter(card.MessageID, "Tickets sold: 16")
	require.Contains(t, result.Text, "🏆 1. ticket ")
	require.EqualValues(t, 2000, w.balance(0)+w.balance(1), "everything comes back")

	lonely := w.ask(0, "/raffle", "Tickets are on sale")
	w.tap(0, lonely, "🎟 1 · 10")
	w.finish(w.round(lonely))
	w.waitAfter(lonely.MessageID, "is void: too few joined in time")
}

func TestARestartedBotGoesOnWithARun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.publish("quiz", shortQuiz)
	card := w.ask(0, "/quiz", "Closes in about")
	round := w.round(card)
	w.tap(0, card, "Take part for 20")
	w.tap(1, card, "Take part for 20")
	w.run(round)
	first := w.waitAfter(card.MessageID, "🧠 1/2 · ")
	w.stop()
	w.start()
	second := w.waitAfter(first.MessageID, "🧠 2/2 · ")
	require.Contains(t, w.tap(1, second, "B · "), "Answer taken")
	w.runOut(round)
	w.waitAfter(second.MessageID, "Bets 2 · staked 40 · paid 40")
	require.Eventually(t, func() bool {
		return w.message(second.MessageID).ReplyMarkup == nil && w.message(card.MessageID).ReplyMarkup == nil
	}, patience, 50*time.Millisecond)
	asked := 0
	for _, m := range w.messages(card.MessageID) {
		if strings.HasPrefix(m.Text, "🧠 ") {
			asked++
		}
	}
	require.Equal(t, 2, asked, "no question was sent twice")
}

func TestEveryGameHasItsCommandAndItsButton(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	menu := w.ask(0, "/play", "What shall we play?")
	help := w.ask(0, "/help", "Administrators")
	for name, g := range games.Catalogue() {
		require.Equal(t, name, g.Info().Name)
		require.Contains(t, help.Text, "/"+name+": ")
		require.Contains(t, w.forge(w.people[0], menu, "g:"+name+"x"), "This button does nothing here")
	}
	require.Len(t, menu.ReplyMarkup.Rows, (len(games.Catalogue())+1)/2)
	w.tap(0, menu, "Slots")
	w.waitAfter(menu.MessageID, "Tap an amount, or send /slots with one.")
}
