package api

import "net/http"

func instantCodes() map[string]code {
	return map[string]code{
		"games.no_beacon":       {http.StatusServiceUnavailable, "The source of public randomness does not answer", "try again with the same key"},
		"games.not_instant":     {http.StatusUnprocessableEntity, "The game is played in rounds", "open a round of it"},
		"games.play_not_found":  {http.StatusNotFound, "There is no such play", "check the id"},
		"games.chain_not_found": {http.StatusNotFound, "There is no such chain of seeds", "check the id"},
	}
}
