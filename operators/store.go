package operators

import (
	"time"

	"fairground/models"
)

// answer is what the functions of the database answer with.
type answer struct {
	Code        string        `json:"code"`
	Until       *time.Time    `json:"until"`
	Field       string        `json:"field"`
	Fix         string        `json:"fix"`
	Operator    int64         `json:"operator"`
	OperatorID  string        `json:"operator_id"`
	TenantID    string        `json:"tenant_id"`
	Name        string        `json:"name"`
	Roles       []models.Role `json:"roles"`
	Scopes      []Permission  `json:"scopes"`
	StepUpUntil *time.Time    `json:"step_up_until"`
	ExpiresAt   *time.Time    `json:"expires_at"`
}
