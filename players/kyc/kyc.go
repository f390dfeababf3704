package kyc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/text/language"

	"fairground/internal/clock"
)

// Provider checks who people are. Implementations are safe for concurrent use.
type Provider interface {
	// Name is the provider's name in the catalogue.
	Name() string
	// Start opens a check, or goes on with the one that is open, and says where the person takes it. It may be called again
	// for the same player. It returns ErrUnavailable when the provider can't be asked.
	Start(ctx context.Context, a Applicant) (Session, error)
	// ParseWebhook checks a callback's signature and reads its result; it makes no call. It returns ErrForged, ErrStale,
	// ErrMalformed, or ErrIrrelevant for a well signed callback that decides nothing.
	ParseWebhook(header http.Header, body []byte, now time.Time) (Result, error)
	// Complete adds what a callback leaves out: birth date and country. It returns ErrUnavailable.
	Complete(ctx context.Context, r Result) (Result, error)
}

// Applicant is the player to check. The provider learns the pseudonym, never the Telegram identity.
type Applicant struct {
	Player      string // public id p_…
	Language    string // IETF tag or empty
	CallbackURL string // where results are sent; providers whose callback is set in their console ignore it
}

// Session is where a person takes the check.
type Session struct {
	URL string // for the person only: whoever has it can take the check in their place
	Ref string // the provider's name of the applicant
}

// Status is what a provider decided.
type Status string

// The decisions of a provider.
const (
	Pending  Status = "pending"
	Approved Status = "approved"
	Rejected Status = "rejected"
)

// Result is one decision of a provider. CreatedAt orders results: an older one never overwrites a newer one.
type Result struct {
	Player    string // public id p_…
	Ref       string // the provider's name of the applicant
	Status    Status
	Level     int       // how thorough the check was, 1 and up; meant for Approved
	Reason    string    // why it was rejected, for the operators; holds nothing personal
	BirthDate time.Time // a date in UTC; zero when unknown
	Country   string    // ISO 3166 alpha-2, upper case; empty when unknown
	CreatedAt time.Time // when the provider decided, UTC
	ExpiresAt time.Time // until when an approval holds, UTC; zero: as the house decides
}

// Settings are an account's values with what a provider needs to work.
type Settings struct {
	Values map[string]string // by Field.Name; secrets are opened here and never logged
	HTTP   *http.Client      // nil: http.DefaultClient with a timeout of 10 seconds
	Clock  clock.Clock
}

// Field describes one value of the settings, for forms.
type Field struct {
	Name, Title string
	Secret      bool // sealed at rest, never shown again
	Required    bool
}

// Factory makes a provider from its account's settings. It makes no call; it returns ErrSettings.
type Factory func(Settings) (Provider, error)

// Kind is an entry of the catalogue: how to make a provider and what it must be told.
type Kind struct {
	Title  string
	New    Factory
	Fields func() []Field
}

// The errors of providers; compare with errors.Is.
var (
	ErrForged      = errors.New("kyc: the callback's signature is wrong")
	ErrStale       = errors.New("kyc: the callback is too old")
	ErrMalformed   = errors.New("kyc: the callback can't be read")
	ErrIrrelevant  = errors.New("kyc: the callback decides nothing")
	ErrUnavailable = errors.New("kyc: the provider can't be asked now")
	ErrSettings    = errors.New("kyc: the settings can't be used")
)

const timeout = 10 * time.Second

// Check refuses settings that lack a required value, and fills in the client. The message names the field, never a value.
func (s *Settings) Check(fields []Field) error {
	for _, f := range fields {
		if f.Required && s.Values[f.Name] == "" {
			return fmt.Errorf("%w: %s is required", ErrSettings, f.Name)
		}
	}
	if s.Clock == nil {
		return fmt.Errorf("%w: no clock", ErrSettings)
	}
	if s.HTTP == nil {
		s.HTTP = &http.Client{Timeout: timeout}
	}
	return nil
}

// Country is the alpha-2 code of an ISO 3166 alpha-2 or alpha-3 code, upper case; empty for what is no country.
func Country(code string) string {
	region, err := language.ParseRegion(strings.TrimSpace(code))
	if err != nil || !region.IsCountry() {
		return ""
	}
	return region.String()
}

// BirthDate reads a date such as 1990-12-31; zero for what is no date.
func BirthDate(text string) time.Time {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}
	}
	return day
}
