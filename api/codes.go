package api

import (
	"maps"
	"net/http"
)

// code is how one stable error code is told over HTTP.
type code struct {
	status int
	title  string
	fix    string // used when the error brings none
}

// Codes of this room.
const (
	codeInvalidRequest = "api.invalid_request"
	codeInvalidCursor  = "api.invalid_cursor"
	codeUnauthorized   = "api.unauthenticated"
	codeCSRF           = "api.invalid_csrf"
	codeNotFound       = "api.not_found"
	codeMethod         = "api.method_not_allowed"
	codeTooLarge       = "api.body_too_large"
	codeMediaType      = "api.unsupported_media_type"
	codeRateLimited    = "api.rate_limited"
	codeOverloaded     = "api.overloaded"
	codeUnavailable    = "api.unavailable"
	codeTimeout        = "api.timeout"
	codeInternal       = "api.internal"
)

// codes lists every code an answer may carry; the document lists the same.
func codes() map[string]code {
	all := map[string]code{}
	for _, part := range []map[string]code{
		ownCodes(), oddsCodes(), playerCodes(), safetyCodes(), gameCodes(), instantCodes(), ledgerCodes(), operatorCodes(), cashierCodes(), adjustmentCodes(), depositCodes(), hookCodes(), itemCodes(), providerCodes(), bankCodes(), pacingCodes(),
	} {
		maps.Copy(all, part)
	}
	return all
}

func ownCodes() map[string]code {
	return map[string]code{
		codeInvalidRequest: {http.StatusBadRequest, "The request does not follow the document", "see /docs"},
		codeInvalidCursor:  {http.StatusBadRequest, "The cursor is not one this list gave out", "start again without a cursor"},
		codeUnauthorized:   {http.StatusUnauthorized, "A token is needed", "send Authorization: Bearer with a token from /v1/auth"},
		codeCSRF:           {http.StatusForbidden, "The request does not show that it comes from a page of this site", "send csrf of GET /v1/operator/me as X-CSRF-Token"},
		codeNotFound:       {http.StatusNotFound, "There is nothing at this address", "see /docs"},
		codeMethod:         {http.StatusMethodNotAllowed, "The address does not take this method", "see /docs"},
		codeTooLarge:       {http.StatusRequestEntityTooLarge, "The body is too large", "send at most 32 KiB"},
		codeMediaType:      {http.StatusUnsupportedMediaType, "The body is not JSON", "send Content-Type: application/json"},
		codeRateLimited:    {http.StatusTooManyRequests, "Too many tries", "wait as long as Retry-After says"},
		codeOverloaded:     {http.StatusServiceUnavailable, "Too many requests at once", "try again with the same key"},
		codeUnavailable:    {http.StatusServiceUnavailable, "The database can't be reached", "try again with the same key"},
		codeTimeout:        {http.StatusServiceUnavailable, "It took too long", "try again with the same key"},
		codeInternal:       {http.StatusInternalServerError, "Something went wrong here", "try again, then report the request id"},
	}
}

func playerCodes() map[string]code {
	const signIn = "sign in again"
	return map[string]code{
		"players.invalid_token":     {http.StatusUnauthorized, "The token is not valid", signIn},
		"players.token_expired":     {http.StatusUnauthorized, "The token has expired", signIn},
		"players.invalid_code":      {http.StatusUnauthorized, "The login code is wrong, used or expired", "send /login to the bot"},
		"players.invalid_init_data": {http.StatusUnauthorized, "initData was not signed for this bot", "send it unchanged"},
		"players.init_data_expired": {http.StatusUnauthorized, "initData is more than one hour old", "open the app again"},
		"players.not_member":        {http.StatusForbidden, "The player does not belong to the group", "join the group's chat and send /start there"},
		"players.not_found":         {http.StatusNotFound, "There is no such player", "send /start to the bot"},
		"players.group_not_found":   {http.StatusNotFound, "There is no such group", "list your groups with GET /v1/me/groups"},
		"players.tenant_not_found":  {http.StatusNotFound, "There is no such tenant or bot", "check the id"},
		"players.invalid_seed":      {http.StatusUnprocessableEntity, "The seed can't be used", "1 to 64 letters, digits, _ and -"},
	}
}

func gameCodes() map[string]code {
	return map[string]code{
		"games.round_not_found": {http.StatusNotFound, "There is no such round, or it takes no such action", "list rounds with GET /v1/groups/{group}/rounds"},
		"games.unknown_game":    {http.StatusNotFound, "There is no such game", "list games with GET /v1/games"},
		"games.round_closed":    {http.StatusConflict, "The round takes no more bets", "open or wait for another round"},
		"games.round_full":      {http.StatusConflict, "Every seat is taken", "open or wait for another round"},
		"games.round_running":   {http.StatusConflict, "A round is already running in this group", "join it, or wait for its end"},
		"games.already_bet":     {http.StatusConflict, "The player has bet in this round", "one player bets once here"},
		"games.too_early":       {http.StatusConflict, "It is too early for that", "wait for the run, or for its moment"},
		"games.too_late":        {http.StatusConflict, "It is too late for that", "there is nothing left to do in this round"},
		"games.no_bet":          {http.StatusConflict, "The player has no bet in this round", "bet while the window is open"},
		"games.already_acted":   {http.StatusConflict, "Every bet of the player has done that", "one act for each bet and slot"},
		"games.already_claimed": {http.StatusConflict, "The player has taken a share", "one share for each player"},
		"games.nothing_left":    {http.StatusConflict, "Every share is taken", "be faster next time"},
		"games.group_inactive":  {http.StatusConflict, "The group is not active", "an administrator of the chat sends /start or /resume"},
		"games.house_limit":     {http.StatusUnprocessableEntity, "The house can't cover more for now", "stake less, or try later"},
		"games.invalid_choice":  {http.StatusUnprocessableEntity, "The round has no such choice", "see the round's odds"},
		"games.invalid_stake":   {http.StatusUnprocessableEntity, "The stake is outside the limits", "see the game's config"},
		"games.invalid_params":  {http.StatusUnprocessableEntity, "The round can't be opened with these parameters", "see the game's config"},
		"games.invalid_seed":    {http.StatusUnprocessableEntity, "The seed can't be used", "1 to 64 letters, digits, _ and -"},
		"games.invalid_key":     {http.StatusBadRequest, "The Idempotency-Key can't be used", "1 to 128 characters"},
		"games.busy":            {http.StatusServiceUnavailable, "Too many requests at once for this player or round", "try again with the same key"},
	}
}

func ledgerCodes() map[string]code {
	return map[string]code{
		"ledger.transfer_not_found": {http.StatusNotFound, "There is no such transfer", "see the player's statement"},
		"ledger.already_reversed":   {http.StatusConflict, "The transfer was reversed before", "there is nothing left to do"},
		"ledger.not_reversible":     {http.StatusUnprocessableEntity, "A round, a hold and a reversal are not undone this way", "use an adjustment"},
		"ledger.unknown_asset":      {http.StatusUnprocessableEntity, "There is no such asset", "see GET /v1/operator/policies"},
		"ledger.account_not_found":  {http.StatusNotFound, "The group or the player does not exist", "check the ids"},
		"ledger.insufficient_funds": {http.StatusUnprocessableEntity, "The balance does not cover it", "stake at most the balance"},
		"ledger.key_reused":         {http.StatusConflict, "The Idempotency-Key was used for another request", "use a new key for a new request"},
	}
}
