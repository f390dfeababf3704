package cashier_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/cashier/gateway"
	"fairground/internal/postgres"
	"fairground/models"
)

// TestTheApplicationRoleMakesUpNoWordOfAGateway has direct SQL claim what only the program hears: neither a guess, nothing,
// nor what the role can read attests it.
func TestTheApplicationRoleMakesUpNoWordOfAGateway(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	finance := w.operator(t, models.RoleFinance)
	d := w.intent(t, 0, 10_00)
	w.paid(t, paying(d, "tx-real"))
	w.gate.failRefund = gateway.ErrUnknown
	_, err := w.RefundDeposit(t.Context(), finance, d.ID, "asked for")
	require.NoError(t, err)
	var stored []byte
	require.NoError(t, w.db.DB.Call(t.Context(), w.tenant, `SELECT attest_check FROM gateway_accounts WHERE tenant_id = $1 AND account_id = $2`,
		[]any{w.tenant, w.account}, &stored))
	for _, attest := range [][]byte{nil, {}, []byte("guess"), stored} {
		for name, err := range map[string]error{
			"receive": w.asApp(t, `SELECT api_gateway_receive($1, $2, '[{"kind": "deposit", "event": "e", "tx": "tx-lie", "state": "confirmed", "asset": "sbx",
				"scale": 2, "amount": 1000}]', '', $3)`, w.tenant, w.account, attest),
			"asked":  w.asApp(t, `SELECT api_deposit_asked($1, $2, '{"tx": "tx-real", "state": "confirmed"}', $3)`, w.tenant, w.account, attest),
			"refund": w.asApp(t, `SELECT api_deposit_refund_answer(tenant_id, refund_id, 'refused', '', $2) FROM deposit_refunds WHERE tenant_id = $1`, w.tenant, attest),
		} {
			require.Equal(t, denied, postgres.Code(err), name)
		}
	}
	w.clean(t)
}

// TestTheApplicationRoleEndsNoPayout is the same for payouts.
func TestTheApplicationRoleEndsNoPayout(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 100_00)
	wd := w.approved(t, 0, 10_00)
	require.NoError(t, w.asApp(t, `SELECT api_withdrawal_pay($1, $2)`, w.tenant, wd.ID))
	for _, attest := range [][]byte{nil, []byte("guess")} {
		for _, state := range []string{"paid", "failed"} {
			err := w.asApp(t, `SELECT api_withdrawal_answer($1, $2, 'payout', $3, '', '', $4)`, w.tenant, wd.ID, state, attest)
			require.Equal(t, denied, postgres.Code(err), state)
		}
	}
	w.has(t, 0, 90_00, 10_00)
	state, err := w.SubmitPayout(t.Context(), w.tenant, wd.ID)
	require.NoError(t, err)
	require.Equal(t, models.WithdrawalPaid, state.Status)
	w.clean(t)
}
