package games

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCalendars(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"* * * * *", "0 18 * * *", "*/15 18-22 * * 5,6", "5,10-20/5 0 1 1-12/3 0"} {
		require.True(t, validCalendar(good), good)
	}
	for _, bad := range []string{"", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 7", "*/0 * * * *", "5/2 * * * *", "a * * * *", "1-0 * * * *", "01 * * * *", "@daily", "* * * * * *", "1, * * * *"} {
		require.False(t, validCalendar(bad), bad)
	}
}
