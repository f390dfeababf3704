package providers_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/providers/seamless"
)

// TestAGame plays a round that is won and one that is taken back.
func TestAGame(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	s := w.launch(t, 0)

	bet := s.betting("r1", 100)
	first, text := s.send(t, seamless.Bet, bet)
	require.Equal(t, seamless.OK, first.Code)
	require.EqualValues(t, 900, *first.Balance)
	_, again := s.send(t, seamless.Bet, bet)
	require.Equal(t, text, again)
	s.has(t, 900)

	win := s.winning(bet, 250)
	a, text := s.send(t, seamless.Win, win)
	require.Equal(t, seamless.OK, a.Code)
	require.EqualValues(t, 1150, *a.Balance)
	_, again = s.send(t, seamless.Win, win)
	require.Equal(t, text, again)
	require.Equal(t, seamless.OK, s.call(t, seamless.Close, s.closing("r1")).Code)
	require.Equal(t, seamless.OK, s.call(t, seamless.Close, s.closing("r1")).Code)
	require.Equal(t, seamless.RoundClosed, s.call(t, seamless.Bet, s.betting("r1", 1)).Code)
	require.Equal(t, seamless.RoundClosed, s.call(t, seamless.Win, s.winning(bet, 1)).Code)

	bet = s.betting("r2", 150)
	require.Equal(t, seamless.OK, s.call(t, seamless.Bet, bet).Code)
	back := s.rollingBack(bet)
	a, text = s.send(t, seamless.Rollback, back)
	require.Equal(t, seamless.OK, a.Code)
	require.EqualValues(t, 150, *a.Returned)
	_, again = s.send(t, seamless.Rollback, back)
	require.Equal(t, text, again)
	other := s.call(t, seamless.Rollback, s.rollingBack(bet))
	require.Equal(t, seamless.OK, other.Code)
	require.Zero(t, *other.Returned)
	require.Equal(t, seamless.TransactionUndone, s.call(t, seamless.Win, s.winning(bet, 10)).Code)
	s.has(t, 1150)
	w.clean(t)
}
