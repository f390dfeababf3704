package gateway

import (
	"fmt"
	"net/http"
	"strings"

	"fairground/internal/clock"
)

// Kind is an entry of the catalogue: how to make a gateway and what it must be told.
type Kind struct {
	Title  string
	New    Factory
	Fields func() []Field
}

// Factory makes a gateway from its account's settings. It makes no call; it returns ErrSettings.
type Factory func(Settings) (Gateway, error)

// Settings are an account's values with what a gateway needs to work.
type Settings struct {
	Values map[string]string // by Field.Name; secrets are opened here and never logged
	HTTP   *http.Client      // nil: a client of the package's own; redirects are never followed
	Clock  clock.Clock
}

// Field describes one value of the settings, for forms.
type Field struct {
	Name, Title string
	Secret      bool // sealed at rest, never shown again
	Required    bool
}

// Check refuses settings that lack a required value. The message names the field, never a value.
func (s Settings) Check(fields []Field) error {
	for _, f := range fields {
		if f.Required && s.Values[f.Name] == "" {
			return fmt.Errorf("%w: %s is required", ErrSettings, f.Name)
		}
	}
	if s.Clock == nil {
		return fmt.Errorf("%w: no clock", ErrSettings)
	}
	return nil
}

// String hides the values, so that no log shows a secret.
func (s Settings) String() string { return "gateway settings" }

// GoString hides the values, so that no log shows a secret.
func (s Settings) GoString() string { return s.String() }

// SplitAssets reads a list of assets separated by commas.
func SplitAssets(list string) []string {
	var assets []string
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" {
			assets = append(assets, name)
		}
	}
	return assets
}
