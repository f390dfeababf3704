//go:build !race

package gametest

// simulatedRounds is how many rounds of a default config are played.
const simulatedRounds = 10_000_000
