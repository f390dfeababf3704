package operator

import (
	"context"
	"strconv"
	"strings"
	"time"

	"fairground/api/operator/gen"
	"fairground/cashier"
)

// ListPolicies shows the cash policies.
func (s *Server) ListPolicies(ctx context.Context, _ gen.ListPoliciesRequestObject) (gen.ListPoliciesResponseObject, error) {
	list, err := s.Cashier.Policies(ctx, authorityOf(ctx).Tenant)
	if err != nil {
		return nil, err
	}
	return gen.ListPolicies200JSONResponse{Policies: each(list, policy)}, nil
}

// GetPolicy shows the cash policy of an asset.
func (s *Server) GetPolicy(ctx context.Context, r gen.GetPolicyRequestObject) (gen.GetPolicyResponseObject, error) {
	p, err := s.Cashier.Policy(ctx, authorityOf(ctx).Tenant, r.Asset)
	if err != nil {
		return nil, err
	}
	return gen.GetPolicy200JSONResponse{Body: policy(p), Headers: gen.GetPolicy200ResponseHeaders{ETag: policyTag(p)}}, nil
}

// SetPolicy replaces the cash policy of an asset that the caller has read.
func (s *Server) SetPolicy(ctx context.Context, r gen.SetPolicyRequestObject) (gen.SetPolicyResponseObject, error) {
	a := authorityOf(ctx)
	version, err := policyVersion(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	b := r.Body
	p, err := s.Cashier.SetPolicy(ctx, a, cashier.Policy{
		Asset: r.Asset, Version: version, Enabled: b.Enabled, MinAmount: b.MinAmount, MaxAmount: b.MaxAmount, DailyAmount: b.DailyAmount,
		AutoBelow: b.AutoBelow, SingleBelow: b.SingleBelow, StepUpAbove: b.StepUpAbove,
		Claim: seconds(b.ClaimSeconds), Escalate: seconds(b.EscalateAfterSeconds), Expire: seconds(b.ExpireAfterSeconds),
		KYCLevel: int(b.KycLevel), MinAge: int(b.MinAge), Markets: b.Markets,
		Cooldown: seconds(b.CredentialCooldownSeconds), AddressWait: seconds(b.AddressWaitSeconds),
	}, b.Reason)
	if err != nil {
		return nil, err
	}
	return gen.SetPolicy200JSONResponse{Body: policy(p), Headers: gen.SetPolicy200ResponseHeaders{ETag: policyTag(p)}}, nil
}

// policyTag changes whenever the policy was written.
func policyTag(p cashier.Policy) string { return `"` + strconv.Itoa(p.Version) + `"` }

// policyVersion is the version that a tag names; the database compares it. No policy has any other tag.
func policyVersion(tag string) (int, error) {
	inner, closed := strings.CutSuffix(tag, `"`)
	inner, opened := strings.CutPrefix(inner, `"`)
	version, err := strconv.Atoi(inner)
	if err != nil || !opened || !closed || version < 0 {
		return 0, cashier.ErrStale
	}
	return version, nil
}

func policy(p cashier.Policy) gen.Policy {
	markets := p.Markets
	if markets == nil {
		markets = []string{}
	}
	return gen.Policy{
		Asset: p.Asset, Scale: small(p.Scale), Enabled: p.Enabled, MinAmount: p.MinAmount, MaxAmount: p.MaxAmount, DailyAmount: p.DailyAmount,
		AutoBelow: p.AutoBelow, SingleBelow: p.SingleBelow, StepUpAbove: p.StepUpAbove,
		ClaimSeconds: whole(p.Claim), EscalateAfterSeconds: whole(p.Escalate), ExpireAfterSeconds: whole(p.Expire),
		KycLevel: small(p.KYCLevel), MinAge: small(p.MinAge), Markets: markets,
		CredentialCooldownSeconds: whole(p.Cooldown), AddressWaitSeconds: whole(p.AddressWait),
		UpdatedAt: when(p.UpdatedAt), UpdatedBy: optional(p.UpdatedBy), WaitingItems: int64(p.WaitingItems),
	}
}

// maxSeconds is a century: what a duration can hold, and more than any policy takes.
const maxSeconds = 100 * 366 * 24 * 60 * 60

func seconds(n int64) time.Duration { return time.Duration(min(n, maxSeconds)) * time.Second }

func whole(d time.Duration) int64 { return int64(d / time.Second) }
