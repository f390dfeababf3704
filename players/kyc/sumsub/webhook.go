package sumsub

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"net/http"
	"strings"
	"time"

	"fairground/players/kyc"
)

// The headers of a callback.
const (
	HeaderDigest = "X-Payload-Digest"
	HeaderAlg    = "X-Payload-Digest-Alg"
)

// The digests that are taken. SHA-1, which the provider also knows, is not.
const (
	algSHA256 = "HMAC_SHA256_HEX"
	algSHA512 = "HMAC_SHA512_HEX"
)

type webhook struct {
	ApplicantID    string `json:"applicantId"`
	ExternalUserID string `json:"externalUserId"`
	LevelName      string `json:"levelName"`
	Type           string `json:"type"`
	CreatedAt      string `json:"createdAt"`
	CreatedAtMs    string `json:"createdAtMs"`
	ReviewResult   struct {
		Answer     string   `json:"reviewAnswer"`
		Labels     []string `json:"rejectLabels"`
		RejectType string   `json:"reviewRejectType"`
	} `json:"reviewResult"`
}

// ParseWebhook verifies the digest of the body before anything is read of it.
func (p *provider) ParseWebhook(header http.Header, body []byte, _ time.Time) (kyc.Result, error) {
	if !p.genuine(header, body) {
		return kyc.Result{}, kyc.ErrForged
	}
	var w webhook
	if err := json.Unmarshal(body, &w); err != nil {
		return kyc.Result{}, fmt.Errorf("%w: %w", kyc.ErrMalformed, err)
	}
	status, known := w.status()
	if !known || w.LevelName != p.levelName {
		return kyc.Result{}, kyc.ErrIrrelevant
	}
	at, ok := w.at()
	if !ok || w.ApplicantID == "" || w.ExternalUserID == "" {
		return kyc.Result{}, fmt.Errorf("%w: the applicant or the time is missing", kyc.ErrMalformed)
	}
	r := kyc.Result{Player: w.ExternalUserID, Ref: w.ApplicantID, Status: status, CreatedAt: at}
	if status == kyc.Approved {
		r.Level = p.level
	} else {
		r.Reason = strings.Join(w.ReviewResult.Labels, ", ")
	}
	return r, nil
}

func (p *provider) genuine(header http.Header, body []byte) bool {
	var digest func() hash.Hash
	switch header.Get(HeaderAlg) {
	case algSHA256:
		digest = sha256.New
	case algSHA512:
		digest = sha512.New
	default:
		return false
	}
	mac := hmac.New(digest, p.webhook)
	mac.Write(body)
	return hmac.Equal([]byte(strings.ToLower(header.Get(HeaderDigest))), []byte(hex.EncodeToString(mac.Sum(nil))))
}

// status is what the callback decides; false when it decides nothing. A rejection that the person may answer with better
// documents is still pending.
func (w webhook) status() (kyc.Status, bool) {
	switch w.Type {
	case "applicantPending", "applicantOnHold", "applicantAwaitingUser", "applicantAwaitingService", "applicantReset":
		return kyc.Pending, true
	case "applicantReviewed":
		switch {
		case w.ReviewResult.Answer == "GREEN":
			return kyc.Approved, true
		case w.ReviewResult.Answer == "RED" && w.ReviewResult.RejectType == "RETRY":
			return kyc.Pending, true
		case w.ReviewResult.Answer == "RED":
			return kyc.Rejected, true
		}
	}
	return "", false
}

// at is when the result came to be, to the millisecond where that is told.
func (w webhook) at() (time.Time, bool) {
	if at, err := time.Parse("2006-01-02 15:04:05.999", w.CreatedAtMs); err == nil {
		return at.UTC(), true
	}
	at, err := time.Parse("2006-01-02 15:04:05Z0700", w.CreatedAt)
	return at.UTC(), err == nil
}
