package operators

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"fairground/models"
)

const ok = "ok"

// answer is what the functions of the database answer with.
type answer struct {
	Code        string        `json:"code"`
	Until       *time.Time    `json:"until"`
	Operator    int64         `json:"operator"`
	OperatorID  string        `json:"operator_id"`
	TenantID    string        `json:"tenant_id"`
	Name        string        `json:"name"`
	Roles       []models.Role `json:"roles"`
	Scopes      []Permission  `json:"scopes"`
	StepUpUntil *time.Time    `json:"step_up_until"`
	ExpiresAt   *time.Time    `json:"expires_at"`
}

// call asks one function of the database in one round trip. An answer that is not ok is an error.
func (o *Operators) call(ctx context.Context, tenant int64, act, sql string, args ...any) (answer, error) {
	var raw []byte
	if err := o.db.Call(ctx, tenant, sql, args, &raw); err != nil {
		return answer{}, fmt.Errorf("operators: %s: %w", act, err)
	}
	var a answer
	if err := json.Unmarshal(raw, &a); err != nil {
		return answer{}, fmt.Errorf("operators: %s: read the answer: %w", act, err)
	}
	if a.Code != ok {
		return answer{}, o.answerError(a)
	}
	return a, nil
}

// authority is who an answer speaks of.
func (a answer) authority(tenant int64, via Via, proof []byte) Authority {
	out := Authority{
		Tenant: tenant, Operator: a.Operator, TenantID: a.TenantID, OperatorID: a.OperatorID, Name: a.Name,
		Roles: a.Roles, Scopes: a.Scopes, Via: via, Proof: proof,
	}
	if a.StepUpUntil != nil {
		out.StepUpUntil = a.StepUpUntil.UTC()
	}
	return out
}
