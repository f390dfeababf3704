package tgdice_test

import (
	"testing"

	"fairground/games/game/gametest"
	"fairground/games/tgdice"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	gametest.Run(t, tgdice.New())
}
