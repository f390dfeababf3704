package players

import (
	"crypto/subtle"
	"fmt"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
)

const (
	totpPeriod = 30
	// totpSkew is how many periods a device's clock may be off.
	totpSkew = 1
)

func newTOTP(issuer, account string) (Enrolment, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: account, Period: totpPeriod, SecretSize: 20})
	if err != nil {
		return Enrolment{}, fmt.Errorf("players: make a TOTP secret: %w", err)
	}
	return Enrolment{Secret: key.Secret(), URL: key.URL()}, nil
}

// totpStep is the time step whose code this is; nil for a wrong code. The database takes each step once.
func (p *Players) totpStep(tenant, player int64, sealed []byte, code string) (*int64, error) {
	plain, err := p.box.Open(purposeTOTP, sealed, ownerOf(tenant, player))
	if err != nil {
		return nil, fmt.Errorf("players: open a TOTP secret: %w", err)
	}
	return stepOf(string(plain), code, p.clock.Now())
}

func stepOf(secret, code string, now time.Time) (*int64, error) {
	present := now.Unix() / totpPeriod
	for step := present - totpSkew; step <= present+totpSkew; step++ {
		//nolint:gosec // a time step of this century is positive
		want, err := hotp.GenerateCodeCustom(secret, uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err != nil {
			return nil, fmt.Errorf("players: make a TOTP code: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			return &step, nil
		}
	}
	return nil, nil //nolint:nilnil // a wrong code has no step, and the database counts it
}
