package players_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/models"
	"fairground/players"
)

func TestPlayerKeepsPublicID(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	first := b.player(t, 42)
	again, err := b.UpsertPlayer(t.Context(), b.tenant.ID, players.TelegramUser{ID: 42, Name: "Ada L", Language: "ru"})
	require.NoError(t, err)
	require.Equal(t, first.PublicID, again.PublicID)
	require.Equal(t, "Ada L", again.Name)
	require.Empty(t, again.Username)
	require.Equal(t, "en", again.Language, "the language that was known stays")

	many, err := b.PlayersByID(t.Context(), b.tenant.ID, []int64{first.ID, 999})
	require.NoError(t, err)
	require.Equal(t, map[int64]models.Player{first.ID: again}, many)
}

func TestUpsertPlayerAtOnce(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	ids := make([]string, 8)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			p, err := b.UpsertPlayer(t.Context(), b.tenant.ID, players.TelegramUser{ID: 42, Name: "Ada"})
			if err == nil {
				ids[i] = p.PublicID
			}
		})
	}
	wg.Wait()
	for _, id := range ids {
		require.Equal(t, ids[0], id)
	}
	require.NotEmpty(t, ids[0])
	var rows int
	require.NoError(t, b.db.Owner.QueryRow(t.Context(), "SELECT count(*) FROM directory WHERE kind = 'player'").Scan(&rows))
	require.Equal(t, 1, rows, "no directory row is left of the attempts that lost")
}

func TestSeed(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	ctx, tenant := t.Context(), b.tenant.ID
	p := b.player(t, 1)

	require.NoError(t, b.SetSeed(ctx, tenant, p.ID, "lucky_7-x"))
	now, err := b.Player(ctx, tenant, p.ID)
	require.NoError(t, err)
	require.Equal(t, "lucky_7-x", *now.Seed)
	for _, bad := range []string{"with space", "semi;colon", "new\nline", strings.Repeat("a", 65), "ünïcode"} {
		require.Equal(t, players.CodeInvalidSeed, models.CodeOf(b.SetSeed(ctx, tenant, p.ID, bad)), bad)
	}
	require.NoError(t, b.SetSeed(ctx, tenant, p.ID, ""))
	now, err = b.Player(ctx, tenant, p.ID)
	require.NoError(t, err)
	require.Nil(t, now.Seed)
	require.ErrorIs(t, b.SetSeed(ctx, tenant, 999, "x"), players.ErrNotFound)
}

func TestMembership(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	ctx, tenant := t.Context(), b.tenant.ID
	g, p := b.group(t, -1), b.player(t, 1)

	_, err := b.Member(ctx, tenant, g.ID, p.ID)
	require.ErrorIs(t, err, players.ErrNotMember)
	for status, in := range map[models.MemberStatus]bool{
		models.MemberMember: true, models.MemberAdministrator: true, models.MemberCreator: true, models.MemberRestricted: true,
		models.MemberLeft: false, models.MemberKicked: false, models.MemberUnknown: false,
	} {
		require.NoError(t, b.SetMember(ctx, tenant, g.ID, p.ID, status))
		groups, err := b.Groups(ctx, tenant, p.ID)
		require.NoError(t, err)
		m, err := b.Member(ctx, tenant, g.ID, p.ID)
		if in {
			require.NoError(t, err, status)
			require.Equal(t, status, m.Status)
			require.Len(t, groups, 1)
		} else {
			require.ErrorIs(t, err, players.ErrNotMember, status)
			require.Empty(t, groups)
		}
		require.Equal(t, in, status.Active(), "the query and the model agree")
	}
}

func TestStake(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	ctx, tenant := t.Context(), b.tenant.ID
	g, p := b.group(t, -1), b.player(t, 1)
	require.ErrorIs(t, b.SetStake(ctx, tenant, g.ID, p.ID, 10), players.ErrNotMember)
	require.NoError(t, b.SetMember(ctx, tenant, g.ID, p.ID, models.MemberMember))
	require.NoError(t, b.SetStake(ctx, tenant, g.ID, p.ID, 250))
	require.NoError(t, b.SetMember(ctx, tenant, g.ID, p.ID, models.MemberAdministrator))
	m, err := b.Member(ctx, tenant, g.ID, p.ID)
	require.NoError(t, err)
	require.Equal(t, int64(250), m.Stake, "a new status keeps the stake")
	require.Equal(t, players.CodeInvalidStake, models.CodeOf(b.SetStake(ctx, tenant, g.ID, p.ID, -1)))
}
