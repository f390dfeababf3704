package api

import "net/http"

func itemCodes() map[string]code {
	return map[string]code{
		"items.not_found":      {http.StatusNotFound, "There is no such item", "list items"},
		"items.changed":        {http.StatusConflict, "The item changed since it was read", "read it again"},
		"items.sold_out":       {http.StatusConflict, "The item is sold out", "choose another one"},
		"items.enough":         {http.StatusConflict, "One player buys no more of this item", "see most in data"},
		"items.used":           {http.StatusConflict, "The item was used", "list your items"},
		"items.expired":        {http.StatusConflict, "The item has expired", "list your items"},
		"items.active":         {http.StatusConflict, "One of this kind still counts", "use it after the other one"},
		"items.not_giftable":   {http.StatusUnprocessableEntity, "This item can't be given away", "use it yourself"},
		"items.self":           {http.StatusUnprocessableEntity, "The receiver has it already", "name another member"},
		"items.no_receiver":    {http.StatusUnprocessableEntity, "The receiver is no member of the group", "name a member"},
		"items.needs_round":    {http.StatusUnprocessableEntity, "An extra ticket is used in a round", "send bet"},
		"items.no_ticket":      {http.StatusUnprocessableEntity, "This item is no extra ticket", "leave bet out"},
		"items.other_game":     {http.StatusUnprocessableEntity, "The ticket is for another game", "see game in data"},
		"items.stake_too_high": {http.StatusUnprocessableEntity, "The ticket does not cover this stake", "see most in data"},
		"items.invalid":        {http.StatusUnprocessableEntity, "The item can't be kept", "see field"},
		"items.invalid_key":    {http.StatusBadRequest, "The Idempotency-Key can't be used", "1 to 128 characters"},
	}
}
