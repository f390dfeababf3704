package conformance_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"fairground/providers/seamless"
)

// The faults that can be planted in the reference wallet.
const (
	noFault            = ""
	wrongSignature     = "accepts a wrong signature"
	winTwice           = "credits a duplicate win twice"
	betTwice           = "takes a duplicate bet twice"
	noRollback         = "ignores rollback"
	rollbackTwice      = "rolls back twice"
	forgetsRollback    = "forgets a rollback before its bet"
	expiryOfWins       = "checks the token's expiry on wins"
	negativeAmounts    = "allows negative amounts"
	otherPayload       = "accepts the same uuid with another payload"
	belowZero          = "lets the balance go below zero in parallel"
	referenceProvider  = "pv_reference"
	referenceSecret    = "the reference's secret"
	referenceToken     = "live-token"
	referenceExpired   = "expired-token"
	referenceBalance   = 5000
	referencePlayer    = "u_reference"
	referenceGame      = "coin"
	referenceStakeMost = 1000
)

// done is a transaction that was answered for good.
type done struct {
	meaning string
	answer  []byte
	call    seamless.Call
	request seamless.Request
	undone  bool
	paid    bool
}

// reference is the shortest wallet that keeps the protocol, in memory, for one player. One fault can be planted in it.
type reference struct {
	fault string

	mu      sync.Mutex
	balance int64
	done    map[string]*done
	undone  map[string]bool // references of rollbacks
	rounds  map[string]bool // true: ended
	nonces  map[string]string
}

func newReference(fault string) *reference {
	return &reference{
		fault: fault, balance: referenceBalance, done: map[string]*done{}, undone: map[string]bool{}, rounds: map[string]bool{}, nonces: map[string]string{},
	}
}

func (w *reference) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	call := seamless.Call(strings.TrimPrefix(r.URL.Path, "/wallet/v1/"))
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	_, _ = out.Write(w.answer(call, r.Header, body))
}

func text(a seamless.Answer) []byte {
	b, err := json.Marshal(a)
	if err != nil {
		panic(err)
	}
	return b
}

func code(c seamless.Code) []byte { return text(seamless.Answer{Code: c}) }

func invalid(field string) []byte {
	return text(seamless.Answer{Code: seamless.InvalidRequest, Field: field})
}

func (w *reference) answer(call seamless.Call, header http.Header, body []byte) []byte {
	if w.fault != wrongSignature && !seamless.Genuine([][]byte{[]byte(referenceSecret)}, header, call, body) {
		return code(seamless.InvalidSignature)
	}
	if !seamless.Fresh(header, time.Now()) {
		return code(seamless.StaleRequest)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	nonce, bytes := header.Get(seamless.NonceHeader), string(call)+string(body)
	if known, ok := w.nonces[nonce]; ok && known != bytes {
		return code(seamless.NonceReused)
	}
	w.nonces[nonce] = bytes
	request, wrong := w.parse(call, body)
	if wrong != "" {
		return invalid(wrong)
	}
	if request.Token != referenceToken && request.Token != referenceExpired {
		return code(seamless.TokenInvalid)
	}
	switch call {
	case seamless.Authenticate:
		return w.money(seamless.Answer{Code: seamless.OK, Player: referencePlayer, Game: referenceGame, Asset: "points"})
	case seamless.Balance:
		return w.money(seamless.Answer{Code: seamless.OK})
	case seamless.Close:
		if _, began := w.rounds[request.Round]; !began {
			return code(seamless.RoundNotFound)
		}
		w.rounds[request.Round] = true
		return text(seamless.Answer{Code: seamless.OK, Round: request.Round})
	default:
		return w.transact(call, request)
	}
}

func (w *reference) money(a seamless.Answer) []byte {
	balance := w.balance
	a.Balance = &balance
	return text(a)
}

// parse is a form check for the kit's requests alone.
func (w *reference) parse(call seamless.Call, body []byte) (r seamless.Request, wrong string) {
	var given map[string]json.RawMessage
	if json.Unmarshal(body, &given) != nil || given == nil {
		return r, "body"
	}
	needs, may := call.Fields()
	for name := range given {
		if !slices.Contains(needs, name) && !slices.Contains(may, name) {
			return r, name
		}
	}
	for _, name := range needs {
		if value := string(given[name]); value == "" || value == "null" || value == `""` {
			return r, name
		}
	}
	if json.Unmarshal(body, &r) != nil || (r.Amount != nil && *r.Amount > seamless.MaxAmount) {
		return r, "amount"
	}
	for name, ok := range map[string]bool{
		"player": r.Player == "" || r.Player == referencePlayer, "game": r.Game == "" || r.Game == referenceGame, "asset": r.Asset == "" || r.Asset == "points",
		"round": len(r.Round) <= 64, "amount": w.fault == negativeAmounts || r.Amount == nil || *r.Amount > 0 || (call == seamless.Win && *r.Amount == 0),
	} {
		if !ok {
			return r, name
		}
	}
	return r, ""
}

func (w *reference) transact(call seamless.Call, r seamless.Request) []byte {
	meant := r
	meant.Token = ""
	meaning, err := json.Marshal(meant)
	if err != nil {
		panic(err)
	}
	if d, ok := w.done[r.Transaction]; ok {
		if d.meaning != string(call)+string(meaning) {
			if w.fault == otherPayload {
				return d.answer
			}
			return code(seamless.DuplicateTransaction)
		}
		switch {
		case w.fault == betTwice && call == seamless.Bet && strings.Contains(string(d.answer), `"OK"`):
			w.balance -= *r.Amount
		case w.fault == winTwice && call == seamless.Win:
			w.balance += *r.Amount
		case w.fault == rollbackTwice && call == seamless.Rollback && w.done[r.Reference] != nil:
			w.balance += *w.done[r.Reference].request.Amount
		}
		return d.answer
	}
	var answer []byte
	var final bool
	switch call {
	case seamless.Bet:
		answer, final = w.bet(r)
	case seamless.Win:
		answer, final = w.win(r)
	default:
		answer, final = w.rollback(r)
	}
	if final {
		w.done[r.Transaction] = &done{meaning: string(call) + string(meaning), answer: answer, call: call, request: r}
	}
	return answer
}

func (w *reference) bet(r seamless.Request) (answer []byte, final bool) {
	switch {
	case w.undone[r.Transaction] && w.fault != forgetsRollback:
		return code(seamless.TransactionUndone), true
	case r.Token == referenceExpired:
		return code(seamless.TokenExpired), false
	case w.rounds[r.Round]:
		return code(seamless.RoundClosed), true
	case *r.Amount > referenceStakeMost:
		return code(seamless.LimitReached), true
	case *r.Amount > w.balance:
		return w.money(seamless.Answer{Code: seamless.NotEnoughMoney}), true
	}
	if w.fault == belowZero && *r.Amount > 100 { // a large one: looked at, and taken a while later
		w.mu.Unlock()
		time.Sleep(300 * time.Millisecond)
		w.mu.Lock()
	}
	w.balance -= *r.Amount
	w.rounds[r.Round] = false
	return w.money(seamless.Answer{Code: seamless.OK}), true
}

func (w *reference) win(r seamless.Request) (answer []byte, final bool) {
	bet, ok := w.done[r.Reference]
	switch {
	case w.fault == expiryOfWins && r.Token == referenceExpired:
		return code(seamless.TokenExpired), false
	case !ok || bet.call != seamless.Bet || !strings.Contains(string(bet.answer), `"OK"`):
		return code(seamless.TransactionNotFound), false
	case bet.undone:
		return code(seamless.TransactionUndone), false
	case w.rounds[r.Round]:
		return code(seamless.RoundClosed), false
	}
	w.balance += *r.Amount
	bet.paid = bet.paid || *r.Amount > 0
	return w.money(seamless.Answer{Code: seamless.OK}), true
}

func (w *reference) rollback(r seamless.Request) (answer []byte, final bool) {
	bet, ok := w.done[r.Reference]
	if ok && (bet.call == seamless.Win || bet.paid) {
		return code(seamless.RollbackRefused), false
	}
	if ok && !bet.undone && w.fault != noRollback {
		w.balance += *bet.request.Amount
	}
	if ok {
		bet.undone = true
	}
	w.undone[r.Reference] = true
	return w.money(seamless.Answer{Code: seamless.OK}), true
}
