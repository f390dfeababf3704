package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"fairground/internal/clock"
)

// what becomes of a wish when nothing goes wrong
type wanted int

const (
	pay      wanted = iota
	refuse          // the gateway will not pay there
	takeBack        // its player changes his mind
	reject          // a reviewer says no
)

// wish is a withdrawal that a player wants.
type wish struct {
	n      int
	amount int64 // of no other wish
	fate   wanted
	id     string // once it was acknowledged
	said   string // the last answer
}

// key is the wish's idempotency key.
func (w wish) key() string { return fmt.Sprintf("storm-%d", w.n) }

// player withdraws over HTTP.
type player struct {
	id            int64
	n             int
	token         string
	deposit       int64
	good, refused string // addresses
	wishes        []wish
}

func (p *player) pin() string { return fmt.Sprintf("73%04d9", p.n) }

// equip prepares the player by the calls that a person's program makes.
func (p *player) equip(ctx context.Context, s *storm) error {
	if err := s.api.must(ctx, request{method: http.MethodPut, path: "/v1/me/safety/pin", token: p.token, in: map[string]string{"pin": p.pin()}}, nil); err != nil {
		return err
	}
	for to, address := range map[string]*string{"acct": &p.good, "refuse": &p.refused} {
		var made struct{ Address string }
		err := s.api.must(ctx, request{method: http.MethodPost, path: "/v1/me/addresses", token: p.token, in: map[string]string{
			"gateway": s.account, "asset": stormAsset, "label": to, "destination": fmt.Sprintf("%s-%d", to, p.n), "code": p.pin(),
		}}, &made)
		if err != nil {
			return err
		}
		*address = made.Address
	}
	for _, w := range p.wishes {
		p.deposit += w.amount
	}
	p.deposit += int64(p.n) // some of it stays
	return p.topUp(ctx, s)
}

// topUp deposits through the gateway and waits for the credit.
func (p *player) topUp(ctx context.Context, s *storm) error {
	path := "/v1/groups/" + s.group + "/deposits"
	var made struct{ Deposit, Status string }
	err := s.api.must(ctx, request{
		method: http.MethodPost, path: path, token: p.token, key: "storm-deposit",
		in: map[string]any{"gateway": s.account, "asset": stormAsset, "amount": p.deposit},
	}, &made)
	if err != nil {
		return err
	}
	if err := s.sandbox.must(ctx, request{method: http.MethodPost, path: "/sim/pay", in: map[string]string{"intent": made.Deposit, "act": "pay"}}, nil); err != nil {
		return err
	}
	for made.Status != "credited" {
		if err := clock.Sleep(ctx, clock.System(), 100*time.Millisecond); err != nil {
			return fmt.Errorf("the deposit is %s: %w", made.Status, err)
		}
		if err := s.api.must(ctx, request{method: http.MethodGet, path: path + "/" + made.Deposit, token: p.token}, &made); err != nil {
			return err
		}
	}
	return nil
}

// play asks for everything the player wishes. Every fourth request is sent twice at once, and what was not answered is sent
// again with its key.
func (p *player) play(ctx context.Context, s *storm) {
	path := "/v1/groups/" + s.group + "/withdrawals"
	dice := rand.New(rand.NewPCG(uint64(p.n), 2))
	for i := range p.wishes {
		w := &p.wishes[i]
		to := p.good
		if w.fate == refuse {
			to = p.refused
		}
		in := map[string]any{"asset": stormAsset, "amount": w.amount, "address": to, "code": p.pin()}
		var twin sync.WaitGroup
		if w.n%4 == 0 {
			twin.Go(func() { s.api.call(ctx, http.MethodPost, path, p.token, w.key(), in) })
		}
		got := s.api.surely(ctx, http.MethodPost, path, p.token, w.key(), in)
		twin.Wait()
		w.said = fmt.Sprintf("%d %s", got.status, got.body)
		var made struct{ Withdrawal string }
		if got.status == http.StatusCreated && got.into(&made) == nil {
			w.id = made.Withdrawal
		}
		if w.fate == takeBack && w.id != "" {
			got = s.api.surely(ctx, http.MethodPost, path+"/"+w.id+"/cancel", p.token, "", nil)
			w.said = fmt.Sprintf("%d %s", got.status, got.body)
		}
		if clock.Sleep(ctx, clock.System(), time.Duration(dice.IntN(100))*time.Millisecond) != nil {
			return
		}
	}
}

// into reads the answer's body.
func (a answer) into(out any) error {
	if err := json.Unmarshal(a.body, out); err != nil {
		return fmt.Errorf("read %s: %w", a.body, err)
	}
	return nil
}
