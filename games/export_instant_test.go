package games

import "fairground/games/game"

// AddGame puts a game into an engine that no catalogue has.
func (e *Engine) AddGame(g game.Game) { e.games[g.Info().Name] = g }

// VerifyPlayOf is VerifyPlay with a game that no catalogue has.
func VerifyPlayOf(p PlayProof, g game.Game) Report {
	return verifyPlay(p, map[string]game.Game{g.Info().Name: g}, nil)
}

// VerifyPlayWith is VerifyPlayOf with the list of its chain.
func VerifyPlayWith(p PlayProof, g game.Game, chain Chain) Report {
	return verifyPlay(p, map[string]game.Game{g.Info().Name: g}, &chain)
}

// PlayChainSize is how many seeds a player's chain has.
const PlayChainSize = 16
