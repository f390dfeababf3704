package operator

import (
	"context"

	"fairground/api/operator/gen"
	"fairground/cashier"
)

// GetCashierSettings shows the cashier's settings.
func (s *Server) GetCashierSettings(ctx context.Context, _ gen.GetCashierSettingsRequestObject) (gen.GetCashierSettingsResponseObject, error) {
	now, err := s.Cashier.Settings(ctx, authorityOf(ctx).Tenant)
	if err != nil {
		return nil, err
	}
	return gen.GetCashierSettings200JSONResponse(settings(now)), nil
}

// SetCashierSettings changes those of the cashier's settings that are given.
func (s *Server) SetCashierSettings(ctx context.Context, r gen.SetCashierSettingsRequestObject) (gen.SetCashierSettingsResponseObject, error) {
	a := authorityOf(ctx)
	now, err := s.Cashier.Settings(ctx, a.Tenant)
	if err != nil {
		return nil, err
	}
	for field, given := range map[*int64]*int64{
		&now.ReviewChat: r.Body.ReviewChat, &now.ReviewTopic: r.Body.ReviewTopic,
	} {
		if given != nil {
			*field = *given
		}
	}
	if err := s.Cashier.SetSettings(ctx, a, now, r.Body.Reason); err != nil {
		return nil, err
	}
	if now, err = s.Cashier.Settings(ctx, a.Tenant); err != nil {
		return nil, err
	}
	return gen.SetCashierSettings200JSONResponse(settings(now)), nil
}

func settings(c cashier.Settings) gen.CashierSettings {
	return gen.CashierSettings{ReviewChat: c.ReviewChat, ReviewTopic: c.ReviewTopic}
}
