package players_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/models"
	"fairground/players"
)

func TestGroupLife(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	ctx, tenant := t.Context(), b.tenant.ID

	g := b.group(t, -100)
	require.Equal(t, models.GroupPending, g.Status)
	require.Equal(t, "en", g.Language)
	require.Equal(t, g, b.group(t, -100), "a second sight changes nothing")

	require.NoError(t, b.ActivateGroup(ctx, tenant, g.ID))
	require.NoError(t, b.SetGroupLanguage(ctx, tenant, g.ID, "fa"))
	topic := int64(9)
	require.NoError(t, b.SetGroupTopic(ctx, tenant, g.ID, &topic))
	renamed, err := b.UpsertGroup(ctx, tenant, -100, "New title")
	require.NoError(t, err)
	require.Equal(t, models.GroupActive, renamed.Status, "a new title does not stop play")
	require.Equal(t, "New title", renamed.Title)
	require.Equal(t, "fa", renamed.Language)
	require.Equal(t, int64(9), *renamed.TopicID)

	for _, step := range []struct {
		do   func() error
		want models.GroupStatus
	}{
		{func() error { return b.PauseGroup(ctx, tenant, g.ID) }, models.GroupPaused},
		{func() error { return b.ResumeGroup(ctx, tenant, g.ID) }, models.GroupActive},
		{func() error { return b.RemoveGroup(ctx, tenant, g.ID) }, models.GroupRemoved},
	} {
		require.NoError(t, step.do())
		now, err := b.Group(ctx, tenant, g.ID)
		require.NoError(t, err)
		require.Equal(t, step.want, now.Status)
	}
	back, err := b.UpsertGroup(ctx, tenant, -100, "New title")
	require.NoError(t, err)
	require.Equal(t, models.GroupPending, back.Status, "an administrator has to start the bot again")
	require.Equal(t, g.PublicID, back.PublicID)
	require.ErrorIs(t, b.PauseGroup(ctx, tenant, 999), players.ErrGroupNotFound)
}

func TestMigrateChat(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	ctx, tenant := t.Context(), b.tenant.ID
	g := b.group(t, -1)
	stray := b.group(t, -1001) // the supergroup was seen before the migration was told
	p := b.player(t, 1)
	require.NoError(t, b.SetMember(ctx, tenant, stray.ID, p.ID, models.MemberMember))

	for range 2 { // Telegram tells it in both chats
		require.NoError(t, b.MigrateChat(ctx, tenant, -1, -1001))
		moved, err := b.GroupByChat(ctx, tenant, -1001)
		require.NoError(t, err)
		require.Equal(t, g.ID, moved.ID)
	}
	_, err := b.GroupByChat(ctx, tenant, -1)
	require.ErrorIs(t, err, players.ErrGroupNotFound)
	_, err = b.Lookup(ctx, players.KindGroup, stray.PublicID)
	require.ErrorIs(t, err, players.ErrTenantNotFound)
	require.ErrorIs(t, b.MigrateChat(ctx, tenant, -5, -6), players.ErrGroupNotFound)
}
