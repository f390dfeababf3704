//go:build !chaos

package chaos

const (
	// rounds is how often each part is killed.
	rounds = 1
	// stormPayouts is how many payouts the storm sends through the gateway.
	stormPayouts = 200
)

// victims are the parts that are killed.
func victims() []string { return []string{"worker", "api", "postgres", "bot"} }
