package slots

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestR(t *testing.T) {
	r, err := New().Parse(embedded("default.json"))
	require.NoError(t, err)
	e := r.(enumerated)
	t.Log(e.Returns(), e.facts.bestSpin, e.facts.bestFree, e.best(), e.facts.ways, e.perStake())
}
