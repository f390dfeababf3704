package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/internal/config"
)

func TestProductionKnowsNoSandboxIdentity(t *testing.T) {
	t.Parallel()
	require.Contains(t, identityKinds(config.Development), "sandbox")
	require.NotContains(t, identityKinds(config.Production), "sandbox")
	require.Contains(t, identityKinds(config.Production), "sumsub")
}
