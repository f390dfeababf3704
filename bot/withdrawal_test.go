package bot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/cashier"
	"fairground/cashier/gateway"
	"fairground/internal/telegram/local"
	"fairground/models"
)

// book sets a person's PIN and adds a payout address, all by messages.
func (w *till) book(person int) {
	w.t.Helper()
	user := w.people[person]
	require.Contains(w.t, w.askPrivately(user, "/withdraw", "needs a PIN").Text, "Set one first")
	w.askPrivately(user, "/pin", "Send your new PIN")
	require.Contains(w.t, w.secret(user, "111111", "6 to 12 digits").Text, "row")
	w.secret(user, firstPIN, "Your PIN is set")
	list := w.pressed(user, w.askPrivately(user, "/wallet", "Your wallet"), "Addresses", "None yet")
	way := w.pressed(user, list, "Add an address", "Through whom")
	w.pressed(user, way, "By hand · SBX", "What do you call")
	w.askPrivately(user, "Desk", "Send the destination")
	w.askPrivately(user, "DE89370400440532013000", "Is that right?")
	w.secret(user, firstPIN, "Added: Desk, DE89…3000")
}

// asked asks for a withdrawal by messages and returns it with its card.
func (w *till) asked(person int, amount string) (cashier.Withdrawal, local.Message) {
	w.t.Helper()
	user := w.people[person]
	where := w.askPrivately(user, "/withdraw", "go?")
	w.pressed(user, where, "Desk", "do you want to take out")
	prompt := w.askPrivately(user, amount, "Send your PIN")
	w.secret(user, wrongPIN, "That is wrong")
	w.sayIn(user, w.botID, firstPIN)
	card := w.awaits(user, prompt.MessageID, "Withdrawal of")
	page, err := w.deps.Cashier.PlayerWithdrawals(w.t.Context(), w.tenant.ID, 0, w.player(person).ID, cashier.Page{Limit: 1})
	require.NoError(w.t, err)
	require.Len(w.t, page.Withdrawals, 1)
	require.Contains(w.t, card.Text, page.Withdrawals[0].ID)
	w.redacted(firstPIN, wrongPIN)
	for _, m := range w.private(user, 0) {
		require.NotContains(w.t, m.Text, firstPIN)
	}
	return page.Withdrawals[0], card
}

// status waits until the withdrawal is somewhere.
func (w *till) status(id string, want models.WithdrawalStatus) {
	w.t.Helper()
	require.Eventually(w.t, func() bool {
		x, err := w.deps.Cashier.Withdrawal(w.t.Context(), w.tenant.ID, id)
		require.NoError(w.t, err)
		return x.Status == want
	}, patience, 100*time.Millisecond, "it never was %s", want)
}

// shows waits until a message says something.
func (w *till) shows(read func() []local.Message, id int64, text string) local.Message {
	w.t.Helper()
	var last local.Message
	require.Eventually(w.t, func() bool {
		for _, m := range read() {
			if m.MessageID == id {
				last = m
				return strings.Contains(m.Text, text)
			}
		}
		return false
	}, patience, 100*time.Millisecond, "message %d never said %q", id, text)
	return last
}

// reading reads a person's private chat.
func (w *till) reading(user int64) func() []local.Message {
	return func() []local.Message { return w.private(user, 0) }
}

// desk is a chat of the reviewers alone.
func (w *till) desk(all ...*staff) int64 {
	w.t.Helper()
	var members []int64
	for _, s := range all {
		members = append(members, s.telegram)
	}
	var chat local.ChatInfo
	w.post("/sim/chats", local.NewChat{Title: "Desk", Owner: members[0], Members: members[1:]}, &chat)
	w.post("/sim/members", local.MemberInput{Chat: chat.ID, User: w.botID, By: members[0]}, nil)
	return chat.ID
}

// in waits for the bot's message in a chat.
func (w *till) in(chat int64, text string) local.Message {
	w.t.Helper()
	var m local.Message
	w.post("/sim/wait", local.WaitInput{Chat: chat, Contains: text, FromBot: true, TimeoutMS: patience.Milliseconds()}, &m)
	return m
}

func TestTwoOperatorsReviewAWithdrawalFromTelegram(t *testing.T) {
	t.Parallel()
	w := newTill(t, 2)
	staff := w.hire(models.RoleSeniorReviewer, models.RoleSeniorReviewer, models.RoleOwner)
	first, second, owner := staff[0], staff[1], staff[2]
	w.book(0)
	w.fund(0, 50_00)

	// A game group is no review chat, a stranger and a reviewer without the right make none, and the owner shows a code.
	desk := w.desk(owner, first, second)
	w.in(desk, "An administrator of this group starts me")
	w.sayIn(first.telegram, desk, "/review")
	w.in(desk, "Your role does not allow this")
	w.sayIn(w.people[1], w.group, "/review")
	w.wait("You are no operator here")
	w.sayIn(owner.telegram, desk, "/review")
	w.awaits(owner.telegram, 0, "Make this the review chat")
	w.secret(owner.telegram, owner.code(), "Reviews come to this chat now")
	require.Eventually(t, func() bool {
		s, err := w.deps.Cashier.Settings(t.Context(), w.tenant.ID)
		require.NoError(t, err)
		return s.ReviewChat == desk
	}, patience, 100*time.Millisecond)

	x, card := w.asked(0, "12.50")
	require.EqualValues(t, 37_50, w.money(0))
	mine := w.reading(w.people[0])
	w.shows(mine, card.MessageID, "🔵 Requested")
	_, err := w.deps.Cashier.Begin(t.Context(), w.tenant.ID, x.ID)
	require.NoError(t, err)
	w.shows(mine, card.MessageID, "🔵 First review")

	review := w.in(desk, x.ID)
	require.NotContains(t, review.Text, "Ada0", "reviewers see a pseudonym")
	require.Contains(t, review.Text, x.PlayerID)
	theirs := func() []local.Message { return w.messagesOf(desk) }
	w.refusedPresses(desk, review, x)

	require.Contains(t, w.tapAs(first.telegram, desk, review, "Claim"), "Yours for now")
	review = w.shows(theirs, review.MessageID, "Claimed by: Op0")
	require.Contains(t, w.tapAs(second.telegram, desk, review, "Approve"), "Somebody else has claimed it")
	old := review
	require.Contains(t, w.tapAs(first.telegram, desk, review, "Approve"), "Approved")
	w.status(x.ID, models.WithdrawalSecondaryReview)
	review = w.shows(theirs, review.MessageID, "First review: Op0")
	w.shows(mine, card.MessageID, "🔵 Second review")
	require.Contains(t, w.forgeIn(second.telegram, desk, review, w.data(old, "Approve")), "This card was old")
	const otherStage = "You decided the other stage"
	require.Contains(t, w.tapAs(first.telegram, desk, review, "Approve"), otherStage)
	// With a fresh second factor it is the database that says so.
	a, err := w.deps.Operators.ByTelegram(t.Context(), w.tenant.ID, first.telegram)
	require.NoError(t, err)
	_, err = w.deps.Operators.StepUp(t.Context(), a, first.code())
	require.NoError(t, err)
	require.Contains(t, w.tapAs(first.telegram, desk, review, "Approve"), otherStage)

	// The last review asks for the second factor, in private.
	require.Contains(t, w.tapAs(second.telegram, desk, review, "Approve"), "I asked for your code")
	w.awaits(second.telegram, 0, "Approve "+x.ID)
	require.Contains(t, w.secret(second.telegram, "000000", "The code is wrong").Text, "/cancel")
	w.secret(second.telegram, second.code(), "Approved. The card follows.")
	w.status(x.ID, models.WithdrawalApproved)
	w.redacted(second.codes[0], owner.codes[0])

	state, err := w.deps.Cashier.SubmitPayout(t.Context(), w.tenant.ID, x.ID)
	require.NoError(t, err)
	require.Equal(t, models.WithdrawalPaying, state.Status)
	_, err = w.deps.Cashier.FinishPayout(t.Context(), w.tenant.ID, x.ID, gateway.PayoutResult{State: gateway.PayoutPaid, Ref: "receipt 1"})
	require.NoError(t, err)
	last := w.shows(mine, card.MessageID, "✅ Paid out")
	require.True(t, last.ReplyMarkup == nil || len(last.ReplyMarkup.Rows) == 0, "a finished card has no buttons")
	w.awaits(w.people[0], card.MessageID, "12.50 SBX was paid to")
	done := w.shows(theirs, review.MessageID, "Paid")
	require.True(t, done.ReplyMarkup == nil || len(done.ReplyMarkup.Rows) == 0)
	w.oneCard(mine, x.ID)
	w.oneCard(theirs, x.ID)
	require.EqualValues(t, 37_50, w.money(0))
}

// oneCard requires that one message shows a withdrawal.
func (w *till) oneCard(read func() []local.Message, id string) {
	w.t.Helper()
	var n int
	for _, m := range read() {
		if strings.Contains(m.Text, id) && m.ReplyMarkup == nil || strings.Contains(m.Text, id) && len(m.ReplyMarkup.Rows) == 0 {
			n++
		}
	}
	require.Equal(w.t, 1, n, "one card a withdrawal")
}

// refusedPresses are taps of people who may not, and data that no button carries.
func (w *till) refusedPresses(desk int64, review local.Message, x cashier.Withdrawal) {
	w.t.Helper()
	stranger := w.user("Mallory", "en")
	require.Contains(w.t, w.forgeIn(stranger, desk, review, w.data(review, "Approve")), "You are no operator here")
	const forged = "This button does nothing here"
	for _, data := range []string{"r:", "r:a", "r:a:" + x.ID, "r:a:" + x.ID + ":x", "r:q:" + x.ID + ":2", "r:j:" + x.ID + ":2:99", "r:chat:" + x.ID + ":2", "w:x:" + x.ID} {
		require.Contains(w.t, w.forgeIn(w.people[0], desk, review, data), forged, data)
	}
	// A review button in a chat that is not the reviewers' does nothing, whoever presses it.
	card := w.ask(1, "/top", "Most points")
	require.Contains(w.t, w.forge(w.people[1], card, w.data(review, "Approve")), forged)
	// Another player's withdrawal is not to be cancelled.
	hello := w.askPrivately(w.people[1], "/help", "/balance")
	var out local.TapResult
	w.post("/sim/forge", local.ForgeInput{User: w.people[1], Chat: w.botID, MessageID: hello.MessageID, Data: "w:x:" + x.ID, TimeoutMS: patience.Milliseconds()}, &out)
	require.Contains(w.t, out.Toast, "no such withdrawal")
}

// forgeIn sends a callback in any group.
func (w *till) forgeIn(user, chat int64, m local.Message, data string) string {
	w.t.Helper()
	var out local.TapResult
	w.post("/sim/forge", local.ForgeInput{User: user, Chat: chat, MessageID: m.MessageID, Data: data, TimeoutMS: patience.Milliseconds()}, &out)
	require.True(w.t, out.Answered, data)
	return out.Toast
}

func TestAWithdrawalIsRejectedOrTakenBack(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	staff := w.hire(models.RoleSeniorReviewer, models.RoleReviewer, models.RoleOwner)
	senior, owner := staff[0], staff[2]
	w.book(0)
	w.fund(0, 30_00)
	desk := w.desk(owner, senior)
	w.sayIn(owner.telegram, desk, "/review")
	w.awaits(owner.telegram, 0, "Make this the review chat")
	w.secret(owner.telegram, owner.code(), "Reviews come to this chat now")

	x, card := w.asked(0, "10")
	_, err := w.deps.Cashier.Begin(t.Context(), w.tenant.ID, x.ID)
	require.NoError(t, err)
	review := w.in(desk, x.ID)
	theirs := func() []local.Message { return w.messagesOf(desk) }
	require.Contains(t, w.tapAs(senior.telegram, desk, review, "Reject"), "Choose the reason")
	var reasons local.Message
	require.Eventually(t, func() bool {
		for _, m := range theirs() {
			if m.MessageID == review.MessageID && m.ReplyMarkup != nil && len(m.ReplyMarkup.Rows) == 4 {
				reasons = m
				return true
			}
		}
		return false
	}, patience, 100*time.Millisecond)
	require.Contains(t, w.tapAs(senior.telegram, desk, reasons, "Risk check"), "Rejected")
	w.status(x.ID, models.WithdrawalRejected)
	mine := w.reading(w.people[0])
	w.shows(mine, card.MessageID, "Reason: Risk check")
	w.awaits(w.people[0], card.MessageID, "was rejected")
	require.EqualValues(t, 30_00, w.money(0))

	x, card = w.asked(0, "5")
	require.Contains(t, w.tapAs(w.people[0], w.botID, card, "Cancel this withdrawal"), "Cancelled")
	w.shows(mine, card.MessageID, "Cancelled")
	require.EqualValues(t, 30_00, w.money(0))
	require.Eventually(t, func() bool { _, ok := w.cancelled.Load(x.ID); return ok }, patience, 100*time.Millisecond)
	require.Contains(t, w.askPrivately(w.people[0], "/withdraw", "go?").Text, "SBX")
	w.sayIn(w.people[0], w.botID, "/cancel")
}

func TestLimitsPINAndExclusionByMessages(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	ada := w.people[0]
	w.book(0)
	limits := w.askPrivately(ada, "/limits", "Your limits in SBX")
	w.pressed(ada, limits, "Top-ups · 24 hours", "send the new limit")
	require.Contains(t, w.askPrivately(ada, "lots", "can't read that amount").Text, "/cancel")
	require.Contains(t, w.askPrivately(ada, "20", "Noted.").Text, "20.00 SBX")

	w.askPrivately(ada, "/pin", "old PIN")
	w.secret(ada, wrongPIN+" "+newPIN, "That is wrong")
	w.secret(ada, firstPIN+" "+newPIN, "Your PIN is changed")
	w.redacted(firstPIN, newPIN, wrongPIN)
	// A PIN that nobody asked for is deleted all the same.
	w.secret(ada, newPIN, "I understand commands only")

	ways := w.askPrivately(ada, "/topup", "How do you want to top up")
	w.pressed(ada, ways, "By hand · SBX", "Send the amount")
	require.Contains(t, w.askPrivately(ada, "25", "above your top-up limit").Text, "20.00 SBX")
	limits = w.askPrivately(ada, "/limits", "Your limits in SBX")
	choose := w.pressed(ada, limits, "Exclude myself", "For how long")
	sure := w.pressed(ada, choose, "7 days", "Are you sure?")
	w.pressed(ada, sure, "Yes, exclude me", "You are excluded until")
	bounds, err := w.deps.Players.Restrictions(t.Context(), w.tenant.ID, w.player(0).ID)
	require.NoError(t, err)
	require.False(t, bounds.ExcludedUntil.IsZero())
}

func TestADialogueSurvivesARestart(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	ada := w.people[0]
	w.book(0)
	w.fund(0, 9_00)
	where := w.askPrivately(ada, "/withdraw", "go?")
	w.pressed(ada, where, "Desk", "do you want to take out")
	w.askPrivately(ada, "4", "Send your PIN")
	w.stop()
	w.start()
	w.sayIn(ada, w.botID, firstPIN)
	w.awaits(ada, 0, "Withdrawal of")
	require.EqualValues(t, 5_00, w.money(0))
	w.redacted(firstPIN)
	var plain int
	require.NoError(t, w.db.Owner.QueryRow(t.Context(), `SELECT count(*) FROM dialogues WHERE convert_from(state, 'LATIN1') LIKE '%DE89%'`).Scan(&plain))
	require.Zero(t, plain)
}
