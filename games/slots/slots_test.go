package slots_test

import (
	"testing"

	"fairground/games/game/gametest"
	"fairground/games/slots"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	gametest.Run(t, slots.New())
}
