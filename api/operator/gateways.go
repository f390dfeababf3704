package operator

import (
	"context"
	"maps"
	"slices"
	"time"

	"fairground/api/operator/gen"
	"fairground/cashier"
	"fairground/cashier/gateway"
)

// ListGateways shows the gateway accounts.
func (s *Server) ListGateways(ctx context.Context, _ gen.ListGatewaysRequestObject) (gen.ListGatewaysResponseObject, error) {
	list, err := s.Cashier.Accounts(ctx, authorityOf(ctx).Tenant)
	if err != nil {
		return nil, err
	}
	return gen.ListGateways200JSONResponse{Gateways: each(list, account)}, nil
}

// ListGatewayKinds shows what gateways there are and what each needs to know.
func (s *Server) ListGatewayKinds(context.Context, gen.ListGatewayKindsRequestObject) (gen.ListGatewayKindsResponseObject, error) {
	kinds := cashier.Kinds()
	out := gen.GatewayKindList{Kinds: []gen.GatewayKind{}}
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		out.Kinds = append(out.Kinds, gen.GatewayKind{
			Kind: name, Title: kinds[name].Title,
			Fields: each(kinds[name].Fields(), func(f gateway.Field) gen.GatewayField {
				return gen.GatewayField{Name: f.Name, Title: f.Title, Secret: f.Secret, Required: f.Required}
			}),
		})
	}
	return gen.ListGatewayKinds200JSONResponse(out), nil
}

// AddGateway adds a gateway account.
func (s *Server) AddGateway(ctx context.Context, r gen.AddGatewayRequestObject) (gen.AddGatewayResponseObject, error) {
	in := cashier.NewAccount{Kind: r.Body.Kind, Title: r.Body.Title, Assets: r.Body.Assets, Values: values(r.Body.Values), Reason: r.Body.Reason}
	if n := r.Body.MinConfirmations; n != nil {
		in.MinConfirmations = int(*n)
	}
	if n := r.Body.IntentSeconds; n != nil {
		in.IntentTTL = seconds(*n)
	}
	if n := r.Body.LateCreditSeconds; n != nil {
		in.LateCredit = seconds(*n)
	}
	a, err := s.Cashier.AddAccount(ctx, authorityOf(ctx), in)
	if err != nil {
		return nil, err
	}
	return gen.AddGateway201JSONResponse(account(a)), nil
}

// SetGateway changes what is given of a gateway account.
func (s *Server) SetGateway(ctx context.Context, r gen.SetGatewayRequestObject) (gen.SetGatewayResponseObject, error) {
	b := r.Body
	change := cashier.AccountChange{
		Title: b.Title, Values: values(b.Values), Enabled: b.Enabled, Deposits: b.Deposits, Payouts: b.Payouts, Reason: b.Reason,
		IntentTTL: duration(b.IntentSeconds), LateCredit: duration(b.LateCreditSeconds),
	}
	if b.Assets != nil {
		change.Assets = *b.Assets
	}
	if b.MinConfirmations != nil {
		n := int(*b.MinConfirmations)
		change.MinConfirmations = &n
	}
	a, err := s.Cashier.SetAccount(ctx, authorityOf(ctx), r.Gateway, change)
	if err != nil {
		return nil, err
	}
	return gen.SetGateway200JSONResponse(account(a)), nil
}

func values(given *map[string]string) map[string]string {
	if given == nil {
		return nil
	}
	return *given
}

func duration(n *int64) *time.Duration {
	if n == nil {
		return nil
	}
	d := max(seconds(*n), 0)
	return &d
}

func account(a cashier.Account) gen.Gateway {
	return gen.Gateway{
		Gateway: a.ID, Kind: a.Kind, Title: a.Title, Assets: list(a.Assets), Enabled: a.Enabled, Deposits: a.Deposits, Payouts: a.Payouts,
		Refunds: a.Refunds, Settings: list(a.Settings), MinConfirmations: small(a.MinConfirmations), IntentSeconds: whole(a.IntentTTL),
		LateCreditSeconds: whole(a.LateCredit), Hook: "/v1/hooks/payments/" + a.ID, Version: small(a.Version),
		CreatedAt: a.CreatedAt.UTC(), UpdatedAt: a.UpdatedAt.UTC(),
	}
}
