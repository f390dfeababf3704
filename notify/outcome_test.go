package notify

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestANoticeOfMoneyIsNeverGivenUp(t *testing.T) {
	t.Parallel()
	gone := errors.New("gone")
	status, reason, _ := outcome(Notice{Attempts: deadAfter}, gone)
	require.Equal(t, "dead", status)
	require.Equal(t, "gone", reason)
	for _, attempts := range []int{1, deadAfter, 10 * deadAfter} {
		status, _, wait := outcome(Notice{Attempts: attempts}, fmt.Errorf("%w: %w", ErrKeep, gone))
		require.Equal(t, "failed", status)
		require.Positive(t, wait)
	}
}
