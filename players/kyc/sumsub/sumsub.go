package sumsub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"fairground/players/kyc"
)

// Name is the provider's name in the catalogue.
const Name = "sumsub"

const (
	defaultURL = "https://api.sumsub.com"
	// linkSeconds is how long a person may open the link.
	linkSeconds = 1800
)

// Fields are the settings of an account.
func Fields() []kyc.Field {
	return []kyc.Field{
		{Name: "url", Title: "Address of the API; empty for " + defaultURL},
		{Name: "app_token", Title: "App token", Secret: true, Required: true},
		{Name: "secret_key", Title: "Secret key of the app token", Secret: true, Required: true},
		{Name: "webhook_secret", Title: "Secret of the callbacks", Secret: true, Required: true},
		{Name: "level_name", Title: "Name of the verification level", Required: true},
		{Name: "level", Title: "How thorough that level is, 1 and up; empty for 1"},
	}
}

type provider struct {
	base, token, levelName string
	key, webhook           []byte
	level                  int
	settings               kyc.Settings
}

// New makes the provider of an account.
func New(s kyc.Settings) (kyc.Provider, error) {
	if err := s.Check(Fields()); err != nil {
		return nil, err
	}
	base := s.Values["url"]
	if base == "" {
		base = defaultURL
	}
	if parsed, err := url.Parse(base); err != nil || parsed.Scheme == "" || parsed.Host == "" {
		return nil, fmt.Errorf("%w: url is no address", kyc.ErrSettings)
	}
	level := 1
	if text := s.Values["level"]; text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%w: level is a number from 1", kyc.ErrSettings)
		}
		level = n
	}
	return &provider{
		base: strings.TrimSuffix(base, "/"), token: s.Values["app_token"], levelName: s.Values["level_name"],
		key: []byte(s.Values["secret_key"]), webhook: []byte(s.Values["webhook_secret"]), level: level, settings: s,
	}, nil
}

func (p *provider) Name() string { return Name }

type applicant struct {
	ID             string `json:"id"`
	ExternalUserID string `json:"externalUserId"`
	Info           person `json:"info"`
	FixedInfo      person `json:"fixedInfo"`
}

type person struct {
	DOB     string `json:"dob"`
	Country string `json:"country"`
}

// Start makes the applicant, or finds the one of before, and a link to the check.
func (p *provider) Start(ctx context.Context, a kyc.Applicant) (kyc.Session, error) {
	var made applicant
	err := p.call(ctx, http.MethodPost, "/resources/applicants?levelName="+url.QueryEscape(p.levelName),
		map[string]string{"externalUserId": a.Player, "lang": a.Language}, &made)
	if errors.Is(err, errExists) {
		err = p.call(ctx, http.MethodGet, "/resources/applicants/-;externalUserId="+url.PathEscape(a.Player)+"/one", nil, &made)
	}
	if err != nil {
		return kyc.Session{}, err
	}
	var link struct {
		URL string `json:"url"`
	}
	err = p.call(ctx, http.MethodPost, "/resources/sdkIntegrations/levels/-/websdkLink",
		map[string]any{"levelName": p.levelName, "userId": a.Player, "ttlInSecs": linkSeconds}, &link)
	if err != nil {
		return kyc.Session{}, err
	}
	if made.ID == "" || link.URL == "" {
		return kyc.Session{}, fmt.Errorf("%w: the answer lacks the applicant or the link", kyc.ErrUnavailable)
	}
	return kyc.Session{URL: link.URL, Ref: made.ID}, nil
}

// Complete reads the applicant: callbacks carry nothing personal. What was read off the documents goes before what the person
// wrote down.
func (p *provider) Complete(ctx context.Context, r kyc.Result) (kyc.Result, error) {
	var found applicant
	if err := p.call(ctx, http.MethodGet, "/resources/applicants/"+url.PathEscape(r.Ref)+"/one", nil, &found); err != nil {
		return r, err
	}
	if found.ExternalUserID != r.Player {
		return r, fmt.Errorf("%w: the applicant is somebody else", kyc.ErrUnavailable)
	}
	for _, from := range []person{found.Info, found.FixedInfo} {
		if r.BirthDate.IsZero() {
			r.BirthDate = kyc.BirthDate(from.DOB)
		}
		if r.Country == "" {
			r.Country = kyc.Country(from.Country)
		}
	}
	return r, nil
}
