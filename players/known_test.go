package players_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/models"
)

func TestKnownInChatReadsACrowdAtOnce(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	ctx, tenant := t.Context(), b.tenant.ID
	g, err := b.UpsertGroup(ctx, tenant, -100, "Friends")
	require.NoError(t, err)
	other, err := b.UpsertGroup(ctx, tenant, -200, "Others")
	require.NoError(t, err)
	member, gone, elsewhere := b.player(t, 1), b.player(t, 2), b.player(t, 3)
	require.NoError(t, b.SetMember(ctx, tenant, g.ID, member.ID, models.MemberMember))
	require.NoError(t, b.SetStake(ctx, tenant, g.ID, member.ID, 70))
	require.NoError(t, b.SetMember(ctx, tenant, g.ID, gone.ID, models.MemberLeft))
	require.NoError(t, b.SetMember(ctx, tenant, other.ID, elsewhere.ID, models.MemberMember))

	known, err := b.KnownInChat(ctx, tenant, -100, []int64{1, 2, 3, 4})
	require.NoError(t, err)
	require.Len(t, known, 3, "the fourth is no player")
	for _, k := range known {
		if k.Player.ID != member.ID {
			require.Nil(t, k.Member)
			continue
		}
		require.Equal(t, member, k.Player)
		require.Equal(t, g.ID, k.Member.GroupID)
		require.EqualValues(t, 70, k.Member.Stake)
	}
}
