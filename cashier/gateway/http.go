package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"time"
)

// Limits of every call to a gateway.
const (
	CallTimeout = 10 * time.Second
	MaxBody     = 1 << 20 // bytes of an answer that are read
)

// Caller makes HTTP calls the way every gateway must: bounded in time and size, following no redirect, and with errors that
// name neither the address nor a header, because either may carry a secret.
type Caller struct{ http *http.Client }

// NewCaller takes the client's transport; nil is a client with a transport of its own.
func NewCaller(client *http.Client) *Caller {
	own := http.Client{}
	if client != nil {
		own = *client
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Caller{http: &own}
}

// Call is one request.
type Call struct {
	Method, URL string
	Header      http.Header
	Body        []byte
}

// Answer is a response that was read to its end.
type Answer struct {
	Status int
	Body   []byte
}

// Doubtful tells whether a status says nothing definite of what the gateway did.
func (a Answer) Doubtful() bool {
	switch a.Status {
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusTooManyRequests:
		return true
	}
	return a.Status < 200 || a.Status >= 500 || (a.Status >= 300 && a.Status < 400)
}

// Do makes the call. Every failure, an answer that is too long included, is ErrUnknown: the request may have arrived.
func (c *Caller) Do(ctx context.Context, call Call) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, call.Method, call.URL, bytes.NewReader(call.Body))
	if err != nil {
		return Answer{}, fmt.Errorf("%w: the address cannot be used", ErrUnknown)
	}
	// The transport must never send a body again by itself: whether to repeat is the caller's decision.
	request.GetBody = nil
	maps.Copy(request.Header, call.Header)
	response, err := c.http.Do(request)
	if err != nil {
		return Answer{}, fmt.Errorf("%w: %s", ErrUnknown, transportReason(err))
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, MaxBody+1))
	if err != nil {
		return Answer{}, fmt.Errorf("%w: the answer broke off", ErrUnknown)
	}
	if len(body) > MaxBody {
		return Answer{}, fmt.Errorf("%w: the answer is too long", ErrUnknown)
	}
	return Answer{Status: response.StatusCode, Body: body}, nil
}

// transportReason says in general words why no answer came; the transport's own text may hold the address.
func transportReason(err error) string {
	var wrapped *url.Error
	if errors.Is(err, context.DeadlineExceeded) || (errors.As(err, &wrapped) && wrapped.Timeout()) {
		return "no answer in time"
	}
	if errors.Is(err, context.Canceled) {
		return "the call was cancelled"
	}
	return "no answer"
}

// CheckURL refuses a base address that is not http or https with a host. The message does not repeat it.
func CheckURL(field, address string) error {
	parsed, err := url.Parse(address)
	if err != nil || (parsed.Scheme != "https" && parsed.Scheme != "http") || parsed.Host == "" || parsed.User != nil {
		return fmt.Errorf("%w: %s must be an http or https address without a user", ErrSettings, field)
	}
	return nil
}
