package chaos

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"fairground/internal/clock"
	"fairground/internal/gatewaysim"
	"fairground/models"
)

// reviewer is an operator at the desk who decides one stage over HTTP.
type reviewer struct {
	name, email, password string
	role                  models.Role
	stage                 models.WithdrawalStatus
	token, totp           string

	mu      sync.Mutex
	decided map[string]int // answers by what they said
}

// item is what an operator reads of a withdrawal.
type item struct {
	ID      string                  `json:"withdrawal"`
	Status  models.WithdrawalStatus `json:"status"`
	Version int                     `json:"version"`
	Amount  struct {
		Amount int64 `json:"amount"`
	} `json:"amount"`
}

// signIn signs in with the password, then gets a second factor as an authenticator app would.
func (o *reviewer) signIn(t *testing.T, a *api) {
	t.Helper()
	o.decided = map[string]int{}
	var session struct{ Token string }
	require.NoError(t, a.must(t.Context(), request{
		method: http.MethodPost, path: "/v1/operator/auth/sign-in",
		in: map[string]string{"email": o.email, "password": o.password, "transport": "bearer"},
	}, &session))
	o.token = session.Token
	var device struct{ Secret string }
	require.NoError(t, a.must(t.Context(), request{
		method: http.MethodPost, path: "/v1/operator/me/totp", token: o.token, in: map[string]string{"password": o.password},
	}, &device))
	o.totp = device.Secret
	code, err := totp.GenerateCode(o.totp, time.Now())
	require.NoError(t, err)
	require.NoError(t, a.must(t.Context(), request{
		method: http.MethodPost, path: "/v1/operator/me/totp/confirm", token: o.token, in: map[string]string{"code": code},
	}, nil))
}

// work decides what waits for the operator, again and again until ctx ends.
func (o *reviewer) work(ctx context.Context, s *storm) {
	for clock.Sleep(ctx, clock.System(), 200*time.Millisecond) == nil {
		var held map[string]gatewaysim.Payout
		if o.stage == models.WithdrawalUnknown {
			held = s.held(ctx)
			if held == nil {
				continue
			}
		}
		items := o.list(ctx, s.api)
		hands := make(chan struct{}, 6)
		var busy sync.WaitGroup
		for _, it := range items {
			hands <- struct{}{}
			busy.Go(func() {
				defer func() { <-hands }()
				if o.stage == models.WithdrawalUnknown {
					o.resolve(ctx, s.api, it, held)
				} else {
					o.review(ctx, s.api, it)
				}
			})
		}
		busy.Wait()
	}
}

// list reads what waits for the operator; of the unknown ones only those that a person was asked about.
func (o *reviewer) list(ctx context.Context, a *api) []item {
	query := url.Values{"status": {string(o.stage)}, "limit": {"100"}, "sort": {"requested_at"}}
	if o.stage == models.WithdrawalUnknown {
		query.Set("escalated", "true")
	}
	got := a.call(ctx, http.MethodGet, "/v1/operator/withdrawals?"+query.Encode(), o.token, "", nil)
	var page struct{ Withdrawals []item }
	if got.status != http.StatusOK || got.into(&page) != nil {
		o.count(fmt.Sprintf("list %d %s", got.status, got.code()))
		return nil
	}
	return page.Withdrawals
}

// review approves, or rejects what the storm wants rejected: half of it at each stage.
func (o *reviewer) review(ctx context.Context, a *api, it item) {
	in := map[string]any{"version": it.Version, "verdict": "approve"}
	n := int(it.Amount.Amount - stormAmount)
	last := o.stage == models.WithdrawalSecondaryReview
	if n >= stormPayouts && n%2 == 1 && last == (n%4 == 1) {
		in = map[string]any{"version": it.Version, "verdict": "reject", "reason_code": "RISK_BLOCK", "reason": "The storm says so"}
	}
	o.decide(ctx, a, it, "decisions", in)
}

// resolve says what the gateway's own list says. What is not there was never paid, so it is sent again under its key.
func (o *reviewer) resolve(ctx context.Context, a *api, it item, held map[string]gatewaysim.Payout) {
	in := map[string]any{"version": it.Version, "verdict": "retry", "reason": "The gateway's list says so"}
	switch held[it.ID].State {
	case "":
	case "paid":
		in["verdict"], in["gateway_ref"] = "pay_confirmed", held[it.ID].Ref
	case "failed":
		in["verdict"], in["reason_code"] = "pay_failed", "OTHER"
	default:
		return
	}
	o.decide(ctx, a, it, "resolutions", in)
}

func (o *reviewer) decide(ctx context.Context, a *api, it item, what string, in map[string]any) {
	key := fmt.Sprintf("storm-%s-%s-%d", o.name, it.ID, it.Version)
	got := a.surely(ctx, http.MethodPost, "/v1/operator/withdrawals/"+it.ID+"/"+what, o.token, key, in)
	o.count(fmt.Sprintf("%v %d %s", in["verdict"], got.status, got.code()))
	if got.code() == "operators.step_up_required" {
		o.stepUp(ctx, a)
	}
}

// stepUp shows the second factor again. A code counts once, so a refusal is tried again in the next pass.
func (o *reviewer) stepUp(ctx context.Context, a *api) {
	o.mu.Lock()
	defer o.mu.Unlock()
	code, err := totp.GenerateCode(o.totp, time.Now())
	if err != nil {
		return
	}
	a.call(ctx, http.MethodPost, "/v1/operator/auth/step-up", o.token, "", map[string]string{"code": code})
}

func (o *reviewer) count(said string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.decided[said]++
}

// held is what the gateway holds by key; nil while it does not say.
func (s *storm) held(ctx context.Context) map[string]gatewaysim.Payout {
	got := s.sandbox.call(ctx, http.MethodGet, "/sim/payouts", "", "", nil)
	var list struct{ Payouts []gatewaysim.Payout }
	if got.status != http.StatusOK || got.into(&list) != nil {
		return nil
	}
	held := map[string]gatewaysim.Payout{}
	for _, p := range list.Payouts {
		held[p.Key] = p
	}
	return held
}
