package operators_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/models"
	"fairground/operators"
)

func TestSignInHasOneAnswerForEveryFailure(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.hire(t, "bob@example.org", models.RoleReviewer)
	for name, in := range map[string]operators.SignIn{
		"unknown e-mail":           {Email: "nobody@example.org", Password: password},
		"no e-mail":                {Password: password},
		"wrong password":           {Email: "bob@example.org", Password: "wrong horse battery"},
		"no password":              {Email: "bob@example.org"},
		"wrong code":               {Email: "owner@example.org", Password: password, Code: "000000"},
		"wrong recovery code":      {Email: "owner@example.org", Password: password, Code: "AAAAA-BBBBB"},
		"right code without one":   {Email: "bob@example.org", Password: password, Code: "000000"},
		"code with wrong password": {Email: "owner@example.org", Password: "wrong horse battery", Code: b.nextCode(t, b.device)},
		"endless":                  {Email: strings.Repeat("a", 5000), Password: strings.Repeat("b", 100000), Code: strings.Repeat("1", 5000)},
	} {
		_, err := b.SignIn(t.Context(), in)
		require.ErrorIs(t, err, operators.ErrInvalidCredentials, name)
		require.Equal(t, operators.ErrInvalidCredentials.Error(), err.Error(), name)
	}
	_, err := b.SignIn(t.Context(), operators.SignIn{Email: "owner@example.org", Password: password})
	require.ErrorIs(t, err, operators.ErrCodeRequired)

	s := b.signIn(t, " Bob@Example.ORG ", "")
	require.Regexp(t, `^fgo_`+b.tenantID+`_[a-z2-7]{52}$`, s.Token)
	require.NotEmpty(t, s.CSRF)
	require.Equal(t, []models.Role{models.RoleReviewer}, s.Authority.Roles)
	require.False(t, s.Authority.SteppedUp(b.clock.Now()))
	require.Equal(t, s.CSRF, b.again(t, s.Token).CSRF)
	require.NotContains(t, s.CSRF, s.Token[len(s.Token)-20:])
}

func TestACodeSignsInOnceAndStartsSteppedUp(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	code := b.nextCode(t, b.device)
	s := b.signIn(t, "owner@example.org", code[:3]+" "+code[3:])
	require.True(t, s.Authority.SteppedUp(b.clock.Now()))
	_, err := b.SignIn(t.Context(), operators.SignIn{Email: "owner@example.org", Password: password, Code: code})
	require.ErrorIs(t, err, operators.ErrInvalidCredentials, "the same code again")
	b.clock.Advance(30 * time.Second)
	_, err = b.SignIn(t.Context(), operators.SignIn{Email: "owner@example.org", Password: password, Code: code})
	require.ErrorIs(t, err, operators.ErrInvalidCredentials, "the same code in the next window")
	require.NotNil(t, b.signIn(t, "owner@example.org", strings.ToLower(b.codes[0])))
	_, err = b.SignIn(t.Context(), operators.SignIn{Email: "owner@example.org", Password: password, Code: b.codes[0]})
	require.ErrorIs(t, err, operators.ErrInvalidCredentials, "a recovery code twice")
	require.NotNil(t, b.signIn(t, "owner@example.org", b.codes[1]))
}

func TestOneCodeIsUsedOnceByManyAtATime(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	code := b.nextCode(t, b.device)
	var mu sync.Mutex
	var won int
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if _, err := b.SignIn(t.Context(), operators.SignIn{Email: "owner@example.org", Password: password, Code: code}); err == nil {
				mu.Lock()
				won++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	require.Equal(t, 1, won)
}

func TestTenFailuresLockAnyEmailForAQuarterOfAnHour(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for _, email := range []string{"owner@example.org", "nobody@example.org"} {
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				_, _ = b.SignIn(t.Context(), operators.SignIn{Email: email, Password: "wrong horse battery"})
			})
		}
		wg.Wait()
		_, err := b.SignIn(t.Context(), operators.SignIn{Email: email, Password: password, Code: b.nextCode(t, b.device)})
		require.ErrorIs(t, err, operators.ErrLocked, email)
		var told *models.Error
		require.ErrorAs(t, err, &told)
		require.Positive(t, told.Data["retry_after"])
	}
	_, err := b.StepUp(t.Context(), b.owner, b.nextCode(t, b.device))
	require.NoError(t, err, "strangers do not lock out who is signed in")
	for range 10 {
		_, err = b.StepUp(t.Context(), b.owner, "000000")
		require.ErrorIs(t, err, operators.ErrWrongCode)
	}
	_, err = b.StepUp(t.Context(), b.owner, b.nextCode(t, b.device))
	require.ErrorIs(t, err, operators.ErrLocked)
	require.ErrorIs(t, b.ChangePassword(t.Context(), b.owner, password, "another long one"), operators.ErrLocked)
	b.asOwner(t, `UPDATE operator_attempts SET locked_until = clock_timestamp() - interval '1 second'`)
	b.signIn(t, "owner@example.org", b.nextCode(t, b.device))
}

func TestASessionEnds(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for name, age := range map[string]string{
		"idle":    `seen_at = clock_timestamp() - interval '31 minutes'`,
		"expired": `expires_at = clock_timestamp() - interval '1 second'`,
		"revoked": `revoked_at = clock_timestamp()`,
	} {
		s := b.signIn(t, "owner@example.org", b.nextCode(t, b.device))
		b.again(t, s.Token)
		b.asOwner(t, `UPDATE operator_sessions SET `+age+` WHERE token_check = sha256($1)`, s.Authority.Proof)
		_, err := b.Authenticate(t.Context(), s.Token)
		require.ErrorIs(t, err, operators.ErrUnauthenticated, name)
	}
	// Being seen is stored at most once a minute.
	seen := func() (at time.Time) {
		require.NoError(t, b.db.DB.Call(t.Context(), b.tenant, `SELECT seen_at FROM operator_sessions WHERE token_check = sha256($1)`, []any{b.owner.Proof}, &at))
		return at
	}
	before := seen()
	b.again(t, b.ownerTok)
	require.Equal(t, before, seen())
	b.asOwner(t, `UPDATE operator_sessions SET seen_at = seen_at - interval '2 minutes'`)
	b.again(t, b.ownerTok)
	require.True(t, seen().After(before.Add(-2*time.Minute)))

	second := b.signIn(t, "owner@example.org", b.nextCode(t, b.device))
	require.NoError(t, b.SignOut(t.Context(), second.Authority))
	_, err := b.Authenticate(t.Context(), second.Token)
	require.ErrorIs(t, err, operators.ErrUnauthenticated)
	require.NoError(t, b.SignOutEverywhere(t.Context(), b.owner))
	_, err = b.Authenticate(t.Context(), b.ownerTok)
	require.ErrorIs(t, err, operators.ErrUnauthenticated)
	for _, token := range []string{"", "fgo_", "fgo__x", "fgo_" + b.tenantID + "_", "fgk_" + b.tenantID + "_x", "fg_" + b.tenantID + "_x", "fgo_t_unknown_x"} {
		_, err := b.Authenticate(t.Context(), token)
		require.ErrorIs(t, err, operators.ErrUnauthenticated, token)
	}
}

func TestStepUp(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.stepDown(t)
	invite := func() error {
		_, _, err := b.Invite(t.Context(), b.owner, operators.Invitation{Email: "x@example.org", Name: "X", Roles: []models.Role{models.RoleRisk}, Reason: "test"})
		return err
	}
	require.ErrorIs(t, invite(), operators.ErrStepUpRequired)
	for _, code := range []string{"", "123456", "wrong", b.code(t, b.device)} {
		_, err := b.StepUp(t.Context(), b.owner, code)
		require.ErrorIs(t, err, operators.ErrWrongCode, code)
	}
	up, err := b.StepUp(t.Context(), b.owner, b.nextCode(t, b.device))
	require.NoError(t, err)
	require.True(t, up.SteppedUp(b.clock.Now()))
	require.Equal(t, b.owner.CSRF, up.CSRF)
	require.NoError(t, invite())
	b.stepDown(t)
	_, err = b.StepUp(t.Context(), b.owner, b.codes[3])
	require.NoError(t, err)
	fresh, err := b.NewRecoveryCodes(t.Context(), b.owner)
	require.NoError(t, err)
	_, err = b.StepUp(t.Context(), b.owner, b.codes[4])
	require.ErrorIs(t, err, operators.ErrWrongCode, "replaced")
	_, err = b.StepUp(t.Context(), b.owner, fresh[0])
	require.NoError(t, err)

	bob := b.hire(t, "bob@example.org", models.RoleReviewer)
	_, err = b.StepUp(t.Context(), bob.Authority, "123456")
	require.ErrorIs(t, err, operators.ErrNoSecondFactor)
	_, err = b.ConfirmTOTP(t.Context(), bob.Authority, "123456")
	require.ErrorIs(t, err, operators.ErrNoSecondFactor)
	_, err = b.NewRecoveryCodes(t.Context(), bob.Authority)
	require.ErrorIs(t, err, operators.ErrStepUpRequired)
	b.stepDown(t)
	_, err = b.EnrolTOTP(t.Context(), b.owner, password)
	require.ErrorIs(t, err, operators.ErrStepUpRequired, "replacing a device")
}
