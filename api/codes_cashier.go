package api

import "net/http"

func cashierCodes() map[string]code {
	return map[string]code{
		"cashier.withdrawal_not_found": {http.StatusNotFound, "There is no such withdrawal", "list withdrawals"},
		"cashier.address_not_found":    {http.StatusNotFound, "There is no such payout address", "list addresses with GET /v1/me/addresses"},
		"cashier.address_exists":       {http.StatusConflict, "The destination is in the address book", "use the address that is there"},
		"cashier.too_late":             {http.StatusConflict, "The withdrawal can't be taken back any more", "wait for its end"},
		"cashier.wrong_stage":          {http.StatusConflict, "It is not at this stage", "read it again"},
		"cashier.stale":                {http.StatusConflict, "It changed since it was read", "read it again, then decide"},
		"cashier.claimed":              {http.StatusConflict, "Somebody else has claimed the withdrawal", "wait until the claim ends"},
		"cashier.already_decided":      {http.StatusConflict, "The stage was decided", "read it again"},
		"cashier.items_waiting":        {http.StatusConflict, "Thresholds, and where an account pays from, stay while withdrawals wait", "finish those first"},
		"cashier.same_person":          {http.StatusForbidden, "Another person has to decide this", "ask somebody else"},
		"cashier.own_withdrawal":       {http.StatusForbidden, "Nobody decides on their own withdrawal", "ask somebody else"},
		"cashier.address_waiting":      {http.StatusUnprocessableEntity, "A new address has a waiting period", "wait until the time in data"},
		"cashier.cooldown":             {http.StatusUnprocessableEntity, "The credential changed a short time ago", "wait until the time in data"},
		"cashier.asset_off":            {http.StatusUnprocessableEntity, "The asset is not enabled", "see GET /v1/me/gateways"},
		"cashier.gateway_off":          {http.StatusUnprocessableEntity, "The gateway does not take this", "see GET /v1/me/gateways"},
		"cashier.amount_too_low":       {http.StatusUnprocessableEntity, "The amount is below the minimum", "see min in data"},
		"cashier.amount_too_high":      {http.StatusUnprocessableEntity, "The amount is above the maximum", "see max in data"},
		"cashier.daily_limit":          {http.StatusUnprocessableEntity, "The daily amount would be exceeded", "see left in data"},
		"cashier.reason_required":      {http.StatusUnprocessableEntity, "A reason is needed", "send reason_code"},
		"cashier.invalid_verdict":      {http.StatusUnprocessableEntity, "The stage has no such verdict", "see its status"},
		"cashier.invalid_policy":       {http.StatusUnprocessableEntity, "The policy can't be used", "see field"},
		"cashier.invalid_settings":     {http.StatusUnprocessableEntity, "The settings can't be used", "see field"},
		"cashier.reference_required":   {http.StatusUnprocessableEntity, "The reference of the payment is needed", "send gateway_ref"},
		"cashier.invalid_address":      {http.StatusUnprocessableEntity, "The payout address can't be used", "check it"},
		"cashier.invalid_amount":       {http.StatusUnprocessableEntity, "The amount can't be used", "a positive number of minor units"},
		"cashier.invalid_key":          {http.StatusBadRequest, "The Idempotency-Key can't be used", "1 to 128 characters"},
		"cashier.invalid_sort":         {http.StatusBadRequest, "The list has no such order", "see /docs"},
		"cashier.invalid_tab":          {http.StatusBadRequest, "The list has no such tab", "see /docs"},
		"cashier.payouts_stopped":      {http.StatusServiceUnavailable, "Payouts are stopped for now", "resolve the incident that stops them"},
	}
}

func adjustmentCodes() map[string]code {
	return map[string]code{
		"cashier.adjustment_not_found": {http.StatusNotFound, "There is no such adjustment", "list adjustments"},
		"cashier.incident_not_found":   {http.StatusNotFound, "There is no such incident", "list incidents"},
		"cashier.incident_resolved":    {http.StatusConflict, "The incident was resolved before", "there is nothing left to do"},
		"cashier.adjustment_expired":   {http.StatusConflict, "The request waited for too long", "ask again"},
		"cashier.reversal_waiting":     {http.StatusConflict, "Another reversal of the transfer waits", "decide on that one"},
		"cashier.above_limit":          {http.StatusForbidden, "One person gives no payment of this amount to another player", "refund it, or dismiss it and ask for an adjustment"},
		"cashier.own_account":          {http.StatusForbidden, "Nobody moves money of their own player", "ask somebody else"},
		"cashier.invalid_input":        {http.StatusUnprocessableEntity, "An input does not fit", "see field"},
	}
}

func depositCodes() map[string]code {
	return map[string]code{
		"cashier.deposit_not_found":   {http.StatusNotFound, "There is no such deposit", "list deposits"},
		"cashier.payment_not_found":   {http.StatusNotFound, "There is no such payment", "check the id"},
		"cashier.account_not_found":   {http.StatusNotFound, "There is no such gateway account", "list gateways"},
		"cashier.item_not_found":      {http.StatusNotFound, "There is no such payment in quarantine", "list the quarantine"},
		"cashier.already_resolved":    {http.StatusConflict, "The payment was resolved", "read it again"},
		"cashier.title_taken":         {http.StatusConflict, "Another account has this title", "use another one"},
		"cashier.deposit_closed":      {http.StatusConflict, "The deposit takes no payment any more", "begin another one"},
		"cashier.too_many_deposits":   {http.StatusConflict, "Too many deposits wait for their payment", "pay one, or wait until it expires"},
		"cashier.not_refundable":      {http.StatusConflict, "Only a credited deposit can be refunded", "read it again"},
		"cashier.not_confirming":      {http.StatusConflict, "The deposit waits for no confirmation", "see its status"},
		"cashier.only_dismiss":        {http.StatusConflict, "The payment was credited", "dismiss the entry"},
		"cashier.no_price":            {http.StatusUnprocessableEntity, "No price is published for this number of Stars", "see stars of GET /v1/me/gateways"},
		"cashier.amount_mismatch":     {http.StatusUnprocessableEntity, "The amount is not the deposit's", "pay exactly that"},
		"cashier.other_payer":         {http.StatusForbidden, "Only the deposit's player may pay it", "begin a deposit of your own"},
		"cashier.gateway_refused":     {http.StatusUnprocessableEntity, "The gateway refuses this deposit", "use another gateway or amount"},
		"cashier.asset_unknown":       {http.StatusUnprocessableEntity, "There is no such cash asset", "see GET /v1/operator/policies"},
		"cashier.invalid_account":     {http.StatusUnprocessableEntity, "The gateway account can't be used", "see field"},
		"cashier.invalid_prices":      {http.StatusUnprocessableEntity, "The price list can't be used", "see field"},
		"cashier.invalid_act":         {http.StatusUnprocessableEntity, "It can't be resolved like this", "credit, refund or dismiss"},
		"cashier.player_required":     {http.StatusUnprocessableEntity, "Nobody is known to credit", "send group and player"},
		"cashier.not_creditable":      {http.StatusUnprocessableEntity, "What was paid is no asset here", "refund or dismiss it"},
		"cashier.refund_unsupported":  {http.StatusUnprocessableEntity, "The gateway makes no refunds", "pay it back by hand and dismiss"},
		"cashier.refund_refused":      {http.StatusUnprocessableEntity, "The gateway refused the refund", "ask the gateway"},
		"cashier.reason_missing":      {http.StatusUnprocessableEntity, "A reason is needed", "1 to 1000 characters"},
		"cashier.gateway_unavailable": {http.StatusServiceUnavailable, "The gateway does not answer", "try again with the same key"},
	}
}

func hookCodes() map[string]code {
	return map[string]code{
		"hooks.forged":            {http.StatusUnauthorized, "The signature does not fit the body", "sign the bytes as they are sent"},
		"hooks.stale":             {http.StatusBadRequest, "The callback is too old or too far ahead", "check the clock, then send it again"},
		"hooks.malformed":         {http.StatusBadRequest, "The body can't be read", "see the gateway's document"},
		"hooks.account_not_found": {http.StatusNotFound, "There is no such account", "check the address of the hook"},
	}
}
