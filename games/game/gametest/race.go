//go:build race

package gametest

// simulatedRounds are fewer where the race detector makes every round slow.
const simulatedRounds = 500_000
