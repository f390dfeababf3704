package players_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/models"
	"fairground/players"
)

func TestNobodyActsOnTheirOwnPlayer(t *testing.T) {
	t.Parallel()
	s := newSafety(t)
	ctx, me := t.Context(), s.w.Players[0]
	risk := s.staff(t, "risk@example.org", models.RoleRisk)
	require.NoError(t, s.asOwner(t, `INSERT INTO operator_telegrams (tenant_id, operator_id, telegram_id)
		SELECT o.tenant_id, o.operator_id, p.telegram_id FROM operators o JOIN players p ON p.tenant_id = o.tenant_id AND p.player_id = $2 WHERE o.tenant_id = $1`, s.w.Tenant, me))
	acts := map[string]func(player int64) error{
		"identity":   func(player int64) error { return s.DecideKYC(ctx, risk, player, models.KYCApproved, "") },
		"freeze":     func(player int64) error { return s.FreezePlayer(ctx, risk, player, "x") },
		"unfreeze":   func(player int64) error { return s.UnfreezePlayer(ctx, risk, player, "x") },
		"credential": func(player int64) error { return s.ResetCredential(ctx, risk, player) },
		"limit": func(player int64) error {
			return s.SetPlayerLimit(ctx, risk, player, players.LimitChange{Asset: "sbx", Kind: "deposit", Window: "day"})
		},
	}
	for name, act := range acts {
		require.ErrorIs(t, act(me), players.ErrOwnAccount, name)
		require.NoError(t, act(s.w.Players[1]), name)
	}
}
