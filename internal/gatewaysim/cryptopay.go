package gatewaysim

import (
	"cmp"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

type cryptoInvoice struct {
	ID         int64     `json:"invoice_id"`
	Hash       string    `json:"hash"`
	Type       string    `json:"currency_type"`
	Status     string    `json:"status"`
	Asset      string    `json:"asset"`
	Amount     string    `json:"amount"`
	PaidAsset  string    `json:"paid_asset,omitempty"`
	PaidAmount string    `json:"paid_amount,omitempty"`
	Payload    string    `json:"payload,omitempty"`
	URL        string    `json:"bot_invoice_url,omitempty"`
	Created    time.Time `json:"created_at"`
	Expires    time.Time `json:"expiration_date,omitzero"`
	PaidAt     time.Time `json:"paid_at,omitzero"`
}

type cryptoTransfer struct {
	ID        int64     `json:"transfer_id"`
	SpendID   string    `json:"spend_id"`
	UserID    int64     `json:"user_id"`
	Asset     string    `json:"asset"`
	Amount    string    `json:"amount"`
	Status    string    `json:"status"`
	Completed time.Time `json:"completed_at"`
}

func (s *Sim) routesCrypto(mux *http.ServeMux) {
	mux.HandleFunc("POST /cryptopay/api/getMe", s.tokened(func(w http.ResponseWriter, _ *http.Request, _ []byte) {
		good(w, map[string]any{"app_id": 1, "name": "Fairground sandbox"})
	}))
	mux.HandleFunc("POST /cryptopay/api/createInvoice", s.tokened(s.createInvoice))
	mux.HandleFunc("POST /cryptopay/api/getInvoices", s.tokened(s.getInvoices))
	mux.HandleFunc("POST /cryptopay/api/transfer", s.tokened(s.transfer))
	mux.HandleFunc("POST /cryptopay/api/getTransfers", s.tokened(s.getTransfers))
}

func (s *Sim) tokened(next func(http.ResponseWriter, *http.Request, []byte)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, ok := readBody(w, r)
		if !ok {
			return
		}
		if !hmac.Equal([]byte(r.Header.Get("Crypto-Pay-API-Token")), []byte(s.token)) {
			bad(w, http.StatusUnauthorized, "UNAUTHORIZED")
			return
		}
		next(w, r, body)
	}
}

func good(w http.ResponseWriter, result any) {
	answer(w, http.StatusOK, map[string]any{"ok": true, "result": result})
}

func bad(w http.ResponseWriter, status int, name string) {
	answer(w, status, map[string]any{"ok": false, "error": map[string]any{"code": status, "name": name}})
}

func (s *Sim) createInvoice(w http.ResponseWriter, r *http.Request, body []byte) {
	var in struct {
		Asset       string `json:"asset"`
		Amount      string `json:"amount"`
		Payload     string `json:"payload"`
		Description string `json:"description"`
		ExpiresIn   int64  `json:"expires_in"`
	}
	const longest = 2_678_400
	if json.Unmarshal(body, &in) != nil || in.ExpiresIn < 0 || in.ExpiresIn > longest {
		bad(w, http.StatusBadRequest, "PARAM_INVALID")
		return
	}
	amount, scale, err := parseDecimal(in.Amount)
	if err != nil {
		bad(w, http.StatusBadRequest, "AMOUNT_INVALID")
		return
	}
	want := Invoice{
		Style: styleCrypto, Intent: in.Payload, Asset: strings.ToLower(in.Asset), Amount: amount, Scale: scale,
		Description: in.Description,
	}
	if in.ExpiresIn > 0 {
		want.ExpiresAt = s.now().Add(time.Duration(in.ExpiresIn) * time.Second)
	}
	made, err := s.invoice(want)
	if err != nil {
		bad(w, http.StatusBadRequest, "AMOUNT_INVALID")
		return
	}
	s.pause(r.Context())
	good(w, s.cryptoInvoice(made, Payment{}, r.Host))
}

// cryptoInvoice shows an invoice with the payment that settled it, if one did.
func (s *Sim) cryptoInvoice(i Invoice, p Payment, host string) cryptoInvoice {
	view := cryptoInvoice{
		ID: i.Number, Hash: i.Ref, Type: "crypto", Status: "active", Asset: strings.ToUpper(i.Asset),
		Amount: formatDecimal(i.Amount, i.Scale), Payload: i.Intent, Created: i.CreatedAt, Expires: i.ExpiresAt,
	}
	if host != "" {
		view.URL = "http://" + host + "/pay/" + i.Ref
	}
	switch {
	case p.State == stateConfirmed:
		view.Status, view.PaidAt = "paid", p.At
		view.PaidAsset, view.PaidAmount = strings.ToUpper(p.Asset), formatDecimal(p.Amount, p.Scale)
	case i.expired(s.now()):
		view.Status = "expired"
	}
	return view
}

type listInput struct {
	InvoiceIDs string `json:"invoice_ids"`
	SpendID    string `json:"spend_id"`
	Status     string `json:"status"`
	Offset     int    `json:"offset"`
	Count      int    `json:"count"`
}

func readList(body []byte) (listInput, bool) {
	in := listInput{Count: 100}
	err := json.Unmarshal(body, &in)
	return in, err == nil && in.Offset >= 0 && in.Count >= 1 && in.Count <= 1000
}

func page[T any](all []T, in listInput) []T {
	from := min(in.Offset, len(all))
	return all[from:min(from+in.Count, len(all))]
}

func (s *Sim) getInvoices(w http.ResponseWriter, r *http.Request, body []byte) {
	in, ok := readList(body)
	if !ok {
		bad(w, http.StatusBadRequest, "PARAM_INVALID")
		return
	}
	wanted := strings.Split(in.InvoiceIDs, ",")
	all := []cryptoInvoice{}
	s.mu.Lock()
	for _, i := range s.store.invoices {
		view := s.cryptoInvoice(i, s.settled(i.Ref), r.Host)
		named := in.InvoiceIDs == "" || slices.Contains(wanted, strconv.FormatInt(i.Number, 10))
		if i.Style == styleCrypto && named && (in.Status == "" || in.Status == view.Status) {
			all = append(all, view)
		}
	}
	s.mu.Unlock()
	slices.SortFunc(all, func(a, b cryptoInvoice) int { return cmp.Compare(b.ID, a.ID) })
	s.pause(r.Context())
	good(w, map[string]any{"items": page(all, in)})
}

// settled is the first confirmed payment of an invoice: this style pays an invoice once.
func (s *Sim) settled(ref string) Payment {
	var first Payment
	for _, p := range s.store.payments {
		if p.Ref == ref && p.State == stateConfirmed && (first.Tx == "" || p.Number < first.Number) {
			first = p
		}
	}
	return first
}

func (s *Sim) transfer(w http.ResponseWriter, r *http.Request, body []byte) {
	var in struct {
		UserID  int64  `json:"user_id"`
		Asset   string `json:"asset"`
		Amount  string `json:"amount"`
		SpendID string `json:"spend_id"`
	}
	if json.Unmarshal(body, &in) != nil || in.SpendID == "" || len(in.SpendID) > 64 {
		bad(w, http.StatusBadRequest, "PARAM_INVALID")
		return
	}
	amount, scale, err := parseDecimal(in.Amount)
	if err != nil {
		bad(w, http.StatusBadRequest, "AMOUNT_INVALID")
		return
	}
	// User ids below 1000 stand for nobody, so that a test can be refused.
	if in.UserID < 1000 {
		bad(w, http.StatusBadRequest, "USER_NOT_FOUND")
		return
	}
	m, err := s.pay(order{
		Key: in.SpendID, Style: styleCrypto, Asset: strings.ToLower(in.Asset), Destination: strconv.FormatInt(in.UserID, 10),
		Amount: amount, Scale: scale,
	})
	s.pause(r.Context())
	switch {
	case errors.Is(err, errConflict), err == nil && m.repeat:
		bad(w, http.StatusBadRequest, "SPEND_ID_ALREADY_USED")
	case errors.Is(err, errAmount):
		bad(w, http.StatusBadRequest, "AMOUNT_TOO_SMALL")
	case err != nil:
		bad(w, http.StatusInternalServerError, "INTERNAL")
	case m.drop:
		panic(http.ErrAbortHandler) // the way to lose an answer: the connection closes
	case m.doubt:
		bad(w, http.StatusInternalServerError, "INTERNAL")
	default:
		good(w, transferView(m.payout))
	}
}

func transferView(p Payout) cryptoTransfer {
	user, err := strconv.ParseInt(p.Destination, 10, 64)
	if err != nil {
		user = 0 // a destination of the other protocol never comes here
	}
	status := "completed"
	if p.State != statePaid {
		status = "processing"
	}
	return cryptoTransfer{p.Number, p.Key, user, strings.ToUpper(p.Asset), formatDecimal(p.Amount, p.Scale), status, p.At}
}

func (s *Sim) getTransfers(w http.ResponseWriter, r *http.Request, body []byte) {
	in, ok := readList(body)
	if !ok {
		bad(w, http.StatusBadRequest, "PARAM_INVALID")
		return
	}
	all := []cryptoTransfer{}
	s.mu.Lock()
	for _, p := range s.store.payouts {
		shown := p.State == statePaid || p.State == stateAccepted
		if p.Style == styleCrypto && shown && (in.SpendID == "" || in.SpendID == p.Key) {
			all = append(all, transferView(p))
		}
	}
	s.mu.Unlock()
	slices.SortFunc(all, func(a, b cryptoTransfer) int { return cmp.Compare(b.ID, a.ID) })
	s.pause(r.Context())
	good(w, map[string]any{"items": page(all, in)})
}
