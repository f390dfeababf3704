package operators_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/models"
	"fairground/operators"
)

// TestAStolenSessionEnrolsNoDevice keeps whoever only holds a session from stepping it up with a device of their own.
func TestAStolenSessionEnrolsNoDevice(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	bob := b.hire(t, "bob@example.org", models.RoleReviewer)
	for range 10 {
		_, err := b.EnrolTOTP(t.Context(), bob.Authority, "not the password")
		require.ErrorIs(t, err, operators.ErrInvalidCredentials)
	}
	_, err := b.EnrolTOTP(t.Context(), bob.Authority, password)
	require.ErrorIs(t, err, operators.ErrLocked, "guessing is counted")
	b.signIn(t, "bob@example.org", "")
	carol := b.hire(t, "carol@example.org", models.RoleReviewer)
	_, err = b.EnrolTOTP(t.Context(), carol.Authority, "")
	require.ErrorIs(t, err, operators.ErrInvalidCredentials, "an invitation's session is no proof either")
	b.enrol(t, carol.Authority)
	require.True(t, b.again(t, carol.Token).SteppedUp(b.clock.Now()))
}

// TestAFreshSingleSignOnEnrols takes the provider's word of the last 10 minutes for the person.
func TestAFreshSingleSignOnEnrols(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := newBundleWith(t, operators.OIDC{Issuer: p.URL, ClientID: "fairground", ClientSecret: "client secret", RedirectURL: "https://example.org/back"})
	b.hire(t, "bob@example.org", models.RoleReviewer)
	to, state, err := b.OIDCLogin(t.Context(), b.tenantID)
	require.NoError(t, err)
	s, err := b.OIDCCallback(t.Context(), state, p.visit(t, to, map[string]any{"email": "bob@example.org"}))
	require.NoError(t, err)
	_, err = b.EnrolTOTP(t.Context(), s.Authority, "")
	require.NoError(t, err)
	b.asOwner(t, `UPDATE operator_sessions SET created_at = created_at - interval '10 minutes' WHERE method = 'oidc'`)
	_, err = b.EnrolTOTP(t.Context(), s.Authority, "")
	require.ErrorIs(t, err, operators.ErrInvalidCredentials)
	_, err = b.EnrolTOTP(t.Context(), s.Authority, password)
	require.NoError(t, err)
}
