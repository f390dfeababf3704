package models

import (
	"errors"
	"strings"
)

// Error is a refusal with a stable code. Edges translate the code; nothing moved.
type Error struct {
	Code    string         // "<room>.<reason>", for example "ledger.insufficient_funds"
	Message string         // for developers, in English
	Field   string         // the input that is wrong, if one is
	Fix     string         // what would be accepted
	Data    map[string]any // facts for the message, for example balance and needed
}

// E makes an error with a code and a message.
func E(code, message string) *Error { return &Error{Code: code, Message: message} }

// FieldError makes an error that names a field and its fix.
func FieldError(code, field, fix string) *Error {
	return &Error{Code: code, Message: field + ": " + fix, Field: field, Fix: fix}
}

// Error implements error.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Code)
	if e.Message != "" {
		b.WriteString(": ")
		b.WriteString(e.Message)
	}
	return b.String()
}

// Is compares by code, so that errors.Is works against a bare code.
func (e *Error) Is(target error) bool {
	t, ok := errors.AsType[*Error](target)
	return ok && t.Code == e.Code
}

// CodeOf is the code of the first Error in the chain, or the empty string.
func CodeOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}
