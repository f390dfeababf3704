package cashier_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"fairground/cashier"
	"fairground/cashier/gateway"
	"fairground/models"
)

const reviewers = -500

// notice is a row of the outbox.
type notice struct {
	Chat    int64
	Payload map[string]any
	Now     bool // it is due at once
}

// notices are what waits for the bot of a kind, oldest first.
func (w *world) notices(t *testing.T, kind string) []notice {
	t.Helper()
	rows, err := w.db.Owner.Query(t.Context(), `SELECT chat_id, payload, not_before <= clock_timestamp() FROM notifications WHERE tenant_id = $1 AND kind = $2
		ORDER BY notification_id`, w.tenant, kind)
	require.NoError(t, err)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[notice])
	require.NoError(t, err)
	return list
}

func (w *world) reviewHere(t *testing.T) {
	t.Helper()
	require.NoError(t, w.SetReviewChat(t.Context(), w.operator(t, models.RoleOwner), reviewers, 0))
}

func TestIncidentsAreToldOneByOneAndAStormOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	open := func(n int, stops bool) string {
		id, err := w.OpenIncident(t.Context(), w.tenant, cashier.IncidentReport{Kind: "audit.drift", Key: fmt.Sprint(n), StopsPayouts: stops})
		require.NoError(t, err)
		return id
	}
	open(0, true)
	require.Empty(t, w.notices(t, "incident"), "there is no review chat")
	w.reviewHere(t)
	id := open(1, true)
	require.Equal(t, id, open(1, true), "the same one again says nothing")
	finance := w.operator(t, models.RoleFinance)
	require.NoError(t, w.ResolveIncident(t.Context(), finance, id, "counted again"))
	told := w.notices(t, "incident")
	require.Len(t, told, 2)
	for i, status := range []string{"open", "resolved"} {
		require.Equal(t, notice{Chat: reviewers, Payload: map[string]any{"incident": id, "status": status}, Now: true}, told[i])
	}

	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			if _, err := w.OpenIncident(t.Context(), w.tenant, cashier.IncidentReport{Kind: "withdrawal.no_workflow", Key: fmt.Sprint("lost ", i)}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	told = w.notices(t, "incident")[2:]
	require.Len(t, told, 5, "four more of this minute, and one for all the others")
	for _, one := range told[:4] {
		require.NotEmpty(t, one.Payload)
		require.True(t, one.Now)
	}
	require.Equal(t, notice{Chat: reviewers, Payload: map[string]any{}}, told[4])
	stop := open(2, true)
	told = w.notices(t, "incident")
	require.Equal(t, stop, told[len(told)-1].Payload["incident"], "one that stops payouts does not wait behind those that don't")
	counts, err := w.OpenIncidents(t.Context(), w.tenant)
	require.NoError(t, err)
	require.Equal(t, []int{42, 2}, []int{counts.Open, counts.Stopping})
	one, err := w.Incident(t.Context(), w.tenant, stop)
	require.NoError(t, err)
	require.True(t, one.StopsPayouts)
	_, err = w.Incident(t.Context(), w.tenant, "inc_none")
	require.ErrorIs(t, err, cashier.ErrIncidentNotFound)
}

func TestTheQuarantineTellsAtMostOnceAMinute(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	w.reviewHere(t)
	first := w.kept(t, w.intent(t, 0, 10_00), func(n *gateway.Notice) { n.Amount-- })
	for range 3 {
		w.kept(t, w.intent(t, 0, 10_00), func(n *gateway.Notice) { n.Amount-- })
	}
	require.Equal(t, []notice{
		{Chat: reviewers, Payload: map[string]any{"item": first.ID}, Now: true}, {Chat: reviewers, Payload: map[string]any{}},
	}, w.notices(t, "quarantine"))
	n, since, err := w.QuarantineWaits(t.Context(), w.tenant)
	require.NoError(t, err)
	require.Equal(t, 4, n)
	require.Equal(t, first.ReceivedAt, since)

	w.asOwner(t, `UPDATE notice_pace SET since = since - interval '70 seconds'`)
	w.kept(t, w.intent(t, 0, 10_00), func(n *gateway.Notice) { n.Amount-- })
	require.Len(t, w.notices(t, "quarantine"), 3, "the summary is sent by now and does not say this one")
	require.False(t, w.notices(t, "quarantine")[2].Now, "a minute after the summary")
	w.asOwner(t, `UPDATE notice_pace SET since = since - interval '3 minutes'`)
	last := w.kept(t, w.intent(t, 0, 10_00), func(n *gateway.Notice) { n.Amount-- })
	require.Equal(t, notice{Chat: reviewers, Payload: map[string]any{"item": last.ID}, Now: true}, w.notices(t, "quarantine")[3])
	w.clean(t)
}

func TestAPlayerIsToldOfAChangedCredentialAndAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.setPolicy(t, func(p *cashier.Policy) { p.Cooldown, p.AddressWait = time.Hour, time.Hour })
	ctx, player := t.Context(), w.people[0]
	require.NoError(t, w.players.SetPIN(ctx, w.tenant, player, "", "482915"))
	require.NoError(t, w.players.SetPIN(ctx, w.tenant, player, "482915", "593026"))
	require.Error(t, w.players.SetPIN(ctx, w.tenant, player, "000111", "604137"), "a wrong PIN changes nothing and says nothing")
	w.asOwner(t, `UPDATE player_credentials SET totp_sealed = 'x'`)
	w.asOwner(t, `UPDATE player_credentials SET totp_sealed = 'y'`)
	w.asOwner(t, `UPDATE player_credentials SET pin_kdf = NULL, pin_check = NULL, totp_sealed = NULL, changed_at = clock_timestamp()`)
	told := w.notices(t, "credential.changed")
	require.Len(t, told, 5)
	for i, what := range []string{"pin.set", "pin.changed", "totp.set", "totp.changed", "reset"} {
		require.EqualValues(t, 1000, told[i].Chat)
		require.Equal(t, what, told[i].Payload["what"])
		require.Equal(t, i == 0, told[i].Payload["until"] == nil, "the first one starts no cool-down")
		raw, err := json.Marshal(told[i])
		require.NoError(t, err)
		require.NotContains(t, string(raw), "593026")
	}

	a, err := w.AddAddress(ctx, cashier.AddressRequest{
		Tenant: w.tenant, Player: player, Gateway: w.account, Asset: asset, Destination: "0x1234567890abcdef", Verification: w.verify(t, 0, "address"),
	})
	require.NoError(t, err)
	for range 2 {
		require.NoError(t, w.RemoveAddress(ctx, w.tenant, player, a.ID))
	}
	require.Len(t, w.notices(t, "address.removed"), 1)
	for _, kind := range []string{"address.added", "address.removed"} {
		told = w.notices(t, kind)
		last := told[len(told)-1]
		require.EqualValues(t, 1000, last.Chat)
		require.Equal(t, "0x12…cdef", last.Payload["masked"])
		usable, err := time.Parse(time.RFC3339, fmt.Sprint(last.Payload["usable_at"]))
		require.NoError(t, err)
		require.WithinDuration(t, a.UsableAt, usable, 0)
	}
}

func TestTheReviewChatIsFollowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 100_00)
	w.reviewHere(t)
	w.begun(t, 0, 10_00)
	require.NoError(t, w.ReviewChatMoved(t.Context(), w.tenant, -7, -1007), "another chat")
	s, err := w.Settings(t.Context(), w.tenant)
	require.NoError(t, err)
	require.EqualValues(t, reviewers, s.ReviewChat)
	for range 2 {
		require.NoError(t, w.ReviewChatMoved(t.Context(), w.tenant, reviewers, -1000500))
	}
	s, err = w.Settings(t.Context(), w.tenant)
	require.NoError(t, err)
	require.EqualValues(t, -1000500, s.ReviewChat)
	told := w.notices(t, "withdrawal.review")
	require.Len(t, told, 1)
	require.EqualValues(t, -1000500, told[0].Chat, "what waits goes there")
	require.EqualValues(t, 1000, w.notices(t, "withdrawal.status")[0].Chat)
	var logged int
	require.NoError(t, w.db.DB.Call(t.Context(), w.tenant, `SELECT count(*) FROM operation_log WHERE action = 'settings.moved'`, nil, &logged))
	require.Equal(t, 1, logged)
	w.clean(t)
}
