package players

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"strconv"
	"time"

	"fairground/internal/secret"
)

// SetPIN sets a player's PIN, 6 to 12 digits. old is the PIN until now or a code of the authenticator, and is needed when
// either is set. The first credential starts no cool-down, every change does. It returns ErrInvalidPIN, ErrWrongCode,
// ErrCredentialLocked or ErrNotFound.
func (p *Players) SetPIN(ctx context.Context, tenant, player int64, old, pin string) error {
	if weakPIN(pin) {
		return ErrInvalidPIN
	}
	shown, err := p.show(ctx, tenant, player, old)
	if err != nil {
		return err
	}
	kdf, check, err := p.pins.hash(ctx, p.pepper(tenant, player, pin))
	if err != nil {
		return err
	}
	return p.ask(ctx, tenant, "set a PIN", nil, `SELECT api_player_pin_set($1, $2, $3, $4, $5, $6, $7, $8)`,
		tenant, player, shown.key, shown.step, shown.attest, kdf, check, sum(p.attest(tenant, player)))
}

// EnrolTOTP makes a TOTP secret for a player, in force once ConfirmTOTP has seen a code of it. old is as in SetPIN. It
// returns ErrWrongCode, ErrCredentialLocked or ErrNotFound.
func (p *Players) EnrolTOTP(ctx context.Context, tenant, player int64, old string) (Enrolment, error) {
	shown, err := p.show(ctx, tenant, player, old)
	if err != nil {
		return Enrolment{}, err
	}
	who, err := p.Player(ctx, tenant, player)
	if err != nil {
		return Enrolment{}, err
	}
	enrolment, err := newTOTP(p.issuer, who.PublicID)
	if err != nil {
		return Enrolment{}, err
	}
	sealed, err := p.box.Seal(purposeTOTP, []byte(enrolment.Secret), ownerOf(tenant, player))
	if err != nil {
		return Enrolment{}, fmt.Errorf("players: seal a TOTP secret: %w", err)
	}
	err = p.ask(ctx, tenant, "enrol TOTP", nil, `SELECT api_player_totp_enrol($1, $2, $3, $4, $5, $6, $7)`,
		tenant, player, shown.key, shown.step, shown.attest, sealed, sum(p.attest(tenant, player)))
	if err != nil {
		return Enrolment{}, err
	}
	return enrolment, nil
}

// ConfirmTOTP puts the enrolled TOTP secret in force with one of its codes. It returns ErrWrongCode, ErrCredentialLocked,
// ErrNoCredential (nothing is enrolled) or ErrNotFound.
func (p *Players) ConfirmTOTP(ctx context.Context, tenant, player int64, code string) error {
	stored, err := p.credential(ctx, tenant, player)
	if err != nil {
		return err
	}
	if stored.pending == nil {
		return ErrNoCredential
	}
	step, err := p.totpStep(tenant, player, stored.pending, code)
	if err != nil {
		return err
	}
	return p.ask(ctx, tenant, "confirm TOTP", nil, `SELECT api_player_totp_confirm($1, $2, $3, $4, $5)`,
		tenant, player, stored.pending, step, p.attest(tenant, player))
}

// Credentials says what a player can prove themselves with. It returns ErrNotFound.
func (p *Players) Credentials(ctx context.Context, tenant, player int64) (CredentialState, error) {
	stored, err := p.credential(ctx, tenant, player)
	if err != nil {
		return CredentialState{}, err
	}
	out := CredentialState{HasPIN: stored.kdf != nil, HasTOTP: stored.sealed != nil, ChangedAt: moment(stored.changedAt)}
	if stored.lockedUntil != nil && stored.lockedUntil.After(p.clock.Now()) {
		out.LockedUntil = moment(stored.lockedUntil)
	}
	return out, nil
}

// Verify proves the player by PIN or TOTP and gives a verification: good for one use and this purpose, for 5 minutes.
// It returns ErrNoCredential, ErrWrongCode, ErrCredentialLocked or ErrNotFound.
func (p *Players) Verify(ctx context.Context, tenant, player int64, code string, purpose Purpose) (string, error) {
	shown, err := p.show(ctx, tenant, player, code)
	if err != nil {
		return "", err
	}
	token := secret.ID("v")
	err = p.ask(ctx, tenant, "verify a player", nil, `SELECT api_player_verify($1, $2, $3, $4, $5, $6, $7)`,
		tenant, player, shown.key, shown.step, shown.attest, string(purpose), sum([]byte(token)))
	if err != nil {
		return "", err
	}
	return token, nil
}

// ResetCredential takes a player's PIN and authenticator away and starts the cool-down, on an operator's authority
// (players.restrict, stepped up). It returns ErrNotFound and the refusals of an Actor.
func (p *Players) ResetCredential(ctx context.Context, a Actor, player int64) error {
	return p.ask(ctx, a.Tenant, "reset a credential", nil, `SELECT api_player_reset_credential($1, $2, $3, $4, $5, $6)`,
		a.Tenant, a.Via, a.Proof, player, a.Reason, a.RequestID)
}

// stored is a player's row of credentials; nil where there is nothing.
type storedCredential struct {
	kdf                    *string
	pending, sealed        []byte
	changedAt, lockedUntil *time.Time
}

func (p *Players) credential(ctx context.Context, tenant, player int64) (storedCredential, error) {
	var c storedCredential
	err := p.db.Call(ctx, tenant, `
		SELECT c.pin_kdf, c.totp_pending, c.totp_sealed, c.changed_at, c.locked_until FROM players p
		  LEFT JOIN player_credentials c ON c.tenant_id = p.tenant_id AND c.player_id = p.player_id
		 WHERE p.tenant_id = $1 AND p.player_id = $2`,
		[]any{tenant, player}, &c.kdf, &c.pending, &c.sealed, &c.changedAt, &c.lockedUntil)
	return c, orNotFound(err, ErrNotFound, "read a credential")
}

// shownCode is what a code proves: the key that the PIN derives, or the TOTP step that the program attests.
type shownCode struct {
	key    []byte
	step   *int64
	attest []byte
}

// show judges a code as both. The database decides, counts the failures and uses the step up.
func (p *Players) show(ctx context.Context, tenant, player int64, code string) (shownCode, error) {
	stored, err := p.credential(ctx, tenant, player)
	if err != nil || !digits(code) {
		return shownCode{}, err
	}
	if stored.lockedUntil != nil && stored.lockedUntil.After(p.clock.Now()) {
		return shownCode{}, nil // the database refuses, and no work is wasted on it
	}
	out := shownCode{attest: p.attest(tenant, player)}
	if stored.sealed != nil {
		if out.step, err = p.totpStep(tenant, player, stored.sealed, code); err != nil {
			return shownCode{}, err
		}
	}
	if stored.kdf != nil && out.step == nil {
		if out.key, err = p.pins.derive(ctx, p.pepper(tenant, player, code), *stored.kdf); err != nil {
			return shownCode{}, err
		}
	}
	return out, nil
}

// attest proves to the database that the program itself judged a code.
func (p *Players) attest(tenant, player int64) []byte {
	return p.macAttest("player/" + string(ownerOf(tenant, player)))
}

func (p *Players) macAttest(of string) []byte {
	mac := hmac.New(sha256.New, p.attestKey)
	mac.Write([]byte(of))
	return mac.Sum(nil)
}

// pepper keys a PIN with the master secret: so few digits could be tried out by whoever reads the table.
func (p *Players) pepper(tenant, player int64, pin string) string {
	mac := hmac.New(sha256.New, p.pinKey)
	mac.Write(ownerOf(tenant, player))
	mac.Write([]byte{'/'})
	mac.Write([]byte(pin))
	return string(mac.Sum(nil))
}

// ownerOf binds what is sealed to its player.
func ownerOf(tenant, player int64) []byte {
	return []byte(strconv.FormatInt(tenant, 10) + "/" + strconv.FormatInt(player, 10))
}

func sum(value []byte) []byte {
	s := sha256.Sum256(value)
	return s[:]
}

// moment is a nullable time in UTC; zero for null.
func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
