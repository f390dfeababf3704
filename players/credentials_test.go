package players_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"fairground/players"
)

const goodPIN = "294816"

// used says whether a verification still holds, and uses it up.
func (s *safety) used(t *testing.T, player int64, purpose players.Purpose, verification string) bool {
	t.Helper()
	var ok bool
	require.NoError(t, s.asOwnerFunc(t, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT player_verified($1, $2, $3, $4)`, s.w.Tenant, player, string(purpose), verification).Scan(&ok)
	}))
	return ok
}

func (s *safety) code(t *testing.T, device string) string {
	t.Helper()
	code, err := totp.GenerateCode(device, s.clock.Now())
	require.NoError(t, err)
	return code
}

func TestWeakPINsAreRefused(t *testing.T) {
	t.Parallel()
	s := newSafety(t)
	for _, weak := range []string{
		"", "12345", "1234567890123", "111111", "123456", "234567", "654321", "987654321", "121212", "123123", "1212121", "12345a", "１２３４５６", "890123",
	} {
		require.ErrorIs(t, s.SetPIN(t.Context(), s.w.Tenant, s.w.Players[0], "", weak), players.ErrInvalidPIN, weak)
	}
	require.NoError(t, s.SetPIN(t.Context(), s.w.Tenant, s.w.Players[0], "", goodPIN))
	require.ErrorIs(t, s.SetPIN(t.Context(), s.w.Tenant, 987654321, "", goodPIN), players.ErrNotFound)
}

func TestAPINVerifiesOnceForOnePurpose(t *testing.T) {
	t.Parallel()
	s := newSafety(t)
	p, tenant := s.w.Players[0], s.w.Tenant
	_, err := s.Verify(t.Context(), tenant, p, goodPIN, players.PurposeWithdraw)
	require.ErrorIs(t, err, players.ErrNoCredential)
	require.NoError(t, s.SetPIN(t.Context(), tenant, p, "", goodPIN))
	state, err := s.Credentials(t.Context(), tenant, p)
	require.NoError(t, err)
	require.Equal(t, players.CredentialState{HasPIN: true}, state, "the first PIN starts no cool-down")

	v, err := s.Verify(t.Context(), tenant, p, goodPIN, players.PurposeWithdraw)
	require.NoError(t, err)
	require.False(t, s.used(t, p, players.PurposeAddress, v), "another purpose")
	require.False(t, s.used(t, s.w.Players[1], players.PurposeWithdraw, v), "another player")
	require.True(t, s.used(t, p, players.PurposeWithdraw, v))
	require.False(t, s.used(t, p, players.PurposeWithdraw, v), "one use")
	v, err = s.Verify(t.Context(), tenant, p, goodPIN, players.PurposeWithdraw)
	require.NoError(t, err)
	require.NoError(t, s.asOwner(t, `UPDATE player_verifications SET expires_at = expires_at - interval '5 minutes' WHERE used_at IS NULL`))
	require.False(t, s.used(t, p, players.PurposeWithdraw, v), "five minutes")

	require.ErrorIs(t, s.SetPIN(t.Context(), tenant, p, "", "503917"), players.ErrWrongCode)
	require.ErrorIs(t, s.SetPIN(t.Context(), tenant, p, "503917", "503917"), players.ErrWrongCode)
	require.NoError(t, s.SetPIN(t.Context(), tenant, p, goodPIN, "503917"))
	state, err = s.Credentials(t.Context(), tenant, p)
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), state.ChangedAt, time.Hour, "a change starts the cool-down")
}

func TestFiveWrongTriesLock(t *testing.T) {
	t.Parallel()
	s := newSafety(t)
	p, tenant := s.w.Players[0], s.w.Tenant
	require.NoError(t, s.SetPIN(t.Context(), tenant, p, "", goodPIN))
	verify := func(code string) error {
		_, err := s.Verify(t.Context(), tenant, p, code, players.PurposeLimits)
		return err
	}
	for _, wrong := range []string{"000000", "", "letters", strings.Repeat("1", 40)} {
		require.ErrorIs(t, verify(wrong), players.ErrWrongCode)
	}
	require.NoError(t, verify(goodPIN), "a right one forgives")
	for range 4 {
		require.ErrorIs(t, verify("000000"), players.ErrWrongCode)
	}
	require.ErrorIs(t, verify("000000"), players.ErrCredentialLocked)
	require.ErrorIs(t, verify(goodPIN), players.ErrCredentialLocked)
	state, err := s.Credentials(t.Context(), tenant, p)
	require.NoError(t, err)
	require.NotZero(t, state.LockedUntil)
	require.NoError(t, s.asOwner(t, `UPDATE player_credentials SET locked_until = locked_until - interval '16 minutes'`))
	require.NoError(t, verify(goodPIN))
}

func TestTOTPCodesAreTakenOnce(t *testing.T) {
	t.Parallel()
	s := newSafety(t)
	p, tenant := s.w.Players[0], s.w.Tenant
	require.NoError(t, s.SetPIN(t.Context(), tenant, p, "", goodPIN))
	_, err := s.EnrolTOTP(t.Context(), tenant, p, "")
	require.ErrorIs(t, err, players.ErrWrongCode, "who holds only the session adds no factor")
	require.ErrorIs(t, s.ConfirmTOTP(t.Context(), tenant, p, "123456"), players.ErrNoCredential)
	device, err := s.EnrolTOTP(t.Context(), tenant, p, goodPIN)
	require.NoError(t, err)
	require.Contains(t, device.URL, "otpauth://totp/Fairground")
	require.ErrorIs(t, s.ConfirmTOTP(t.Context(), tenant, p, "000000"), players.ErrWrongCode)
	first := s.code(t, device.Secret)
	require.NoError(t, s.ConfirmTOTP(t.Context(), tenant, p, first))
	state, err := s.Credentials(t.Context(), tenant, p)
	require.NoError(t, err)
	require.True(t, state.HasTOTP)
	require.NotZero(t, state.ChangedAt, "a second credential is a change")

	verify := func(code string) error {
		_, err := s.Verify(t.Context(), tenant, p, code, players.PurposeWithdraw)
		return err
	}
	require.ErrorIs(t, verify(first), players.ErrWrongCode, "the code that confirmed is used")
	s.clock.Advance(30 * time.Second)
	second := s.code(t, device.Secret)
	require.NoError(t, verify(second))
	require.ErrorIs(t, verify(second), players.ErrWrongCode)
	require.NoError(t, verify(goodPIN), "either will do")
	s.clock.Advance(5 * time.Minute)
	require.ErrorIs(t, verify(second), players.ErrWrongCode, "an old code")
	require.NoError(t, s.SetPIN(t.Context(), tenant, p, s.code(t, device.Secret), "503917"), "a code proves who sets a PIN")
}

func TestAReadRowIsNoProof(t *testing.T) {
	t.Parallel()
	s := newSafety(t)
	p, tenant := s.w.Players[0], s.w.Tenant
	require.NoError(t, s.SetPIN(t.Context(), tenant, p, "", goodPIN))
	var check, attest []byte
	require.NoError(t, s.db.DB.Call(t.Context(), tenant, `SELECT pin_check, attest_check FROM player_credentials`, nil, &check, &attest))
	for _, try := range [][]any{{check, nil, nil}, {nil, int64(1) << 40, attest}, {nil, nil, nil}} {
		var raw []byte
		require.NoError(t, s.db.DB.Call(t.Context(), tenant, `SELECT api_player_verify($1, $2, $3, $4, $5, 'withdraw', sha256('mine'))`,
			append([]any{tenant, p}, try...), &raw))
		require.Equal(t, "players.wrong_code", codeOf(t, raw))
	}
	require.Error(t, s.asApp(t, `INSERT INTO player_verifications VALUES ($1, sha256('mine'), $2, 'withdraw', now() + interval '1 hour')`, tenant, p))
	require.Error(t, s.asApp(t, `UPDATE player_credentials SET changed_at = NULL`))
	require.Error(t, s.asApp(t, `SELECT player_verified($1, $2, 'withdraw', 'x')`, tenant, p), "only the money's functions use a verification")
}

func TestAnOperatorResetsACredential(t *testing.T) {
	t.Parallel()
	s := newSafety(t)
	p, tenant := s.w.Players[0], s.w.Tenant
	a := s.owner(t)
	require.NoError(t, s.SetPIN(t.Context(), tenant, p, "", goodPIN))
	v, err := s.Verify(t.Context(), tenant, p, goodPIN, players.PurposeWithdraw)
	require.NoError(t, err)
	forged := a
	forged.Proof = []byte("x")
	require.ErrorIs(t, s.ResetCredential(t.Context(), forged, p), players.ErrUnauthenticated)
	require.NoError(t, s.ResetCredential(t.Context(), a, p))
	require.False(t, s.used(t, p, players.PurposeWithdraw, v), "verifications go with it")
	state, err := s.Credentials(t.Context(), tenant, p)
	require.NoError(t, err)
	require.False(t, state.HasPIN)
	require.NotZero(t, state.ChangedAt)
	require.NoError(t, s.SetPIN(t.Context(), tenant, p, "", "503917"))
	var reason string
	require.NoError(t, s.db.DB.Call(t.Context(), tenant, `SELECT reason FROM operation_log WHERE action = 'player.reset_credential'`, nil, &reason))
	require.Equal(t, "a reason", reason)
}
