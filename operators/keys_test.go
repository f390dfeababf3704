package operators_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/models"
	"fairground/operators"
)

func TestAPIKeys(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	ctx := t.Context()
	ask := operators.NewKey{Name: "reports", Scopes: []operators.Permission{operators.WithdrawalsRead, operators.OperatorsManage}, Reason: "monthly report"}
	token, key, err := b.CreateKey(ctx, b.owner, ask)
	require.NoError(t, err)
	require.Regexp(t, `^fgk_`+b.tenantID+`_`, token)
	require.Equal(t, b.owner.OperatorID, key.Operator)
	a := b.again(t, token)
	require.Equal(t, operators.ViaKey, a.Via)
	require.Empty(t, a.CSRF)
	require.True(t, a.May(operators.WithdrawalsRead))
	require.False(t, a.May(operators.LogRead))
	require.False(t, a.SteppedUp(b.clock.Now()))

	invite := func(a operators.Authority, email string) error {
		_, _, err := b.Invite(ctx, a, operators.Invitation{Email: email, Name: "X", Roles: []models.Role{models.RoleRisk}, Reason: "test"})
		return err
	}
	require.ErrorIs(t, invite(a, "x@example.org"), operators.ErrStepUpRequired, "a key never steps up by itself")
	_, err = b.StepUp(ctx, a, b.nextCode(t, b.device))
	require.ErrorIs(t, err, operators.ErrSessionOnly)
	_, _, err = b.CreateKey(ctx, a, ask)
	require.ErrorIs(t, err, operators.ErrForbidden)
	_, err = b.Log(ctx, a, operators.LogFilter{})
	require.ErrorIs(t, err, operators.ErrForbidden)
	for _, own := range []error{
		b.SignOut(ctx, a), b.SignOutEverywhere(ctx, a), b.UnlinkTelegram(ctx, a), b.ChangePassword(ctx, a, password, "another long one"),
	} {
		require.ErrorIs(t, own, operators.ErrSessionOnly)
	}

	ask.Scopes = append(ask.Scopes, operators.ScopeStepUp, operators.KeysManage)
	strong, _, err := b.CreateKey(ctx, b.owner, ask)
	require.NoError(t, err)
	require.NoError(t, invite(b.again(t, strong), "y@example.org"))
	_, _, err = b.CreateKey(ctx, b.again(t, strong), ask)
	require.ErrorIs(t, err, operators.ErrSessionOnly, "no key makes keys")
	_, err = b.EnrolTOTP(ctx, b.again(t, strong), password)
	require.ErrorIs(t, err, operators.ErrSessionOnly)

	soon := b.clock.Now().Add(time.Hour)
	ask.ExpiresAt = &soon
	brief, _, err := b.CreateKey(ctx, b.owner, ask)
	require.NoError(t, err)
	b.asOwner(t, `UPDATE operator_keys SET expires_at = clock_timestamp() WHERE expires_at IS NOT NULL`)
	_, err = b.Authenticate(ctx, brief)
	require.ErrorIs(t, err, operators.ErrUnauthenticated)

	list, err := b.Keys(ctx, b.owner)
	require.NoError(t, err)
	require.Len(t, list, 3)
	require.NoError(t, b.RevokeKey(ctx, b.owner, key.ID, "done"))
	require.NoError(t, b.RevokeKey(ctx, b.owner, key.ID, "done"))
	require.ErrorIs(t, b.RevokeKey(ctx, b.owner, "k_none", "done"), operators.ErrKeyNotFound)
	_, err = b.Authenticate(ctx, token)
	require.ErrorIs(t, err, operators.ErrUnauthenticated)

	b.stepDown(t)
	_, _, err = b.CreateKey(ctx, b.owner, ask)
	require.Error(t, err)
	ask.ExpiresAt = nil
	_, _, err = b.CreateKey(ctx, b.owner, ask)
	require.ErrorIs(t, err, operators.ErrStepUpRequired)
	for field, in := range map[string]operators.NewKey{
		"name":   {Scopes: ask.Scopes, Reason: "x"},
		"reason": {Name: "x", Scopes: ask.Scopes},
		"scopes": {Name: "x", Reason: "x", Scopes: []operators.Permission{"all"}},
	} {
		_, _, err := b.CreateKey(ctx, b.owner, in)
		var told *models.Error
		require.ErrorAs(t, err, &told)
		require.Equal(t, field, told.Field)
	}
}

func TestDisablingEndsKeysAndADemotedOwnersKeyLosesPower(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	ctx := t.Context()
	bob, _ := b.hireFully(t, "bob@example.org", models.RoleOwner)
	ask := operators.NewKey{Name: "k", Scopes: []operators.Permission{operators.OperatorsManage, operators.WithdrawalsRead, operators.ScopeStepUp}, Reason: "test"}
	token, _, err := b.CreateKey(ctx, bob.Authority, ask)
	require.NoError(t, err)
	require.NoError(t, b.SetRoles(ctx, b.owner, bob.Authority.OperatorID, []models.Role{models.RoleReviewer}, "less"))
	a := b.again(t, token)
	require.False(t, a.May(operators.OperatorsManage))
	require.True(t, a.May(operators.WithdrawalsRead))
	require.ErrorIs(t, b.Disable(ctx, a, b.owner.OperatorID, "coup"), operators.ErrForbidden)
	require.NoError(t, b.Disable(ctx, b.owner, bob.Authority.OperatorID, "left"))
	_, err = b.Authenticate(ctx, token)
	require.ErrorIs(t, err, operators.ErrUnauthenticated)
	require.NoError(t, b.Enable(ctx, b.owner, bob.Authority.OperatorID, "back"))
	_, err = b.Authenticate(ctx, token)
	require.ErrorIs(t, err, operators.ErrUnauthenticated, "keys stay revoked")
}
