package parity_test

import (
	"testing"

	"fairground/games/game/gametest"
	"fairground/games/parity"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	gametest.Run(t, parity.New(), `{}`)
}
