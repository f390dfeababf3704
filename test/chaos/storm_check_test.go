package chaos

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"fairground/internal/localstack"
	"fairground/internal/secret"
)

// gatewaySecret is the secret that up gave to the sandbox gateway.
func (s *storm) gatewaySecret(t *testing.T) string {
	t.Helper()
	master, err := localstack.ReadSecret(s.Dir)
	require.NoError(t, err)
	box, err := secret.New(master)
	require.NoError(t, err)
	return base64.RawURLEncoding.EncodeToString(box.Key("demo gateway"))
}

// sum is an amount by the withdrawal it belongs to.
type sum struct {
	ID     string
	Amount int64
}

func (s *storm) sums(t *testing.T, sql string) map[string]int64 {
	t.Helper()
	out := map[string]int64{}
	for _, row := range collect(t, s.world, sql, pgx.RowToStructByPos[sum], s.tenant.ID) {
		require.NotContains(t, out, row.ID, "it is there twice")
		out[row.ID] = row.Amount
	}
	return out
}

// requireAsked checks that every acknowledged wish is one withdrawal, and that there is no other.
func (s *storm) requireAsked(t *testing.T) {
	t.Helper()
	booked := s.sums(t, `SELECT withdrawal_id, amount FROM withdrawals WHERE tenant_id = $1`)
	for _, p := range s.players {
		for _, w := range p.wishes {
			require.NotEmpty(t, w.id, "wish %d was never acknowledged: %s", w.n, w.said)
			require.Equal(t, w.amount, booked[w.id], "wish %d", w.n)
			delete(booked, w.id)
		}
	}
	require.Empty(t, booked, "withdrawals that nobody asked for")
}

// requireGatewayAgrees checks that what was paid at the gateway is what was paid in the ledger, by withdrawal and amount.
func (s *storm) requireGatewayAgrees(t *testing.T) {
	t.Helper()
	held := s.held(t.Context())
	require.NotNil(t, held, "the gateway tells its payouts")
	atGateway := map[string]int64{}
	for id, p := range held {
		require.Contains(t, []string{"paid", "failed"}, p.State, "%+v is not final", p)
		if p.State == "paid" {
			atGateway[id] = p.Amount
		}
	}
	require.Equal(t, atGateway, s.sums(t, `SELECT h.hold_id, h.amount FROM holds h
		JOIN hold_resolutions r ON r.tenant_id = h.tenant_id AND r.hold_id = h.hold_id AND r.resolution = 'posted' WHERE h.tenant_id = $1`), "captured holds")
	require.Equal(t, atGateway, s.sums(t, `SELECT withdrawal_id, amount FROM withdrawals WHERE tenant_id = $1 AND status = 'paid'`), "paid withdrawals")
	require.Equal(t, atGateway, s.sums(t, `SELECT t.ref, p.amount FROM transfers t JOIN postings p ON p.tenant_id = t.tenant_id AND p.transfer_id = t.transfer_id
		JOIN accounts a ON a.tenant_id = p.tenant_id AND a.account_id = p.to_account AND a.purpose = 'clearing' WHERE t.tenant_id = $1`), "postings to clearing")
	t.Logf("%d payouts stand at the gateway, %d paid", len(held), len(atGateway))
}

// requireRefunds checks that the money came back for what was not paid and for nothing else, and that no hold is left.
func (s *storm) requireRefunds(t *testing.T) {
	t.Helper()
	released := s.sums(t, `SELECT h.hold_id, h.amount FROM holds h
		JOIN hold_resolutions r ON r.tenant_id = h.tenant_id AND r.hold_id = h.hold_id AND r.resolution = 'voided' WHERE h.tenant_id = $1`)
	require.Equal(t, s.sums(t, `SELECT withdrawal_id, amount FROM withdrawals WHERE tenant_id = $1 AND status IN ('failed', 'rejected', 'cancelled')`), released)
	require.Empty(t, s.sums(t, `SELECT h.hold_id, h.amount FROM holds h WHERE h.tenant_id = $1 AND NOT EXISTS (
		SELECT 1 FROM hold_resolutions r WHERE r.tenant_id = h.tenant_id AND r.hold_id = h.hold_id)`), "holds that nobody ended")
	require.Empty(t, s.sums(t, `SELECT withdrawal_id, amount FROM withdrawals WHERE tenant_id = $1 AND ended_at IS NULL`), "withdrawals without an end")
	for id := range s.sums(t, `SELECT withdrawal_id, amount FROM withdrawals WHERE tenant_id = $1 AND was_unknown AND status <> 'paid'`) {
		require.Equal(t, "failed", s.held(t.Context())[id].State, "%s was unknown and refunded although the gateway does not say that it failed", id)
	}
}

// requireBalances checks what every player has left.
func (s *storm) requireBalances(t *testing.T) {
	t.Helper()
	paid := s.sums(t, `SELECT player_id::text, sum(amount)::bigint FROM withdrawals WHERE tenant_id = $1 AND status = 'paid' GROUP BY player_id`)
	left := s.sums(t, `SELECT a.owner, b.posted FROM balances b JOIN accounts a ON a.tenant_id = b.tenant_id AND a.account_id = b.account_id
		WHERE b.tenant_id = $1 AND a.purpose = 'player' AND a.asset = 'sbx'`)
	for _, p := range s.players {
		id := fmt.Sprint(p.id)
		require.Equal(t, p.deposit-paid[id], left[id], "player %d", p.n)
	}
}

// requireFaultsStruck checks that the storm was one.
func (s *storm) requireFaultsStruck(t *testing.T) {
	t.Helper()
	count := func(sql string) (n int) {
		require.NoError(t, s.db.Call(t.Context(), s.tenant.ID, sql, []any{s.tenant.ID}, &n))
		return n
	}
	doubted := count(`SELECT count(*) FROM withdrawals WHERE tenant_id = $1 AND was_unknown`)
	persons := count(`SELECT count(*) FROM withdrawal_decisions WHERE tenant_id = $1 AND stage = 'resolution'`)
	failed := count(`SELECT count(*) FROM withdrawals WHERE tenant_id = $1 AND status = 'failed'`)
	notices := count(`SELECT count(*) FROM gateway_inbox WHERE tenant_id = $1 AND kind = 'payout'`)
	t.Logf("%d payouts were unknown for a while, %d of them resolved by a person, %d failed; %d callbacks were kept", doubted, persons, failed, notices)
	for _, o := range s.desk {
		t.Logf("%s: %v", o.name, o.decided)
	}
	require.Greater(t, doubted, stormPayouts/5, "answers were lost")
	require.Positive(t, persons, "a person was asked")
	require.Positive(t, failed, "the gateway refused some")
	require.Greater(t, notices, stormPayouts, "callbacks arrived")
}

// requireAudits runs the cashier's audits, the gateway's statement included.
func (s *storm) requireAudits(t *testing.T) {
	t.Helper()
	report, err := s.cashier.Audit(t.Context(), s.tenant.ID)
	require.NoError(t, err)
	require.NotEmpty(t, report.Checks)
	for _, c := range report.Checks {
		require.Zero(t, c.Offending, "%s, %s: %s", c.Name, c.Title, c.Rows)
	}
	check, err := s.cashier.GatewayAudit(t.Context(), s.tenant.ID, s.account, s.began.Add(-time.Hour), time.Now().Add(time.Minute))
	require.NoError(t, err)
	require.Positive(t, check.Checked)
	require.Zero(t, check.Offending, "%s: %s", check.Title, check.Rows)
	got := s.api.surely(t.Context(), http.MethodGet, "/v1/operator/incidents?status=open", s.desk[2].token, "", nil)
	require.Equal(t, http.StatusOK, got.status, string(got.body))
	var open struct{ Incidents []map[string]any }
	decode(t, got.body, &open)
	require.Empty(t, open.Incidents)
}
