package cashier

import (
	"fairground/cashier/gateway"
	"fairground/cashier/gateway/cryptopay"
	"fairground/cashier/gateway/manual"
	"fairground/cashier/gateway/stars"
	"fairground/cashier/gateway/webhook"
)

// Kinds is the catalogue of gateway kinds by name. A new folder under cashier/gateway gets its line here.
func Kinds() map[string]gateway.Kind {
	return map[string]gateway.Kind{
		"cryptopay": {Title: "Crypto Pay style", New: cryptopay.New, Fields: cryptopay.Fields},
		"manual":    {Title: "By hand", New: manual.New, Fields: manual.Fields},
		"stars":     {Title: "Telegram Stars", New: stars.New, Fields: stars.Fields},
		"webhook":   {Title: "Generic processor (signed JSON)", New: webhook.New, Fields: webhook.Fields},
	}
}
