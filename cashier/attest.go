package cashier

import (
	"crypto/hmac"
	"crypto/sha256"
	"strconv"
)

const purposeAttest = "cashier:attest"

// attest proves to the database that a word of one of the tenant's gateways went through this program: without it, whoever
// holds the application role could make up payments and the ends of payouts. The accounts keep its SHA-256.
func (c *Cashier) attest(tenant int64) []byte {
	mac := hmac.New(sha256.New, c.attestKey)
	mac.Write([]byte("gateways/" + strconv.FormatInt(tenant, 10)))
	return mac.Sum(nil)
}
