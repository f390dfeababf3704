package operators_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/models"
	"fairground/operators"
)

func TestTheFirstOwnerClosesTheDoor(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	make1 := func(tenant int64, email string, roles ...models.Role) error {
		_, err := b.Create(t.Context(), operators.NewOperator{Tenant: tenant, Email: email, Name: "X", Password: password, Roles: roles})
		return err
	}
	require.ErrorIs(t, make1(b.tenant, "second@example.org", models.RoleReviewer), operators.ErrOwnerExists)
	require.ErrorIs(t, make1(999999, "second@example.org", models.RoleOwner), operators.ErrTenantNotFound)
	other, _ := b.newTenant(t)
	require.NoError(t, make1(other, "reviewer@other.example", models.RoleReviewer), "a seed makes the others first")
	require.ErrorIs(t, make1(other, "OWNER@example.org", models.RoleOwner), operators.ErrEmailTaken, "one installation has an e-mail once")
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for _, email := range []string{"a@other.example", "b@other.example", "c@other.example"} {
		wg.Go(func() {
			if make1(other, email, models.RoleOwner) == nil {
				mu.Lock()
				won++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	require.Equal(t, 1, won)
	for field, in := range map[string]operators.NewOperator{
		"email":    {Email: "no address", Name: "X", Password: password, Roles: []models.Role{models.RoleOwner}},
		"name":     {Email: "x@example.org", Password: password, Roles: []models.Role{models.RoleOwner}},
		"password": {Email: "x@example.org", Name: "X", Password: "elevenchars", Roles: []models.Role{models.RoleOwner}},
		"roles":    {Email: "x@example.org", Name: "X", Password: password, Roles: []models.Role{"king"}},
	} {
		in.Tenant = b.tenant
		_, err := b.Create(t.Context(), in)
		var told *models.Error
		require.ErrorAs(t, err, &told)
		require.Equal(t, operators.CodeInvalid, told.Code)
		require.Equal(t, field, told.Field)
		require.NotEmpty(t, told.Fix)
	}
}

func TestAnInvitationIsGoodOnce(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	ask := operators.Invitation{Email: "Bob@example.org", Name: "Bob", Roles: []models.Role{models.RoleSupport}, Reason: "new colleague"}
	stale, who, err := b.Invite(t.Context(), b.owner, ask)
	require.NoError(t, err)
	require.Equal(t, models.OperatorInvited, who.Status)
	require.Equal(t, "bob@example.org", who.Email)
	_, err = b.SignIn(t.Context(), operators.SignIn{Email: ask.Email, Password: password})
	require.ErrorIs(t, err, operators.ErrInvalidCredentials)
	ask.Roles = []models.Role{models.RoleAnalyst}
	token, again, err := b.Invite(t.Context(), b.owner, ask)
	require.NoError(t, err)
	require.Equal(t, who.PublicID, again.PublicID)
	_, err = b.Accept(t.Context(), stale, password)
	require.ErrorIs(t, err, operators.ErrInvalidInvitation, "the later one counts")
	_, err = b.Accept(t.Context(), token, "short")
	require.Equal(t, operators.CodeInvalid, models.CodeOf(err))
	s, err := b.Accept(t.Context(), token, password)
	require.NoError(t, err)
	require.Equal(t, []models.Role{models.RoleAnalyst}, s.Authority.Roles)
	_, err = b.Accept(t.Context(), token, password)
	require.ErrorIs(t, err, operators.ErrInvalidInvitation)
	_, _, err = b.Invite(t.Context(), b.owner, ask)
	require.ErrorIs(t, err, operators.ErrEmailTaken)

	ask.Email = "late@example.org"
	late, _, err := b.Invite(t.Context(), b.owner, ask)
	require.NoError(t, err)
	b.asOwner(t, `UPDATE operator_invitations SET expires_at = clock_timestamp() WHERE used_at IS NULL`)
	_, err = b.Accept(t.Context(), late, password)
	require.ErrorIs(t, err, operators.ErrInvalidInvitation)
	_, err = b.Accept(t.Context(), "fgi_"+b.tenantID+"_x", password)
	require.ErrorIs(t, err, operators.ErrInvalidInvitation)
}

func TestStaffRules(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	bob, _ := b.hireFully(t, "bob@example.org", models.RoleReviewer)
	ctx := t.Context()
	me, him := b.owner.OperatorID, bob.Authority.OperatorID
	owner := []models.Role{models.RoleOwner}

	require.ErrorIs(t, b.SetRoles(ctx, b.owner, me, []models.Role{models.RoleAnalyst}, "less"), operators.ErrSelf)
	require.ErrorIs(t, b.Disable(ctx, b.owner, me, "leaving"), operators.ErrSelf)
	require.ErrorIs(t, b.ResetSecondFactor(ctx, b.owner, me, "lost"), operators.ErrSelf)
	require.ErrorIs(t, b.SetRoles(ctx, b.owner, "o_aaaaaaaaaaaaaaaa", owner, "x"), operators.ErrNotFound)
	require.ErrorIs(t, b.SetRoles(ctx, bob.Authority, him, owner, "more"), operators.ErrForbidden)
	require.ErrorIs(t, b.Disable(ctx, bob.Authority, me, "coup"), operators.ErrForbidden)
	require.Equal(t, operators.CodeInvalid, models.CodeOf(b.SetRoles(ctx, b.owner, him, owner, "")))
	require.Equal(t, operators.CodeInvalid, models.CodeOf(b.SetRoles(ctx, b.owner, him, nil, "x")))

	require.NoError(t, b.SetRoles(ctx, b.owner, him, owner, "deputy"))
	bob.Authority = b.again(t, bob.Token)
	require.True(t, bob.Authority.May(operators.OperatorsManage), "roles change at once")
	require.NoError(t, b.Disable(ctx, bob.Authority, me, "on leave"))
	_, err := b.Authenticate(ctx, b.ownerTok)
	require.ErrorIs(t, err, operators.ErrUnauthenticated)
	require.ErrorIs(t, b.SetRoles(ctx, b.owner, him, []models.Role{models.RoleRisk}, "x"), operators.ErrUnauthenticated)
	_, err = b.SignIn(ctx, operators.SignIn{Email: "owner@example.org", Password: password, Code: b.nextCode(t, b.device)})
	require.ErrorIs(t, err, operators.ErrInvalidCredentials)
	require.NoError(t, b.Enable(ctx, bob.Authority, me, "back"))
	again := b.signIn(t, "owner@example.org", b.nextCode(t, b.device))
	require.NoError(t, b.ResetSecondFactor(ctx, again.Authority, him, "lost phone"))
	_, err = b.Authenticate(ctx, bob.Token)
	require.ErrorIs(t, err, operators.ErrUnauthenticated)
	require.False(t, b.signIn(t, "bob@example.org", "").Authority.SteppedUp(b.clock.Now()))

	got, err := b.Get(ctx, again.Authority, him)
	require.NoError(t, err)
	require.False(t, got.SecondFactor)
	page, err := b.List(ctx, again.Authority, operators.Filter{Limit: 1})
	require.NoError(t, err)
	require.Len(t, page.Operators, 1)
	page, err = b.List(ctx, again.Authority, operators.Filter{Limit: 1, Cursor: page.Next})
	require.NoError(t, err)
	require.Equal(t, him, page.Operators[0].PublicID)
	require.Empty(t, page.Next)
}

// Two owners who disable each other at once: one stays.
func TestTheLastOwnerStays(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	bob, _ := b.hireFully(t, "bob@example.org", models.RoleOwner)
	var wg sync.WaitGroup
	wg.Go(func() { _ = b.Disable(t.Context(), b.owner, bob.Authority.OperatorID, "coup") })
	wg.Go(func() {
		_ = b.SetRoles(t.Context(), bob.Authority, b.owner.OperatorID, []models.Role{models.RoleAnalyst}, "coup")
	})
	wg.Wait()
	var owners int
	count := `SELECT count(*) FROM operators WHERE status = 'active' AND 'owner' = ANY (roles)`
	require.NoError(t, b.db.DB.Call(t.Context(), b.tenant, count, nil, &owners))
	require.Positive(t, owners)

	// One that manages staff without being an owner does not exist, so plant the permission's holder as a key.
	c := newBundle(t)
	eve, _ := c.hireFully(t, "eve@example.org", models.RoleOwner)
	require.NoError(t, c.SetRoles(t.Context(), c.owner, eve.Authority.OperatorID, []models.Role{models.RoleFinance}, "less"))
	c.asOwner(t, `INSERT INTO role_permissions VALUES ('finance', 'operators.manage')`)
	require.ErrorIs(t, c.Disable(t.Context(), eve.Authority, c.owner.OperatorID, "coup"), operators.ErrLastOwner)
	require.ErrorIs(t, c.SetRoles(t.Context(), eve.Authority, c.owner.OperatorID, []models.Role{models.RoleRisk}, "coup"), operators.ErrLastOwner)
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	bob := b.hire(t, "bob@example.org", models.RoleSupport)
	second := b.signIn(t, "bob@example.org", "")
	require.ErrorIs(t, b.ChangePassword(t.Context(), bob.Authority, "wrong horse battery", "another long one"), operators.ErrInvalidCredentials)
	require.Equal(t, operators.CodeInvalid, models.CodeOf(b.ChangePassword(t.Context(), bob.Authority, password, "short")))
	require.NoError(t, b.ChangePassword(t.Context(), bob.Authority, password, "another long one"))
	b.again(t, bob.Token)
	_, err := b.Authenticate(t.Context(), second.Token)
	require.ErrorIs(t, err, operators.ErrUnauthenticated, "other sessions end")
	_, err = b.SignIn(t.Context(), operators.SignIn{Email: "bob@example.org", Password: password})
	require.ErrorIs(t, err, operators.ErrInvalidCredentials)
	b.stepDown(t)
	require.ErrorIs(t, b.ChangePassword(t.Context(), b.owner, password, "another long one"), operators.ErrStepUpRequired)
}

func TestTelegram(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	_, err := b.ByTelegram(t.Context(), b.tenant, 42)
	require.ErrorIs(t, err, operators.ErrNotLinked)
	code, err := b.LinkCode(t.Context(), b.owner)
	require.NoError(t, err)
	other, _ := b.newTenant(t)
	_, err = b.LinkTelegram(t.Context(), other, 42, code)
	require.ErrorIs(t, err, operators.ErrInvalidLinkCode, "another tenant's bot")
	a, err := b.LinkTelegram(t.Context(), b.tenant, 42, code[:4]+"-"+code[4:])
	require.NoError(t, err)
	require.Equal(t, b.owner.OperatorID, a.OperatorID)
	_, err = b.LinkTelegram(t.Context(), b.tenant, 43, code)
	require.ErrorIs(t, err, operators.ErrInvalidLinkCode)

	a, err = b.ByTelegram(t.Context(), b.tenant, 42)
	require.NoError(t, err)
	require.Equal(t, operators.ViaTelegram, a.Via)
	ask := operators.Invitation{Email: "x@example.org", Name: "X", Roles: []models.Role{models.RoleRisk}, Reason: "test"}
	_, _, err = b.Invite(t.Context(), a, ask)
	require.ErrorIs(t, err, operators.ErrStepUpRequired, "the session's step-up is not Telegram's")
	_, err = b.StepUp(t.Context(), a, b.nextCode(t, b.device))
	require.NoError(t, err)
	_, _, err = b.Invite(t.Context(), a, ask)
	require.NoError(t, err)
	_, err = b.LinkCode(t.Context(), a)
	require.ErrorIs(t, err, operators.ErrSessionOnly)

	bob := b.hire(t, "bob@example.org", models.RoleReviewer)
	code, err = b.LinkCode(t.Context(), bob.Authority)
	require.NoError(t, err)
	_, err = b.LinkTelegram(t.Context(), b.tenant, 42, code)
	require.ErrorIs(t, err, operators.ErrTelegramTaken)
	require.NoError(t, b.UnlinkTelegram(t.Context(), a))
	_, err = b.ByTelegram(t.Context(), b.tenant, 42)
	require.ErrorIs(t, err, operators.ErrNotLinked)
	_, err = b.LinkTelegram(t.Context(), b.tenant, 42, code)
	require.NoError(t, err)
	require.NoError(t, b.Disable(t.Context(), b.owner, bob.Authority.OperatorID, "left"))
	_, err = b.ByTelegram(t.Context(), b.tenant, 42)
	require.ErrorIs(t, err, operators.ErrNotLinked)
}
