package api

import "net/http"

func providerCodes() map[string]code {
	return map[string]code{
		"providers.not_found":       {http.StatusNotFound, "There is no such provider", "list providers"},
		"providers.game_not_found":  {http.StatusNotFound, "There is no such game, or it is off", "list games with GET /v1/providers"},
		"providers.round_not_found": {http.StatusNotFound, "There is no such round at the provider", "list its rounds"},
		"providers.round_closed":    {http.StatusConflict, "The round has ended", "there is nothing left to do"},
		"providers.title_taken":     {http.StatusConflict, "Another provider has this title", "use another one"},
		"providers.group_inactive":  {http.StatusConflict, "The group is not active", "an administrator of the chat sends /start or /resume"},
		"providers.asset_unknown":   {http.StatusUnprocessableEntity, "There is no such asset to stake", "points, or an asset of GET /v1/operator/policies"},
		"providers.invalid_input":   {http.StatusUnprocessableEntity, "An input does not fit", "see field"},
	}
}
