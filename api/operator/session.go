package operator

import (
	"context"
	"crypto/subtle"
	"time"

	"fairground/api/operator/gen"
	"fairground/operators"
)

// SignIn exchanges e-mail, password and second factor for a session.
func (s *Server) SignIn(ctx context.Context, r gen.SignInRequestObject) (gen.SignInResponseObject, error) {
	call := callOf(ctx)
	session, err := s.Operators.SignIn(ctx, operators.SignIn{
		Email: r.Body.Email, Password: r.Body.Password, Code: text(r.Body.Code), RequestID: call.RequestID,
	})
	if err != nil {
		return nil, err
	}
	body, cookie := signedIn(call, session, r.Body.Transport)
	return gen.SignIn200JSONResponse{Body: body, Headers: gen.SignIn200ResponseHeaders{SetCookie: cookie}}, nil
}

// AcceptInvitation gives an invited operator a password and a session.
func (s *Server) AcceptInvitation(ctx context.Context, r gen.AcceptInvitationRequestObject) (gen.AcceptInvitationResponseObject, error) {
	session, err := s.Operators.Accept(ctx, r.Body.Token, r.Body.Password)
	if err != nil {
		return nil, err
	}
	body, cookie := signedIn(callOf(ctx), session, r.Body.Transport)
	return gen.AcceptInvitation200JSONResponse{Body: body, Headers: gen.AcceptInvitation200ResponseHeaders{SetCookie: cookie}}, nil
}

// StartOIDC leads to the identity provider, and remembers in the browser that it began here.
func (s *Server) StartOIDC(ctx context.Context, r gen.StartOIDCRequestObject) (gen.StartOIDCResponseObject, error) {
	url, state, err := s.Operators.OIDCLogin(ctx, r.Params.Tenant)
	if err != nil {
		return nil, err
	}
	return gen.StartOIDC303Response{Headers: gen.StartOIDC303ResponseHeaders{Location: url, SetCookie: callOf(ctx).stateCookie(state)}}, nil
}

// FinishOIDC signs in an operator whom the identity provider vouches for. A state that another
// browser began with is refused, or a stranger could sign somebody in as himself.
func (s *Server) FinishOIDC(ctx context.Context, r gen.FinishOIDCRequestObject) (gen.FinishOIDCResponseObject, error) {
	call := callOf(ctx)
	if call.OIDCState == "" || subtle.ConstantTimeCompare([]byte(call.OIDCState), []byte(r.Params.State)) != 1 {
		return nil, operators.ErrInvalidState
	}
	session, err := s.Operators.OIDCCallback(ctx, r.Params.State, r.Params.Code)
	if err != nil {
		return nil, err
	}
	body, cookie := signedIn(call, session, nil)
	return gen.FinishOIDC200JSONResponse{Body: body, Headers: gen.FinishOIDC200ResponseHeaders{SetCookie: cookie}}, nil
}

// SignOut ends the caller's session, or all of them.
func (s *Server) SignOut(ctx context.Context, r gen.SignOutRequestObject) (gen.SignOutResponseObject, error) {
	call := callOf(ctx)
	end := s.Operators.SignOut
	if r.Params.Everywhere != nil && *r.Params.Everywhere {
		end = s.Operators.SignOutEverywhere
	}
	if err := end(ctx, call.Authority); err != nil {
		return nil, err
	}
	return gen.SignOut204Response{Headers: gen.SignOut204ResponseHeaders{SetCookie: call.sessionCookie("", time.Time{})}}, nil
}

// StepUp notes a second factor for what needs one.
func (s *Server) StepUp(ctx context.Context, r gen.StepUpRequestObject) (gen.StepUpResponseObject, error) {
	a, err := s.Operators.StepUp(ctx, authorityOf(ctx), r.Body.Code)
	if err != nil {
		return nil, err
	}
	return gen.StepUp200JSONResponse(me(a)), nil
}

// signedIn renders a session. A browser gets the token in a cookie only, where no script can read
// it; a program gets it in the answer only.
func signedIn(call Call, session operators.Session, transport *gen.Transport) (gen.SignedIn, *string) {
	out := gen.SignedIn{ExpiresAt: session.ExpiresAt.UTC(), Csrf: session.CSRF, Operator: me(session.Authority)}
	if transport != nil && *transport == gen.Bearer {
		out.Token = &session.Token
		return out, nil
	}
	return out, call.sessionCookie(session.Token, session.ExpiresAt)
}
