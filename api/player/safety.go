package player

import (
	"context"

	"fairground/api/gen"
)

// GetSafety shows the caller's credential and restrictions.
func (s *Server) GetSafety(ctx context.Context, _ gen.GetSafetyRequestObject) (gen.GetSafetyResponseObject, error) {
	out, err := s.safety(ctx)
	if err != nil {
		return nil, err
	}
	return gen.GetSafety200JSONResponse(out), nil
}

func (s *Server) safety(ctx context.Context) (gen.Safety, error) {
	c := callerOf(ctx)
	credential, err := s.players.Credentials(ctx, c.Tenant, c.Player)
	if err != nil {
		return gen.Safety{}, err
	}
	r, err := s.players.Restrictions(ctx, c.Tenant, c.Player)
	if err != nil {
		return gen.Safety{}, err
	}
	return gen.Safety{
		HasPin: credential.HasPIN, HasTotp: credential.HasTOTP, CredentialChangedAt: moment(credential.ChangedAt),
		LockedUntil: moment(credential.LockedUntil), ExcludedUntil: moment(r.ExcludedUntil), Frozen: r.Frozen, Kyc: gen.KYCStatus(r.KYC),
	}, nil
}

// SetPIN sets or changes the caller's PIN.
func (s *Server) SetPIN(ctx context.Context, r gen.SetPINRequestObject) (gen.SetPINResponseObject, error) {
	c := callerOf(ctx)
	if err := s.players.SetPIN(ctx, c.Tenant, c.Player, word(r.Body.Old), r.Body.Pin); err != nil {
		return nil, err
	}
	return gen.SetPIN204Response{}, nil
}

// EnrolTOTP begins with an authenticator app.
func (s *Server) EnrolTOTP(ctx context.Context, r gen.EnrolTOTPRequestObject) (gen.EnrolTOTPResponseObject, error) {
	c := callerOf(ctx)
	old := ""
	if r.Body != nil {
		old = word(r.Body.Old)
	}
	e, err := s.players.EnrolTOTP(ctx, c.Tenant, c.Player, old)
	if err != nil {
		return nil, err
	}
	return gen.EnrolTOTP201JSONResponse{Secret: e.Secret, Url: e.URL}, nil
}

// ConfirmTOTP ends the enrolment with the app's first code.
func (s *Server) ConfirmTOTP(ctx context.Context, r gen.ConfirmTOTPRequestObject) (gen.ConfirmTOTPResponseObject, error) {
	c := callerOf(ctx)
	if err := s.players.ConfirmTOTP(ctx, c.Tenant, c.Player, r.Body.Code); err != nil {
		return nil, err
	}
	return gen.ConfirmTOTP204Response{}, nil
}

// ExcludeMe keeps the caller from depositing and betting for a while.
func (s *Server) ExcludeMe(ctx context.Context, r gen.ExcludeMeRequestObject) (gen.ExcludeMeResponseObject, error) {
	c := callerOf(ctx)
	if err := s.players.Exclude(ctx, c.Tenant, c.Player, r.Body.Until); err != nil {
		return nil, err
	}
	out, err := s.safety(ctx)
	if err != nil {
		return nil, err
	}
	return gen.ExcludeMe200JSONResponse(out), nil
}

// StartKYC begins the caller's identity check.
func (s *Server) StartKYC(ctx context.Context, _ gen.StartKYCRequestObject) (gen.StartKYCResponseObject, error) {
	c := callerOf(ctx)
	session, err := s.players.StartKYC(ctx, c.Tenant, c.Player)
	if err != nil {
		return nil, err
	}
	return gen.StartKYC201JSONResponse{Url: session.URL}, nil
}
