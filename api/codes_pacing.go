package api

import "net/http"

func pacingCodes() map[string]code {
	return map[string]code{
		"games.cooldown":        {http.StatusConflict, "It is too soon after the last one", "wait until the time in data"},
		"games.daily_cap":       {http.StatusUnprocessableEntity, "The player's cap of the day is reached", "stake at most what is left in data, or wait until the time there"},
		"games.quiet_hours":     {http.StatusConflict, "No rounds are opened at this time of day", "wait until the time in data"},
		"games.too_many_rounds": {http.StatusConflict, "As many rounds as allowed are running in this group", "join one, or wait for the end of one"},
		"games.auto_off":        {http.StatusConflict, "The automatic round is off", "turn it on"},
		"games.auto_not_found":  {http.StatusNotFound, "There is no such automatic round", "list those of the group"},
		"games.invalid_pacing":  {http.StatusUnprocessableEntity, "No group can be paced like this", "see field"},
	}
}
