package chaos

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/internal/localstack"
	"fairground/test/stack"
)

// booked is a bet as the database has it.
type booked struct {
	Key      string // of idempotency; empty when there is none
	Choice   string
	Stake    int64
	Postings int64 // of its transfer, of exactly the stake
}

// requireLedger checks what was promised about every bet of a round, and the round's proof.
func (w *world) requireLedger(t *testing.T, at *table) {
	t.Helper()
	const sql = `SELECT coalesce(i.key, ''), b.choice, b.stake,
		(SELECT count(*) FROM postings p WHERE p.tenant_id = b.tenant_id AND p.transfer_id = b.transfer_id AND p.amount = b.stake)
		FROM bets b LEFT JOIN idem i ON i.tenant_id = b.tenant_id AND i.transfer_id = b.transfer_id
		WHERE b.tenant_id = $1 AND b.round_id = $2`
	rows := collect(t, w, sql, pgx.RowToStructByPos[booked], w.tenant.ID, at.round)
	byKey := map[string]booked{}
	for _, row := range rows {
		require.EqualValues(t, 1, row.Postings, "postings of the bet %q", row.Key)
		require.NotContains(t, byKey, row.Key, "the bet is booked twice")
		byKey[row.Key] = row
	}
	for _, a := range at.attempts {
		row, ok := byKey[a.key]
		delete(byKey, a.key)
		switch a.fate {
		case accepted:
			require.True(t, ok, "round %s: an acknowledged bet is missing: %+v", at.round, a)
		case refused:
			require.False(t, ok, "round %s: a refused bet was booked: %+v", at.round, a)
		case unknown:
		}
		if ok {
			require.Equal(t, a.choice, row.Choice)
			require.True(t, a.stake == 0 || a.stake == row.Stake, "%+v was booked as %+v", a, row)
		}
	}
	require.Empty(t, byKey, "round %s has bets that nobody placed", at.round)

	proof := w.api.proof(t, at.round)
	require.Len(t, proof.Bets, len(rows))
	report := games.Verify(proof)
	require.True(t, report.OK(), "%+v", report)
}

// requireResult waits until a chat was told how the round ended.
func (w *world) requireResult(t *testing.T, at *table) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, group := range w.groups {
			all, err := w.Sim.Messages(t.Context(), 0, group.ChatID, 0)
			require.NoError(t, err)
			for _, m := range all {
				if strings.Contains(m.Text, at.round) && (strings.Contains(m.Text, " paid ") || strings.Contains(m.Text, " is void")) {
					return true
				}
			}
		}
		return false
	}, 2*time.Minute, 200*time.Millisecond, "no chat was told how %s ended", at.round)
}

// requireClean runs the audit as an operator does.
func (w *world) requireClean(t *testing.T) {
	t.Helper()
	binary, err := stack.Binary()
	require.NoError(t, err)
	all, err := w.Addresses()
	require.NoError(t, err)
	master, err := localstack.ReadSecret(w.Dir)
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), binary, "audit", "--json")
	cmd.Env = append(os.Environ(), "DATABASE_URL="+all["postgres"].URL, "DATABASE_APP_URL="+all["postgres"].AppURL, "FAIRGROUND_SECRET="+master)
	out, err := cmd.Output()
	require.NoError(t, err, string(out))
	var report struct {
		OK     bool              `json:"ok"`
		Checks []json.RawMessage `json:"checks"`
	}
	decode(t, out, &report)
	require.True(t, report.OK, string(out))
	require.NotEmpty(t, report.Checks)
}

func decode(t *testing.T, raw []byte, into any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(raw, into), string(raw))
}
