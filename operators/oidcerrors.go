package operators

import (
	"errors"

	"golang.org/x/oauth2"
)

// asRetrieve takes the code out of a token endpoint's refusal, whose own text may quote a token.
func asRetrieve(err error) (string, bool) {
	answered, is := errors.AsType[*oauth2.RetrieveError](err)
	if !is {
		return "", false
	}
	return answered.ErrorCode, true
}

// hideNotFound makes an unknown account look like any other failure to sign in.
func hideNotFound(err error) error {
	if errors.Is(err, ErrNotFound) {
		return ErrInvalidCredentials
	}
	return err
}
