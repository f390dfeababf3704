package operator

import (
	"context"
	"net/http"
	"time"

	"fairground/operators"
	"fairground/players"
)

type callKey struct{}

// Call is what a handler knows of its request beside the parameters.
type Call struct {
	Authority operators.Authority // zero for public operations
	Secure    bool                // the server is reached by https
	RequestID string
	OIDCState string // the state that this browser began to sign in with
}

// WithCall returns a context that carries the call.
func WithCall(ctx context.Context, c Call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// callOf is the call the middleware made. Without one, which only a wrong document could cause,
// the zero Authority is of no tenant and may nothing.
func callOf(ctx context.Context) Call {
	c, _ := ctx.Value(callKey{}).(Call)
	return c
}

func authorityOf(ctx context.Context) operators.Authority { return callOf(ctx).Authority }

// actor is how the players room takes an authority.
func actor(a operators.Authority, reason string) players.Actor {
	return players.Actor{Tenant: a.Tenant, Via: string(a.Via), Proof: a.Proof, RequestID: a.RequestID, Reason: reason}
}

// SessionCookie is the name of the session's cookie. With the prefix, browsers take it over https
// for exactly this host only.
func SessionCookie(secure bool) string { return prefixed("fg-operator", secure) }

// StateCookie is the name of the cookie that ties a single sign-on to the browser that began it.
func StateCookie(secure bool) string { return prefixed("fg-oidc", secure) }

func prefixed(name string, secure bool) string {
	if secure {
		return "__Host-" + name
	}
	return name
}

// sessionCookie sets the session's cookie; an empty token removes it.
func (c Call) sessionCookie(token string, expires time.Time) *string {
	cookie := http.Cookie{ //nolint:gosec // Secure where the server is reached by https; a local one is not
		Name: SessionCookie(c.Secure), Value: token, Path: "/", Expires: expires.UTC(), Secure: c.Secure, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	}
	if token == "" {
		cookie.MaxAge, cookie.Expires = -1, time.Time{}
	}
	text := cookie.String()
	return &text
}

// stateCookie lives until the browser is back: the identity provider leads it here from its own
// site, so the cookie is Lax.
func (c Call) stateCookie(state string) *string {
	cookie := http.Cookie{ //nolint:gosec // as above
		Name: StateCookie(c.Secure), Value: state, Path: "/", MaxAge: 600, Secure: c.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	text := cookie.String()
	return &text
}
