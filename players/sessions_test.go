package players_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/internal/config"
	"fairground/models"
	"fairground/players"
)

func TestLoginCodeWorksOnce(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	p := b.player(t, 1)
	code, err := b.CreateLoginCode(t.Context(), b.tenant.ID, p.ID)
	require.NoError(t, err)
	require.Len(t, code, 8)

	var won atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := b.RedeemLoginCode(t.Context(), strings.ToLower(code[:4])+"-"+code[4:]); err == nil {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	require.Equal(t, int32(1), won.Load())
	_, err = b.RedeemLoginCode(t.Context(), code)
	require.ErrorIs(t, err, players.ErrInvalidCode)

	var rows int
	require.NoError(t, b.db.Owner.QueryRow(t.Context(), "SELECT count(*) FROM directory WHERE kind = 'code'").Scan(&rows))
	require.Zero(t, rows)
}

func TestLoginCodeExpires(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	code, err := b.CreateLoginCode(t.Context(), b.tenant.ID, b.player(t, 1).ID)
	require.NoError(t, err)
	b.clock.Advance(10 * time.Minute)
	_, err = b.RedeemLoginCode(t.Context(), code)
	require.ErrorIs(t, err, players.ErrInvalidCode)
	for _, bad := range []string{"", "AAAAAAAA", strings.Repeat("A", 1000), "'; DROP TABLE players"} {
		_, err = b.RedeemLoginCode(t.Context(), bad)
		require.ErrorIs(t, err, players.ErrInvalidCode)
	}
}

func TestLoginCodesAreLimited(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	p := b.player(t, 1)
	for range 5 {
		_, err := b.CreateLoginCode(t.Context(), b.tenant.ID, p.ID)
		require.NoError(t, err)
		b.clock.Advance(time.Minute)
	}
	_, err := b.CreateLoginCode(t.Context(), b.tenant.ID, p.ID)
	require.Equal(t, players.CodeTooManyCodes, models.CodeOf(err))
	var refused *models.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, int64(300), refused.Data["retry_after"])
	_, err = b.CreateLoginCode(t.Context(), b.tenant.ID, b.player(t, 2).ID)
	require.NoError(t, err, "another player is not held up")
	b.clock.Advance(5 * time.Minute)
	_, err = b.CreateLoginCode(t.Context(), b.tenant.ID, p.ID)
	require.NoError(t, err)
}

func TestSessionSpeaksForItsPlayer(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	p := b.player(t, 1)
	s := b.session(t, p)
	require.True(t, strings.HasPrefix(s.Token, "fg_"+b.tenant.PublicID+"_"))
	require.Equal(t, p.PublicID, s.Player)

	id, err := b.Authenticate(t.Context(), s.Token)
	require.NoError(t, err)
	require.Equal(t, players.Identity{Tenant: b.tenant.ID, Player: p.ID, TenantID: b.tenant.PublicID, PlayerID: p.PublicID}, id)

	var stored []byte
	require.NoError(t, b.db.Owner.QueryRow(t.Context(), "SELECT token_hash FROM sessions").Scan(&stored))
	require.NotContains(t, s.Token, string(stored))

	b.clock.Advance(7*24*time.Hour - time.Second)
	_, err = b.Authenticate(t.Context(), s.Token)
	require.NoError(t, err)
	b.clock.Advance(time.Second)
	_, err = b.Authenticate(t.Context(), s.Token)
	require.ErrorIs(t, err, players.ErrTokenExpired, "the cache does not outlive the session")
}

func TestTokenOfAnotherTenantIsRefused(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	other := b.newTenant(t, 7002, "7002:OTHER")
	s := b.session(t, b.player(t, 1))
	for _, bad := range []string{
		"", "fg_", "fg__", "nonsense", s.Token + "x", s.Token[:len(s.Token)-1], strings.Repeat("fg_a_", 100),
		strings.Replace(s.Token, b.tenant.PublicID, other.PublicID, 1), "fg_t_none_" + strings.Repeat("a", 52),
	} {
		_, err := b.Authenticate(t.Context(), bad)
		require.ErrorIs(t, err, players.ErrInvalidToken, bad)
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	s := b.session(t, b.player(t, 1))
	elsewhere := players.New(b.db.DB, b.box, b.clock) // another process
	for _, p := range []*players.Players{b.Players, elsewhere} {
		_, err := p.Authenticate(t.Context(), s.Token)
		require.NoError(t, err)
	}
	require.NoError(t, b.Revoke(t.Context(), s.Token))
	require.NoError(t, b.Revoke(t.Context(), s.Token), "twice is a success")
	require.NoError(t, b.Revoke(t.Context(), "nonsense"))

	_, err := b.Authenticate(t.Context(), s.Token)
	require.ErrorIs(t, err, players.ErrInvalidToken)
	_, err = elsewhere.Authenticate(t.Context(), s.Token)
	require.NoError(t, err, "the other process may remember it")
	b.clock.Advance(5 * time.Second)
	_, err = elsewhere.Authenticate(t.Context(), s.Token)
	require.ErrorIs(t, err, players.ErrInvalidToken, "for 5 seconds at most")
}

func TestSessionFromInitData(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	other := b.newTenant(t, 7002, "7002:OTHER")
	fresh := initData(botToken, 77, b.clock.Now())

	var ids []string
	for _, bot := range []string{"7001", b.tenant.PublicID} {
		s, err := b.SessionFromInitData(t.Context(), bot, fresh)
		require.NoError(t, err)
		ids = append(ids, s.Player)
	}
	require.Equal(t, ids[0], ids[1], "one person is one player")
	p, err := b.PlayerByTelegram(t.Context(), b.tenant.ID, 77)
	require.NoError(t, err)
	require.Equal(t, "Eve", p.Name)

	for name, tc := range map[string]struct {
		bot, data string
		want      error
	}{
		"signed by another bot": {"7001", initData("7002:OTHER", 77, b.clock.Now()), players.ErrInvalidInitData},
		"for another tenant":    {other.PublicID, fresh, players.ErrInvalidInitData},
		"unknown bot":           {"1", fresh, players.ErrInvalidInitData},
		"changed":               {"7001", strings.Replace(fresh, "77", "78", 1), players.ErrInvalidInitData},
		"empty":                 {"7001", "", players.ErrInvalidInitData},
		"too old":               {"7001", initData(botToken, 77, b.clock.Now().Add(-61*time.Minute)), players.ErrInitDataExpired},
	} {
		_, err := b.SessionFromInitData(t.Context(), tc.bot, tc.data)
		require.ErrorIs(t, err, tc.want, name)
	}
}

func TestRefusedTokensSignNobodyIn(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	marked := b.newTenant(t, 7002, "7002:LOCAL-token")
	strict := players.New(b.db.DB, b.box, b.clock, players.RefuseTokens(config.LocalToken))
	data := initData("7002:LOCAL-token", 77, b.clock.Now())
	_, err := b.SessionFromInitData(t.Context(), "7002", data)
	require.NoError(t, err, "development takes it")

	_, err = strict.SessionFromInitData(t.Context(), "7002", data)
	require.ErrorIs(t, err, players.ErrInvalidInitData)
	_, err = strict.BotToken(t.Context(), marked.ID)
	require.ErrorIs(t, err, players.ErrTokenRefused)
	_, err = strict.SessionFromInitData(t.Context(), "7001", initData(botToken, 77, b.clock.Now()))
	require.NoError(t, err, "other tenants are served")
}
