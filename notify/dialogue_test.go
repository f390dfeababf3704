package notify_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/internal/secret"
	"fairground/internal/testdb"
	"fairground/notify"
)

func TestDialoguesAndCardsAreKeptByTenant(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	box, err := secret.New(strings.Repeat("s", secret.MinLength))
	require.NoError(t, err)
	one, two := notify.NewDialogues(db.DB, box, 1), notify.NewDialogues(db.DB, box, 2)
	ctx := t.Context()
	state, err := one.Get(ctx, 7)
	require.NoError(t, err)
	require.Nil(t, state)
	require.NoError(t, one.Put(ctx, 7, []byte("first")))
	require.NoError(t, one.Put(ctx, 7, []byte("second")))
	state, err = one.Get(ctx, 7)
	require.NoError(t, err)
	require.Equal(t, "second", string(state))
	state, err = two.Get(ctx, 7)
	require.NoError(t, err)
	require.Nil(t, state)
	var sealed []byte
	require.NoError(t, db.Owner.QueryRow(ctx, `SELECT state FROM dialogues WHERE user_id = 7`).Scan(&sealed))
	require.NotContains(t, string(sealed), "second")
	_, err = db.Owner.Exec(ctx, `UPDATE dialogues SET expires_at = clock_timestamp() - interval '1 second'`)
	require.NoError(t, err)
	state, err = one.Get(ctx, 7)
	require.NoError(t, err)
	require.Nil(t, state, "it was too long ago")
	require.NoError(t, one.Drop(ctx, 7))

	cards := notify.NewCards(db.DB, 1)
	message, err := cards.Message(ctx, "dep_x", 5)
	require.NoError(t, err)
	require.Zero(t, message)
	require.NoError(t, cards.Set(ctx, "dep_x", 5, 11))
	require.NoError(t, cards.Set(ctx, "dep_x", 5, 12))
	message, err = cards.Message(ctx, "dep_x", 5)
	require.NoError(t, err)
	require.EqualValues(t, 12, message)
	message, err = notify.NewCards(db.DB, 2).Message(ctx, "dep_x", 5)
	require.NoError(t, err)
	require.Zero(t, message)
}
