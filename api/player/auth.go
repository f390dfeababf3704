package player

import (
	"context"

	"fairground/api/gen"
	"fairground/players"
)

// LoginWithCode exchanges a one-time code for a token.
func (s *Server) LoginWithCode(ctx context.Context, r gen.LoginWithCodeRequestObject) (gen.LoginWithCodeResponseObject, error) {
	session, err := s.players.RedeemLoginCode(ctx, r.Body.Code)
	if err != nil {
		return nil, err
	}
	return gen.LoginWithCode200JSONResponse{SignedInJSONResponse: signedIn(session)}, nil
}

// LoginWithInitData exchanges a Mini App's initData for a token.
func (s *Server) LoginWithInitData(ctx context.Context, r gen.LoginWithInitDataRequestObject) (gen.LoginWithInitDataResponseObject, error) {
	session, err := s.players.SessionFromInitData(ctx, r.Body.Bot, r.Body.InitData)
	if err != nil {
		return nil, err
	}
	return gen.LoginWithInitData200JSONResponse{SignedInJSONResponse: signedIn(session)}, nil
}

// Logout revokes the caller's token.
func (s *Server) Logout(ctx context.Context, _ gen.LogoutRequestObject) (gen.LogoutResponseObject, error) {
	if err := s.players.Revoke(ctx, callerOf(ctx).Token); err != nil {
		return nil, err
	}
	return gen.Logout204Response{}, nil
}

func signedIn(s players.Session) gen.SignedInJSONResponse {
	return gen.SignedInJSONResponse{Token: s.Token, ExpiresAt: s.ExpiresAt.UTC(), Player: s.Player}
}
