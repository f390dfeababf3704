package api

import "net/http"

func operatorCodes() map[string]code {
	const signIn = "sign in again"
	return map[string]code{
		"operators.unauthenticated":     {http.StatusUnauthorized, "Nobody is signed in with this", signIn},
		"operators.invalid_credentials": {http.StatusUnauthorized, "The e-mail, the password or the code is wrong", "check all three"},
		"operators.code_required":       {http.StatusUnauthorized, "The account has a second factor", "send code too"},
		"operators.invalid_invitation":  {http.StatusUnauthorized, "The invitation is wrong, used or expired", "ask for a new one"},
		"operators.invalid_state":       {http.StatusUnauthorized, "The sign-in was not started here, or took too long", "start it again"},
		"operators.forbidden":           {http.StatusForbidden, "The roles, or the key's scopes, do not allow this", "see GET /v1/operator/roles"},
		"operators.step_up_required":    {http.StatusForbidden, "This needs the second factor now", "POST /v1/operator/auth/step-up, then try again"},
		"operators.session_required":    {http.StatusForbidden, "This is for a person who signed in", "sign in"},
		"operators.not_found":           {http.StatusNotFound, "There is no such operator", "list operators with GET /v1/operator/operators"},
		"operators.key_not_found":       {http.StatusNotFound, "There is no such API key", "list keys with GET /v1/operator/keys"},
		"operators.tenant_not_found":    {http.StatusNotFound, "There is no such tenant", "check the id"},
		"operators.oidc_off":            {http.StatusNotFound, "Single sign-on is not configured", "sign in with a password"},
		"operators.no_second_factor":    {http.StatusConflict, "The account has no second factor", "enrol with POST /v1/operator/me/totp"},
		"operators.email_taken":         {http.StatusConflict, "An operator has this e-mail", "use another one"},
		"operators.self":                {http.StatusConflict, "Nobody does this to their own account", "ask another operator"},
		"operators.last_owner":          {http.StatusConflict, "The last active owner stays", "make another owner first"},
		"operators.wrong_code":          {http.StatusUnprocessableEntity, "The code is wrong or was used before", "wait for the next code, or use a recovery code"},
		"operators.invalid":             {http.StatusUnprocessableEntity, "An input does not fit", "see field"},
		"operators.locked":              {http.StatusTooManyRequests, "Too many failures", "wait as long as Retry-After says"},
	}
}
