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
	Pid    int    `json:"pid,omitempty"`     // 0 for a part that runs elsewhere, or is down
}

// Addresses is what addresses.json says: the parts by name.
type Addresses map[string]Address

// WriteAddresses replaces <data>/addresses.json. It holds passwords and is readable by its owner only.
func (d *Data) WriteAddresses(all Addresses) error {
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the addresses: %w", err)
	}
	return WriteFile(d.Path(AddressesFile), append(text, '\n'))
}
