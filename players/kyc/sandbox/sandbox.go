package sandbox

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"fairground/players/kyc"
)

// Name is the provider's name in the catalogue.
const Name = "sandbox"

// Header carries a callback's signature: t=<Unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">.
const Header = "X-Sandbox-Signature"

// tolerance is how old, or how far ahead, a callback may be.
const tolerance = 5 * time.Minute

// Fields are the settings of an account.
func Fields() []kyc.Field {
	return []kyc.Field{
		{Name: "url", Title: "Address of the sandbox's page", Required: true},
		{Name: "secret", Title: "Secret shared with the sandbox", Secret: true, Required: true},
	}
}

type provider struct {
	url    string
	secret []byte
}

// New makes the provider of an account.
func New(s kyc.Settings) (kyc.Provider, error) {
	if err := s.Check(Fields()); err != nil {
		return nil, err
	}
	base, err := url.Parse(s.Values["url"])
	if err != nil || base.Scheme == "" || base.Host == "" {
		return nil, fmt.Errorf("%w: url is no address", kyc.ErrSettings)
	}
	return &provider{url: strings.TrimSuffix(base.String(), "/"), secret: []byte(s.Values["secret"])}, nil
}

func (p *provider) Name() string { return Name }

// Start signs the page's address; it calls nobody.
func (p *provider) Start(_ context.Context, a kyc.Applicant) (kyc.Session, error) {
	query := url.Values{"player": {a.Player}, "callback": {a.CallbackURL}, "sig": {sign(p.secret, linkText(a.Player, a.CallbackURL))}}
	return kyc.Session{URL: p.url + "/check?" + query.Encode(), Ref: refOf(a.Player)}, nil
}

// message is the body of a callback.
type message struct {
	Player    string     `json:"player"`
	Ref       string     `json:"ref"`
	Status    kyc.Status `json:"status"`
	Level     int        `json:"level"`
	Reason    string     `json:"reason,omitempty"`
	BirthDate string     `json:"birth_date,omitempty"`
	Country   string     `json:"country,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
}

func (p *provider) ParseWebhook(header http.Header, body []byte, now time.Time) (kyc.Result, error) {
	at, err := verify(p.secret, header.Get(Header), body)
	if err != nil {
		return kyc.Result{}, err
	}
	if off := now.Sub(at).Abs(); off > tolerance {
		return kyc.Result{}, kyc.ErrStale
	}
	var m message
	if err := json.Unmarshal(body, &m); err != nil {
		return kyc.Result{}, fmt.Errorf("%w: %w", kyc.ErrMalformed, err)
	}
	switch m.Status {
	case kyc.Pending, kyc.Approved, kyc.Rejected:
	default:
		return kyc.Result{}, fmt.Errorf("%w: the status is unknown", kyc.ErrMalformed)
	}
	if m.Player == "" || m.CreatedAt.IsZero() {
		return kyc.Result{}, fmt.Errorf("%w: the player or the time is missing", kyc.ErrMalformed)
	}
	return kyc.Result{
		Player: m.Player, Ref: m.Ref, Status: m.Status, Level: m.Level, Reason: m.Reason,
		BirthDate: kyc.BirthDate(m.BirthDate), Country: kyc.Country(m.Country), CreatedAt: m.CreatedAt.UTC(),
	}, nil
}

// Complete adds nothing: the callback has everything.
func (p *provider) Complete(_ context.Context, r kyc.Result) (kyc.Result, error) { return r, nil }

// Sign makes the headers and the body of a callback, as the sandbox sends it at a moment.
func Sign(secret string, r kyc.Result, at time.Time) (http.Header, []byte, error) {
	m := message{
		Player: r.Player, Ref: refOf(r.Player), Status: r.Status, Level: r.Level, Reason: r.Reason, Country: r.Country, CreatedAt: r.CreatedAt.UTC(),
	}
	if !r.BirthDate.IsZero() {
		m.BirthDate = r.BirthDate.Format(time.DateOnly)
	}
	body, err := json.Marshal(m)
	if err != nil {
		return nil, nil, fmt.Errorf("kyc: write a callback: %w", err)
	}
	return Headers(secret, body, at), body, nil
}

// Headers sign any body.
func Headers(secret string, body []byte, at time.Time) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	header := http.Header{"Content-Type": {"application/json"}}
	header.Set(Header, "t="+stamp+",v1="+sign([]byte(secret), append([]byte(stamp+"."), body...)))
	return header
}

func verify(secret []byte, header string, body []byte) (time.Time, error) {
	stamp, signature, ok := strings.Cut(header, ",v1=")
	stamp, dated := strings.CutPrefix(stamp, "t=")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if !ok || !dated || err != nil {
		return time.Time{}, kyc.ErrForged
	}
	if !hmac.Equal([]byte(signature), []byte(sign(secret, append([]byte(stamp+"."), body...)))) {
		return time.Time{}, kyc.ErrForged
	}
	return time.Unix(seconds, 0).UTC(), nil
}

func sign(secret, text []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write(text)
	return hex.EncodeToString(mac.Sum(nil))
}

// linkText is what the page's address signs; it can't be mistaken for a callback, which begins with a time.
func linkText(player, callback string) []byte { return []byte("link\n" + player + "\n" + callback) }

func refOf(player string) string { return "sandbox-" + player }
