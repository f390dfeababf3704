package operators

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"fairground/internal/secret"
	"fairground/models"
)

const (
	maxName   = 64
	maxReason = 500
)

// Create adds an operator without an invitation, while the tenant has no active owner: the first owner closes this
// door, so a seed makes the owner last. It returns ErrOwnerExists, ErrEmailTaken, ErrTenantNotFound, or
// operators.invalid, which names the field.
func (o *Operators) Create(ctx context.Context, in NewOperator) (models.Operator, error) {
	in.Email = cleanEmail(in.Email)
	if err := checkPerson(in.Email, in.Name, in.Roles); err != nil {
		return models.Operator{}, err
	}
	if err := checkPassword(in.Password); err != nil {
		return models.Operator{}, err
	}
	kdf, check, err := o.hashPassword(ctx, in.Password)
	if err != nil {
		return models.Operator{}, err
	}
	row := o.row(in.Email, in.Name, in.Roles)
	row["kdf"], row["check"] = kdf, hex.EncodeToString(check)
	text, err := json.Marshal(row)
	if err != nil {
		return models.Operator{}, fmt.Errorf("operators: write an operator: %w", err)
	}
	a, err := o.call(ctx, in.Tenant, "create an operator", `SELECT api_operator_create($1, $2, $3)`, in.Tenant, text, "")
	if err != nil {
		return models.Operator{}, err
	}
	return o.read(ctx, in.Tenant, a.OperatorID)
}

// row is what the database stores of a new person.
func (o *Operators) row(email, name string, roles []models.Role) map[string]any {
	id := secret.ID("o")
	sum := proofOf(string(o.attest(id)))
	return map[string]any{
		"id": id, "email": email, "email_key": hex.EncodeToString(o.emailKey(email)), "name": name, "roles": roles,
		"attest": hex.EncodeToString(sum),
	}
}

func checkPerson(email, name string, roles []models.Role) error {
	if err := checkEmail(email); err != nil {
		return err
	}
	if err := checkName(name); err != nil {
		return err
	}
	return checkRoles(roles)
}

func checkName(name string) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > maxName || !utf8.ValidString(name) {
		return invalid("name", fmt.Sprintf("use 1 to %d characters", maxName))
	}
	return nil
}

func checkRoles(roles []models.Role) error {
	known := Roles()
	seen := map[models.Role]bool{}
	for _, role := range roles {
		if !slices.Contains(known, role) || seen[role] {
			return invalid("roles", fmt.Sprintf("use each of %v at most once", known))
		}
		seen[role] = true
	}
	if len(roles) == 0 {
		return invalid("roles", fmt.Sprintf("give at least one of %v", known))
	}
	return nil
}

func checkReason(reason string) error {
	if n := utf8.RuneCountInString(reason); n < 1 || n > maxReason || !utf8.ValidString(reason) {
		return invalid("reason", fmt.Sprintf("say why in 1 to %d characters", maxReason))
	}
	return nil
}

// Invite asks a person to become an operator. The token is good once and for 72 hours; only its hash is stored. A person
// who has not taken up an invitation is invited anew, and the old one ends. It needs operators.manage and a step-up and
// returns ErrEmailTaken, operators.invalid and the refusals of an authority.
func (o *Operators) Invite(ctx context.Context, a Authority, in Invitation) (string, models.Operator, error) {
	in.Email = cleanEmail(in.Email)
	if err := checkPerson(in.Email, in.Name, in.Roles); err != nil {
		return "", models.Operator{}, err
	}
	if err := checkReason(in.Reason); err != nil {
		return "", models.Operator{}, err
	}
	text, err := json.Marshal(o.row(in.Email, in.Name, in.Roles))
	if err != nil {
		return "", models.Operator{}, fmt.Errorf("operators: write an operator: %w", err)
	}
	token := newToken(prefixInvitation, a.TenantID)
	got, err := o.call(ctx, a.Tenant, "invite", `SELECT api_operator_invite($1, $2, $3, $4, $5, $6, $7)`,
		a.Tenant, string(a.Via), a.Proof, text, proofOf(token), in.Reason, a.RequestID)
	if err != nil {
		return "", models.Operator{}, err
	}
	who, err := o.read(ctx, a.Tenant, got.OperatorID)
	return token, who, err
}

// Accept takes an invitation up with a password and signs in. It returns ErrInvalidInvitation for a wrong, used or
// expired token and does not tell which, and operators.invalid for the password.
func (o *Operators) Accept(ctx context.Context, token, password string) (Session, error) {
	tenant, publicID, err := o.tenantOf(ctx, prefixInvitation, token, ErrInvalidInvitation)
	if err != nil {
		return Session{}, err
	}
	if err := checkPassword(password); err != nil {
		return Session{}, err
	}
	kdf, check, err := o.hashPassword(ctx, password)
	if err != nil {
		return Session{}, err
	}
	return o.open(tenant, publicID, func(proof []byte) (answer, error) {
		return o.call(ctx, tenant, "accept an invitation", `SELECT api_operator_accept($1, $2, $3, $4, $5, $6)`,
			tenant, proofOf(token), kdf, check, proof, "")
	})
}

// SetRoles replaces an operator's roles. Nobody changes their own (ErrSelf) and the last active owner keeps that role
// (ErrLastOwner). It needs operators.manage and a step-up.
func (o *Operators) SetRoles(ctx context.Context, a Authority, operator string, roles []models.Role, reason string) error {
	if err := checkRoles(roles); err != nil {
		return err
	}
	if err := checkReason(reason); err != nil {
		return err
	}
	_, err := o.call(ctx, a.Tenant, "change roles", `SELECT api_operator_roles($1, $2, $3, $4, $5, $6, $7)`,
		a.Tenant, string(a.Via), a.Proof, operator, texts(roles), reason, a.RequestID)
	return err
}

// Disable shuts an operator out: sessions, keys, invitations and step-ups end at once. It returns ErrNotFound, ErrSelf or
// ErrLastOwner. It needs operators.manage and a step-up.
func (o *Operators) Disable(ctx context.Context, a Authority, operator, reason string) error {
	return o.setStatus(ctx, a, operator, true, reason)
}

// Enable lets a disabled operator sign in again; keys stay revoked. It needs operators.manage and a step-up.
func (o *Operators) Enable(ctx context.Context, a Authority, operator, reason string) error {
	return o.setStatus(ctx, a, operator, false, reason)
}

func (o *Operators) setStatus(ctx context.Context, a Authority, operator string, disable bool, reason string) error {
	if err := checkReason(reason); err != nil {
		return err
	}
	_, err := o.call(ctx, a.Tenant, "change an operator's status", `SELECT api_operator_status($1, $2, $3, $4, $5, $6, $7)`,
		a.Tenant, string(a.Via), a.Proof, operator, disable, reason, a.RequestID)
	return err
}

// ResetSecondFactor takes a lost device and the recovery codes off another operator's account and ends their sessions.
// It needs operators.manage and a step-up.
func (o *Operators) ResetSecondFactor(ctx context.Context, a Authority, operator, reason string) error {
	if err := checkReason(reason); err != nil {
		return err
	}
	_, err := o.call(ctx, a.Tenant, "reset a second factor", `SELECT api_operator_reset_factor($1, $2, $3, $4, $5, $6)`,
		a.Tenant, string(a.Via), a.Proof, operator, reason, a.RequestID)
	return err
}

// ChangePassword sets a new password and ends the operator's other sessions. Where a second factor exists it needs a
// step-up. It returns ErrInvalidCredentials for a wrong old one, ErrLocked and operators.invalid.
func (o *Operators) ChangePassword(ctx context.Context, a Authority, old, fresh string) error {
	if err := checkPassword(fresh); err != nil {
		return err
	}
	who, err := o.account(ctx, a.Tenant, `operator_id = $2`, a.Operator)
	if err != nil {
		return err
	}
	key, err := o.deriveKey(ctx, old, who.kdf)
	if err != nil {
		return err
	}
	kdf, check, err := o.hashPassword(ctx, fresh)
	if err != nil {
		return err
	}
	_, err = o.call(ctx, a.Tenant, "change a password", `SELECT api_operator_password($1, $2, $3, $4, $5, $6, $7)`,
		a.Tenant, string(a.Via), a.Proof, key, kdf, check, a.RequestID)
	return err
}

// texts turns typed strings into plain ones for the database.
func texts[T ~string](in []T) []string {
	out := make([]string, 0, len(in))
	for _, one := range in {
		out = append(out, string(one))
	}
	return out
}
