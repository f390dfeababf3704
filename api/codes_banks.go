package api

import "net/http"

func bankCodes() map[string]code {
	return map[string]code{
		"games.invalid_bank": {http.StatusUnprocessableEntity, "The bank of questions can't be taken", "see field"},
		"games.no_content":   {http.StatusConflict, "The bank of questions is not here", "import it with POST /v1/operator/question-banks, or change the config"},
	}
}
