package localstack

import (
	"encoding/json"
	"fmt"
)

// AddressesFile is the file in the data folder that says where everything is.
const AddressesFile = "addresses.json"

// Address is where one part answers and which process serves it.
type Address struct {
	URL    string `json:"url,omitempty"`
	AppURL string `json:"app_url,omitempty"` // postgres: the application role's
	Pid    *int   `json:"pid,omitempty"`     // 0 while the part is down; missing for a part that runs elsewhere
}

// Addresses is what addresses.json says: the parts by name.
type Addresses map[string]Address

// Pid is the process that serves a part, or 0 if the part is down, runs elsewhere or is unknown.
func (a Addresses) Pid(part string) int {
	if pid := a[part].Pid; pid != nil {
		return *pid
	}
	return 0
}

// WriteAddresses replaces <data>/addresses.json. It holds passwords and is readable by its owner only.
func (d *Data) WriteAddresses(all Addresses) error {
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the addresses: %w", err)
	}
	return WriteFile(d.Path(AddressesFile), append(text, '\n'))
}
