package operators

import "context"

// OIDC configures single sign-on for the installation; it is off without an issuer.
type OIDC struct {
	Issuer, ClientID, ClientSecret string
	RedirectURL                    string // where the provider sends the browser back to
}

type oidcClient struct{ cfg OIDC }

func newOIDC(cfg OIDC) *oidcClient { return &oidcClient{cfg: cfg} }

// OIDCLogin begins a single sign-on at a tenant.
func (o *Operators) OIDCLogin(context.Context, string) (url, state string, err error) {
	return "", "", errUnbuilt
}

// OIDCCallback ends a single sign-on.
func (o *Operators) OIDCCallback(context.Context, string, string) (Session, error) {
	return Session{}, errUnbuilt
}
