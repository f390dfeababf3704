package sumsub

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"fairground/players/kyc"
)

// errExists means that the player has an applicant already.
var errExists = errors.New("kyc: the applicant exists")

const maxAnswer = 1 << 20

// call sends one signed request. Whatever goes wrong is ErrUnavailable; messages hold no body, which may be personal.
func (p *provider) call(ctx context.Context, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("kyc: write a request: %w", err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, p.base+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("kyc: make a request: %w", err)
	}
	stamp := strconv.FormatInt(p.settings.Clock.Now().Unix(), 10)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("X-App-Token", p.token)
	req.Header.Set("X-App-Access-Ts", stamp)
	req.Header.Set("X-App-Access-Sig", signature(p.key, stamp, method, path, body))
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := p.settings.HTTP.Do(req)
	if err != nil {
		return fmt.Errorf("%w: %w", kyc.ErrUnavailable, err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode == http.StatusConflict {
		return errExists
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%w: it answered with %d", kyc.ErrUnavailable, res.StatusCode)
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxAnswer)).Decode(out); err != nil {
		return fmt.Errorf("%w: the answer can't be read", kyc.ErrUnavailable)
	}
	return nil
}

// signature is the hex HMAC-SHA256 of the time, the method, the path with its query, and the body.
func signature(key []byte, stamp, method, path string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(stamp + method + path))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}
