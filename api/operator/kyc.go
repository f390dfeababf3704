package operator

import (
	"context"

	"fairground/api/operator/gen"
	"fairground/players"
)

// ListKYCAccounts shows the accounts at identity providers.
func (s *Server) ListKYCAccounts(ctx context.Context, _ gen.ListKYCAccountsRequestObject) (gen.ListKYCAccountsResponseObject, error) {
	list, err := s.Players.KYCAccounts(ctx, authorityOf(ctx).Tenant)
	if err != nil {
		return nil, err
	}
	return gen.ListKYCAccounts200JSONResponse{Accounts: each(list, kycAccount)}, nil
}

// ConfigureKYC chooses the identity provider.
func (s *Server) ConfigureKYC(ctx context.Context, r gen.ConfigureKYCRequestObject) (gen.ConfigureKYCResponseObject, error) {
	a, err := s.Players.ConfigureKYC(ctx, actor(authorityOf(ctx), r.Body.Reason), players.KYCSettings{
		Provider: r.Body.Provider, Values: values(r.Body.Values), Enabled: r.Body.Enabled,
	})
	if err != nil {
		return nil, err
	}
	return gen.ConfigureKYC200JSONResponse(kycAccount(a)), nil
}

func kycAccount(a players.KYCAccount) gen.KYCAccount {
	return gen.KYCAccount{Account: a.ID, Provider: a.Provider, Enabled: a.Enabled, Hook: "/v1/hooks/kyc/" + a.ID}
}
