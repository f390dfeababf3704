package raffle_test

import (
	"testing"

	"fairground/games/game/gametest"
	"fairground/games/raffle"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	gametest.Run(t, raffle.New())
}
