package sandbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"time"

	"fairground/internal/clock"
	"fairground/players/kyc"
)

const (
	maxForm = 8 << 10
	// sends is how often a callback is tried before the page says that nobody took it.
	sends     = 3
	sendPause = 500 * time.Millisecond
	adultAge  = 30
	minorAge  = 15
	homeland  = "DE"
	elsewhere = "US"
)

// HandlerConfig is what the sandbox's page needs.
type HandlerConfig struct {
	Secret string       // as in the accounts that use this sandbox
	HTTP   *http.Client // nil: one with a timeout of 10 seconds
	Clock  clock.Clock
}

// Handler serves the page, at any path it is mounted on. It keeps nothing: the signed address carries all.
func Handler(cfg HandlerConfig) http.Handler {
	if cfg.HTTP == nil {
		cfg.HTTP = &http.Client{Timeout: 10 * time.Second}
	}
	return &handler{cfg: cfg, page: template.Must(template.New("page").Parse(page))}
}

type handler struct {
	cfg  HandlerConfig
	page *template.Template
}

type view struct {
	Player, Elsewhere, Done, Problem string
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	player, callback := query.Get("player"), query.Get("callback")
	want := sign([]byte(h.cfg.Secret), linkText(player, callback))
	if !hmac.Equal([]byte(query.Get("sig")), []byte(want)) {
		http.Error(w, "this address was not made by the sandbox", http.StatusForbidden)
		return
	}
	v := view{Player: player, Elsewhere: elsewhere}
	status := http.StatusOK
	switch r.Method {
	case http.MethodGet:
	case http.MethodPost:
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		result, ok := h.decide(player, r)
		if !ok {
			http.Error(w, "press one of the buttons", http.StatusBadRequest)
			return
		}
		v.Done = string(result.Status)
		if err := h.send(r.Context(), callback, result); err != nil {
			v.Done, v.Problem, status = "", err.Error(), http.StatusBadGateway
		}
	default:
		http.Error(w, "GET or POST", http.StatusMethodNotAllowed)
		return
	}
	h.render(w, status, v)
}

func (h *handler) render(w http.ResponseWriter, status int, v view) {
	var out bytes.Buffer
	if err := h.page.Execute(&out, v); err != nil {
		http.Error(w, "the page can't be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // the person has gone: there is nobody to tell
}

// decide is what the pressed button means.
func (h *handler) decide(player string, r *http.Request) (kyc.Result, bool) {
	now := h.cfg.Clock.Now()
	result := kyc.Result{Player: player, Status: kyc.Approved, Level: 1, Country: homeland, BirthDate: day(now.AddDate(-adultAge, 0, 0)), CreatedAt: now}
	if level, err := strconv.Atoi(r.PostFormValue("level")); err == nil && level >= 1 && level <= 3 {
		result.Level = level
	}
	switch r.PostFormValue("verdict") {
	case "approve":
	case "reject":
		result = kyc.Result{Player: player, Status: kyc.Rejected, Reason: "The document was not accepted", CreatedAt: now}
	case "pending":
		result = kyc.Result{Player: player, Status: kyc.Pending, CreatedAt: now}
	case "under_age":
		result.BirthDate = day(now.AddDate(-minorAge, 0, 0))
	case "other_country":
		result.Country = elsewhere
		if named := kyc.Country(r.PostFormValue("country")); named != "" {
			result.Country = named
		}
	default:
		return kyc.Result{}, false
	}
	return result, true
}

// send delivers the callback. Its address was signed by the provider, so nobody else chooses where it goes.
func (h *handler) send(ctx context.Context, callback string, result kyc.Result) error {
	var err error
	for try := range sends {
		if try > 0 {
			if wait := clock.Sleep(ctx, h.cfg.Clock, sendPause); wait != nil {
				return wait
			}
		}
		if err = h.post(ctx, callback, result); err == nil {
			return nil
		}
	}
	return err
}

func (h *handler) post(ctx context.Context, callback string, result kyc.Result) error {
	header, body, err := Sign(h.cfg.Secret, result, h.cfg.Clock.Now())
	if err != nil {
		return err
	}
	//nolint:gosec // the address is the one that the provider signed
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, callback, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("kyc: make the callback: %w", err)
	}
	req.Header = header
	res, err := h.cfg.HTTP.Do(req) //nolint:gosec // as above
	if err != nil {
		return fmt.Errorf("kyc: send the callback: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("kyc: the callback was answered with %d", res.StatusCode)
	}
	return nil
}

// day is the date of a moment.
func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
