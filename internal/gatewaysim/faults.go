package gatewaysim

import (
	"fmt"
	"hash/fnv"
	"time"
)

const (
	defaultResolve = 2 * time.Second
	reorderDelay   = 300 * time.Millisecond
	maxDelayMS     = 3_600_000
)

func (f Faults) check() error {
	for _, p := range []int{f.TimeoutAfterSuccess, f.Unknown, f.Duplicate, f.Reorder, f.WrongAmount, f.TimeoutAfterSuccess + f.Unknown} {
		if p < 0 || p > 100 {
			return fmt.Errorf("percentages are 0 to 100, and timeout_after_success and unknown together at most 100")
		}
	}
	for _, d := range []int{f.DelayMS, f.ResolveMS, f.SettleMS, f.ConfirmMS} {
		if d < 0 || d > maxDelayMS {
			return fmt.Errorf("delays are 0 to %d ms", maxDelayMS)
		}
	}
	return nil
}

// roll is 0 to 99, always the same for a seed, a purpose and a key.
func (f Faults) roll(purpose, key string) int {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%d\x00%s\x00%s", f.Seed, purpose, key)
	// The low bits of FNV follow the last bytes closely; fold the high ones in.
	sum := h.Sum64()
	return int((sum ^ sum>>29 ^ sum>>47) % 100)
}

func (f Faults) hits(percent int, purpose, key string) bool { return f.roll(purpose, key) < percent }

// drops tells whether a payout is made and its answer lost.
func (f Faults) drops(key string) bool { return f.hits(f.TimeoutAfterSuccess, "payout", key) }

// doubts tells whether a payout is held as unknown. It shares its roll with drops, so the two exclude each other.
func (f Faults) doubts(key string) bool {
	return !f.drops(key) && f.hits(f.TimeoutAfterSuccess+f.Unknown, "payout", key)
}

// fate is what an unknown payout turns out to be.
func (f Faults) fate(key string) string {
	switch f.roll("fate", key) % 4 {
	case 0, 1:
		return statePaid
	case 2:
		return stateFailed
	}
	return stateGone
}

func (f Faults) resolve() time.Duration {
	if f.ResolveMS == 0 {
		return defaultResolve
	}
	return millis(f.ResolveMS)
}

func millis(n int) time.Duration { return time.Duration(n) * time.Millisecond }
