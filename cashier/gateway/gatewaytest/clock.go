package gatewaytest

import (
	"time"

	"fairground/internal/clock"
)

// arrival is when a callback came in, by the machine's clock, as the servers sign by it.
func arrival() time.Time { return clock.System().Now() }
