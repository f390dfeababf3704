package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
)

// What a transaction can fail with, beside the caller's own errors.
var (
	// ErrBusy means that every retry met a lock or a concurrent writer. Nothing was written.
	ErrBusy = errors.New("postgres: busy, every retry met a concurrent writer")
	// ErrTimeout means that a statement ran into its time limit. Nothing was written.
	ErrTimeout = errors.New("postgres: a statement took too long")
	// ErrUnavailable means that the server can't be reached or the connection broke. If it
	// broke during the commit the outcome is unknown: ask again with the same key.
	ErrUnavailable = errors.New("postgres: the server is not reachable")
)

// The SQLSTATE codes this package gives a meaning.
const (
	codeSerialization    = "40001"
	codeDeadlock         = "40P01"
	codeLockNotAvailable = "55P03"
	codeQueryCanceled    = "57014"
	codeAdminShutdown    = "57P01"
	codeCrashShutdown    = "57P02"
	codeCannotConnectNow = "57P03"
)

// Code is the SQLSTATE of err, or empty when the database did not answer with one.
func Code(err error) string {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code
	}
	return ""
}

// retryable reports whether the transaction certainly left nothing behind and may pass when
// it is tried again.
func retryable(err error) bool {
	switch Code(err) {
	case codeSerialization, codeDeadlock, codeLockNotAvailable:
		return true
	case "":
		return pgconn.SafeToRetry(err)
	default:
		return false
	}
}

// explain adds the package's sentinel or the context's own error to what the driver said.
func explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if cause := ctx.Err(); cause != nil && !errors.Is(err, cause) {
		return fmt.Errorf("%w: %w", cause, err)
	}
	switch code := Code(err); {
	case retryable(err) && code != "":
		return fmt.Errorf("%w: %w", ErrBusy, err)
	case code == codeQueryCanceled && ctx.Err() == nil:
		return fmt.Errorf("%w: %w", ErrTimeout, err)
	case code == codeAdminShutdown, code == codeCrashShutdown, code == codeCannotConnectNow, broken(err):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// broken reports an error of the connection rather than of the statement.
func broken(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return true
	}
	return pgconn.SafeToRetry(err) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
