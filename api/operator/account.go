package operator

import (
	"context"

	"fairground/api/operator/gen"
	"fairground/operators"
)

// GetMe shows the caller.
func (s *Server) GetMe(ctx context.Context, _ gen.GetMeRequestObject) (gen.GetMeResponseObject, error) {
	return gen.GetMe200JSONResponse(me(authorityOf(ctx))), nil
}

func me(a operators.Authority) gen.Me {
	out := gen.Me{
		Operator: a.OperatorID, Tenant: a.TenantID, Name: a.Name, Roles: roles(a.Roles), Permissions: []string{},
		Via: gen.MeVia(a.Via), Csrf: a.CSRF, StepUpUntil: when(a.StepUpUntil),
	}
	for _, p := range operators.Permissions() {
		if a.May(p) {
			out.Permissions = append(out.Permissions, string(p))
		}
	}
	return out
}

// ChangePassword changes the caller's password.
func (s *Server) ChangePassword(ctx context.Context, r gen.ChangePasswordRequestObject) (gen.ChangePasswordResponseObject, error) {
	if err := s.Operators.ChangePassword(ctx, authorityOf(ctx), r.Body.Old, r.Body.New); err != nil {
		return nil, err
	}
	return gen.ChangePassword204Response{}, nil
}

// EnrolTOTP begins with a second factor.
func (s *Server) EnrolTOTP(ctx context.Context, r gen.EnrolTOTPRequestObject) (gen.EnrolTOTPResponseObject, error) {
	password := "" // fine for a fresh single sign-on
	if r.Body.Password != nil {
		password = *r.Body.Password
	}
	e, err := s.Operators.EnrolTOTP(ctx, authorityOf(ctx), password)
	if err != nil {
		return nil, err
	}
	return gen.EnrolTOTP201JSONResponse{Secret: e.Secret, Url: e.URL}, nil
}

// ConfirmTOTP ends the enrolment with the app's first code.
func (s *Server) ConfirmTOTP(ctx context.Context, r gen.ConfirmTOTPRequestObject) (gen.ConfirmTOTPResponseObject, error) {
	codes, err := s.Operators.ConfirmTOTP(ctx, authorityOf(ctx), r.Body.Code)
	if err != nil {
		return nil, err
	}
	return gen.ConfirmTOTP200JSONResponse{RecoveryCodes: codes}, nil
}

// NewRecoveryCodes replaces the recovery codes.
func (s *Server) NewRecoveryCodes(ctx context.Context, _ gen.NewRecoveryCodesRequestObject) (gen.NewRecoveryCodesResponseObject, error) {
	codes, err := s.Operators.NewRecoveryCodes(ctx, authorityOf(ctx))
	if err != nil {
		return nil, err
	}
	return gen.NewRecoveryCodes200JSONResponse{RecoveryCodes: codes}, nil
}

// LinkTelegram makes a code that the bot takes.
func (s *Server) LinkTelegram(ctx context.Context, _ gen.LinkTelegramRequestObject) (gen.LinkTelegramResponseObject, error) {
	code, err := s.Operators.LinkCode(ctx, authorityOf(ctx))
	if err != nil {
		return nil, err
	}
	return gen.LinkTelegram201JSONResponse{Code: code}, nil
}

// UnlinkTelegram forgets the caller's Telegram account.
func (s *Server) UnlinkTelegram(ctx context.Context, _ gen.UnlinkTelegramRequestObject) (gen.UnlinkTelegramResponseObject, error) {
	if err := s.Operators.UnlinkTelegram(ctx, authorityOf(ctx)); err != nil {
		return nil, err
	}
	return gen.UnlinkTelegram204Response{}, nil
}
