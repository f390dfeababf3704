package gateway

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"fairground/internal/clock"
)

// window is how far a timestamp may be from the clock, either way.
const window = 5 * time.Minute

// Sign makes the three headers: HMAC-SHA256 of timestamp + "." + nonce + "." + body.
func Sign(secret []byte, at time.Time, nonce string, body []byte) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(stamp + "." + nonce + "."))
	h.Write(body)
	header := http.Header{}
	header.Set("X-Fairground-Timestamp", stamp)
	header.Set("X-Fairground-Nonce", nonce)
	header.Set("X-Fairground-Signature", hex.EncodeToString(h.Sum(nil)))
	return header
}

// genuine compares the signature in constant time, then the age, and takes each nonce once.
func (s *Server) genuine(header http.Header, body []byte) bool {
	nonce, now := header.Get("X-Fairground-Nonce"), s.clock.Now()
	seconds, err := strconv.ParseInt(header.Get("X-Fairground-Timestamp"), 10, 64)
	if err != nil || len(nonce) < 16 || len(nonce) > 128 {
		return false
	}
	at := time.Unix(seconds, 0)
	want := Sign(s.secret, at, nonce, body).Get("X-Fairground-Signature")
	if !hmac.Equal([]byte(want), []byte(header.Get("X-Fairground-Signature"))) || now.Sub(at).Abs() > window {
		return false
	}
	if _, used := s.nonces[nonce]; used {
		return false
	}
	for old, then := range s.nonces {
		if now.Sub(then) > 2*window {
			delete(s.nonces, old)
		}
	}
	s.nonces[nonce] = now
	return true
}

// callBack tells of an event until it is taken: signed anew each time, after 0.1, 0.2, 0.4 … seconds, ten times.
func (s *Server) callBack(url string, event map[string]any) {
	body, err := json.Marshal(map[string]any{"events": []any{event}})
	if url == "" || err != nil {
		return
	}
	s.calls.Go(func() {
		ctx, wait := context.Background(), 100*time.Millisecond
		for range 10 {
			if s.send(ctx, url, body) || clock.Sleep(ctx, s.clock, wait) != nil {
				return
			}
			wait *= 2
		}
	})
}

func (s *Server) send(ctx context.Context, url string, body []byte) bool {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return false
	}
	var nonce [16]byte
	_, _ = rand.Read(nonce[:]) // crypto/rand.Read never fails: it aborts the program instead
	request.Header = Sign(s.secret, s.clock.Now(), hex.EncodeToString(nonce[:]), body)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode >= 200 && response.StatusCode < 300
}
