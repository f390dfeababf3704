package crash_test

import (
	"testing"

	"fairground/games/crash"
	"fairground/games/game/gametest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	gametest.Run(t, crash.New())
}
