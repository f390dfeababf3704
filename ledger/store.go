package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"
)

// ok is the code of an accepted request.
const ok = "ok"

// outcome is what a posting function answers with, and what a key remembers.
type outcome struct {
	Code     string    `json:"code"`
	Transfer int64     `json:"transfer"`
	At       time.Time `json:"at"`
	Replayed bool      `json:"replayed"`
	Balance  int64     `json:"balance"`
	Needed   int64     `json:"needed"`
	Cap      int64     `json:"cap"`
	Debt     int64     `json:"debt"`
}

// request calls one posting function in one round trip and reads its outcome.
func (l *Ledger) request(ctx context.Context, tenant int64, act, sql string, args ...any) (Receipt, error) {
	var raw []byte
	if err := l.db.Call(ctx, tenant, sql, args, &raw); err != nil {
		return Receipt{}, meaning(act, err)
	}
	var o outcome
	if err := json.Unmarshal(raw, &o); err != nil {
		return Receipt{}, fmt.Errorf("ledger: %s: read the outcome: %w", act, err)
	}
	if o.Code != ok {
		return Receipt{}, refusal(o)
	}
	return Receipt{Transfer: o.Transfer, At: o.At.UTC(), Replayed: o.Replayed, Balance: o.Balance, Debt: o.Debt}, nil
}

// fingerprint is the hash of a request's payload. Every part is led by its length, so that no
// two payloads run together into the same bytes.
func fingerprint(parts ...any) []byte {
	h := sha256.New()
	for _, part := range parts {
		text := fmt.Sprint(part)
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(text)))
		h.Write(size[:])
		h.Write([]byte(text))
	}
	return h.Sum(nil)
}
