package players_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/models"
	"fairground/players"
)

func TestTenantKeepsItsBotTokenSealed(t *testing.T) {
	t.Parallel()
	b := newBundle(t)

	token, err := b.BotToken(t.Context(), b.tenant.ID)
	require.NoError(t, err)
	require.Equal(t, botToken, token)
	require.NotContains(t, string(b.tenant.BotToken), botToken)
	require.True(t, strings.HasPrefix(b.tenant.PublicID, "t_"))

	byBot, err := b.TenantByBot(t.Context(), botID)
	require.NoError(t, err)
	require.Equal(t, b.tenant.ID, byBot.ID)

	// A sealed token moved to another tenant's row does not open.
	other := b.newTenant(t, 7002, "7002:OTHER")
	_, err = b.db.Owner.Exec(t.Context(),
		"UPDATE tenants SET bot_token = $1 WHERE tenant_id = $2", b.tenant.BotToken, other.ID)
	require.NoError(t, err)
	_, err = b.BotToken(t.Context(), other.ID)
	require.Error(t, err)

	all, err := b.Tenants(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 2)
}

func TestCreateTenantRefuses(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for name, tc := range map[string]struct {
		in   players.NewTenant
		code string
	}{
		"no name":      {players.NewTenant{BotID: 1, BotToken: "1:x"}, players.CodeInvalidTenant},
		"long name":    {players.NewTenant{Name: strings.Repeat("é", 65), BotID: 1, BotToken: "1:x"}, players.CodeInvalidTenant},
		"no bot":       {players.NewTenant{Name: "x"}, players.CodeInvalidTenant},
		"the same bot": {players.NewTenant{Name: "x", BotID: botID, BotToken: "1:x"}, players.CodeBotTaken},
	} {
		_, err := b.CreateTenant(t.Context(), tc.in)
		require.Equal(t, tc.code, models.CodeOf(err), name)
	}
	all, err := b.Tenants(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 1)
}

func TestTenantsDoNotSeeEachOther(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	other := b.newTenant(t, 7002, "7002:OTHER")
	g, p := b.group(t, -1), b.player(t, 1)

	_, err := b.Group(t.Context(), other.ID, g.ID)
	require.ErrorIs(t, err, players.ErrGroupNotFound)
	_, err = b.GroupByPublicID(t.Context(), other.ID, g.PublicID)
	require.ErrorIs(t, err, players.ErrGroupNotFound)
	_, err = b.Player(t.Context(), other.ID, p.ID)
	require.ErrorIs(t, err, players.ErrNotFound)
	_, err = b.CreateLoginCode(t.Context(), other.ID, p.ID)
	require.ErrorIs(t, err, players.ErrNotFound)
	require.ErrorIs(t, b.SetMember(t.Context(), other.ID, g.ID, p.ID, models.MemberMember), players.ErrNotFound)

	// The same chat and person under another tenant are another group and another player.
	g2, err := b.UpsertGroup(t.Context(), other.ID, -1, "Group")
	require.NoError(t, err)
	require.NotEqual(t, g.PublicID, g2.PublicID)
}

func TestLookup(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	g, p := b.group(t, -55), b.player(t, 5)
	for kind, key := range map[players.DirectoryKind]string{
		players.KindTenant: b.tenant.PublicID, players.KindBot: "7001", players.KindChat: "-55",
		players.KindGroup: g.PublicID, players.KindPlayer: p.PublicID,
	} {
		tenant, err := b.Lookup(t.Context(), kind, key)
		require.NoError(t, err, kind)
		require.Equal(t, b.tenant.ID, tenant)
	}
	_, err := b.Lookup(t.Context(), players.KindRound, "r_none")
	require.ErrorIs(t, err, players.ErrTenantNotFound)
}
