package bot_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/cashier"
	"fairground/internal/secret"
	"fairground/internal/telegram/local"
	"fairground/models"
)

// quarantined writes a payment that belongs to no deposit.
func (w *till) quarantined() string {
	w.t.Helper()
	id := secret.ID("q")
	w.asOwner(`INSERT INTO deposit_payments (tenant_id, account_id, tx, asset, scale, amount, state, outcome, paid_at)
		VALUES ($1, $2, $3, 'sbx', 2, 700, 'confirmed', 'quarantined', clock_timestamp())`, w.tenant.ID, w.manual.ID, "tx-"+id)
	w.asOwner(`INSERT INTO deposit_quarantine (tenant_id, item_id, account_id, tx, asset, scale, amount, why)
		VALUES ($1, $2, $3, $4, 'sbx', 2, 700, 'unknown_intent')`, w.tenant.ID, id, w.manual.ID, "tx-"+id)
	return id
}

func TestReviewersAreToldAndTheirChatIsFollowed(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	ctx := t.Context()
	staff := w.hire(models.RoleFinance, models.RoleOwner)
	finance, owner := staff[0], staff[1]
	var basic local.ChatInfo
	w.post("/sim/chats", local.NewChat{Title: "Desk", Type: "group", Owner: owner.telegram, Members: []int64{finance.telegram}}, &basic)
	desk := basic.ID
	w.post("/sim/members", local.MemberInput{Chat: desk, User: w.botID, By: owner.telegram}, nil)
	w.in(desk, "An administrator of this group starts me")
	require.NoError(t, w.deps.Cashier.SetReviewChat(ctx, owner.authority, desk, 0))

	id, err := w.deps.Cashier.OpenIncident(ctx, w.tenant.ID, cashier.IncidentReport{Kind: "audit.gateway", Key: "audit.gateway.x", StopsPayouts: true})
	require.NoError(t, err)
	text := w.in(desk, id).Text
	for _, part := range []string{
		"a gateway's statement disagrees", "Since 20", "Payouts are stopped.", "For finance, owner", "POST /v1/operator/incidents/" + id + "/resolve",
	} {
		require.Contains(t, text, part)
	}
	item := w.quarantined()
	text = w.in(desk, item).Text
	for _, part := range []string{"7.00 SBX", "it belongs to no deposit", "Payouts are stopped.", "GET /v1/operator/quarantine"} {
		require.Contains(t, text, part)
	}
	require.NoError(t, w.deps.Cashier.ResolveIncident(ctx, finance.authority, id, "a person's own words"))
	text = w.in(desk, "is resolved by Op0").Text
	require.Contains(t, text, "Payouts go on.")
	require.NotContains(t, text, "own words")

	// The chat becomes a supergroup: cards, notices and commands go on there.
	w.book(0)
	w.fund(0, 50_00)
	x, _ := w.asked(0, "12.50")
	state, err := w.deps.Cashier.Begin(ctx, w.tenant.ID, x.ID)
	require.NoError(t, err)
	w.in(desk, x.ID)
	var big local.ChatInfo
	w.post("/sim/migrate", local.MigrateInput{Chat: desk}, &big)
	_, err = w.deps.Cashier.Escalate(ctx, w.tenant.ID, x.ID, state.Version)
	require.NoError(t, err)
	card := w.in(big.ID, x.ID)
	require.Contains(t, card.Text, "Overdue")
	s, err := w.deps.Cashier.Settings(ctx, w.tenant.ID)
	require.NoError(t, err)
	require.Equal(t, big.ID, s.ReviewChat)
	id, err = w.deps.Cashier.OpenIncident(ctx, w.tenant.ID, cashier.IncidentReport{Kind: "audit.drift", Key: "drift"})
	require.NoError(t, err)
	require.Contains(t, w.in(big.ID, id).Text, "audit.drift")
	require.Contains(t, w.tapAs(finance.telegram, big.ID, card, "Claim"), "Your role does not allow this")
}

func TestManyFindingsAreOneMessage(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	ctx := t.Context()
	owner := w.hire(models.RoleOwner)[0]
	desk := w.desk(owner)
	w.in(desk, "An administrator of this group starts me")
	require.NoError(t, w.deps.Cashier.SetReviewChat(ctx, owner.authority, desk, 0))
	for i := range 12 {
		_, err := w.deps.Cashier.OpenIncident(ctx, w.tenant.ID, cashier.IncidentReport{Kind: "withdrawal.no_workflow", Key: fmt.Sprint(i), StopsPayouts: i == 0})
		require.NoError(t, err)
		w.quarantined()
	}
	// The minute is over.
	w.asOwner(`UPDATE notifications SET not_before = '-infinity' WHERE kind IN ('incident', 'quarantine') AND payload = '{}'`)
	require.Contains(t, w.in(desk, "12 incidents are open").Text, "1 of them stop payouts")
	require.Contains(t, w.in(desk, "12 payments wait in quarantine").Text, "Payouts are stopped.")
	notices := 0
	for _, m := range w.messagesOf(desk) {
		if m.Text != "" {
			notices++
		}
	}
	require.LessOrEqual(t, notices, 12, "one that stops payouts, five others, two summaries, one of the quarantine, and the greeting")
}

func TestAPlayerHearsOfAChangeThatMayBeAThiefs(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	user := w.people[0]
	w.book(0)
	require.Contains(t, w.awaits(user, 0, "Your PIN was set at").Text, "Was that not you?")
	added := w.awaits(user, 0, "was added at").Text
	require.Contains(t, added, "DE89…3000")
	require.Contains(t, added, "Usable from")
	require.NotContains(t, added, "DE89370400440532013000")
	list, err := w.deps.Cashier.Addresses(t.Context(), w.tenant.ID, w.player(0).ID)
	require.NoError(t, err)
	require.NoError(t, w.deps.Cashier.RemoveAddress(t.Context(), w.tenant.ID, w.player(0).ID, list[0].ID))
	require.Contains(t, w.awaits(user, 0, "was removed at").Text, "DE89…3000")
	require.NoError(t, w.deps.Players.SetPIN(t.Context(), w.tenant.ID, w.player(0).ID, firstPIN, "604137"))
	w.awaits(user, 0, "Your PIN was changed at")
}
