package api

import "net/http"

func oddsCodes() map[string]code {
	return map[string]code{
		"games.invalid_config":        {http.StatusUnprocessableEntity, "The config can't be used", "see field, and the game's schema"},
		"games.invalid_input":         {http.StatusUnprocessableEntity, "The input can't be used", "see field"},
		"games.return_outside_limits": {http.StatusUnprocessableEntity, "The return is outside the limits", "see data"},
		"games.not_in_future":         {http.StatusUnprocessableEntity, "The moment is not ahead", "send a later one, UTC"},
		"games.no_change":             {http.StatusUnprocessableEntity, "The version in force says the same", "change something"},
		"games.draft_not_found":       {http.StatusNotFound, "There is no such draft", "list drafts"},
		"games.version_not_found":     {http.StatusNotFound, "The game has no such version", "list its versions"},
		"games.same_person":           {http.StatusForbidden, "Another person has to approve this", "ask somebody else"},
		"games.approval_needed":       {http.StatusForbidden, "Odds change by draft and approval", "draft it"},
		"games.draft_decided":         {http.StatusConflict, "The draft was decided on", "read it again"},
		"games.stale_base":            {http.StatusConflict, "Another version is in force by now", "read it, look at the diff, rebase the draft"},
		"games.not_simulated":         {http.StatusConflict, "Nobody has simulated the draft", "simulate it first"},
		"games.already_scheduled":     {http.StatusConflict, "Another version is scheduled", "cancel it, or wait for it"},
		"games.stale":                 {http.StatusConflict, "It changed since it was read", "read it again"},
		"games.not_scheduled":         {http.StatusConflict, "The version is not waiting for its moment", "list the versions"},
	}
}
