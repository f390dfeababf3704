package api

import "net/http"

func safetyCodes() map[string]code {
	return map[string]code{
		"players.excluded":          {http.StatusForbidden, "The player is excluded", "wait until the time in data"},
		"players.frozen":            {http.StatusForbidden, "The player is frozen", "ask the operator"},
		"players.kyc_required":      {http.StatusForbidden, "The identity must be checked first", "begin with POST /v1/me/safety/kyc"},
		"players.under_age":         {http.StatusForbidden, "The player is too young", "it is not for everybody"},
		"players.market_closed":     {http.StatusForbidden, "It is not offered where the player lives", "ask the operator"},
		"players.deposit_limit":     {http.StatusUnprocessableEntity, "The deposit limit would be exceeded", "see left in data"},
		"players.loss_limit":        {http.StatusUnprocessableEntity, "The loss limit would be exceeded", "see left in data"},
		"players.not_verified":      {http.StatusUnprocessableEntity, "The verification is missing, used or too old", "send the code again"},
		"players.no_credential":     {http.StatusConflict, "There is no PIN and no authenticator", "set one with PUT /v1/me/safety/pin"},
		"players.wrong_code":        {http.StatusUnprocessableEntity, "The code is wrong or was used before", "send the PIN, or the next code"},
		"players.invalid_pin":       {http.StatusUnprocessableEntity, "The PIN can't be used", "6 to 12 digits"},
		"players.invalid_limit":     {http.StatusUnprocessableEntity, "The limit can't be used", "see field"},
		"players.invalid_exclusion": {http.StatusUnprocessableEntity, "The exclusion can't be used", "see field"},
		"players.invalid_decision":  {http.StatusUnprocessableEntity, "The identity check can't be decided like this", "see field"},
		"players.invalid_kyc":       {http.StatusUnprocessableEntity, "The identity provider can't be used like this", "see field"},
		"players.kyc_off":           {http.StatusConflict, "There is no identity check here", "ask the operator"},
		"players.kyc_unavailable":   {http.StatusServiceUnavailable, "The identity provider can't be reached", "try again"},
		"players.credential_locked": {http.StatusTooManyRequests, "Too many wrong codes", "wait as long as Retry-After says"},
	}
}
