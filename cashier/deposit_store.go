package cashier

import (
	"encoding/json"
	"fmt"
	"time"

	"fairground/models"
)

// depositRow is Deposit as api_deposit_view gives it.
type depositRow struct {
	Tenant        int64                `json:"tenant"`
	Group         int64                `json:"group"`
	Player        int64                `json:"player"`
	ID            string               `json:"id"`
	GroupID       string               `json:"group_id"`
	PlayerID      string               `json:"player_id"`
	PlayerName    string               `json:"player_name"`
	Account       string               `json:"account"`
	Kind          string               `json:"kind"`
	Asset         string               `json:"asset"`
	Scale         int                  `json:"scale"`
	Amount        int64                `json:"amount"`
	CreditAsset   string               `json:"credit_asset"`
	CreditScale   int                  `json:"credit_scale"`
	Credit        int64                `json:"credit"`
	Status        models.DepositStatus `json:"status"`
	Reason        string               `json:"reason"`
	URL           string               `json:"url"`
	Address       string               `json:"address"`
	Memo          string               `json:"memo"`
	Ref           string               `json:"ref"`
	Tx            string               `json:"tx"`
	Confirmations int                  `json:"confirmations"`
	Needed        int                  `json:"needed"`
	Refund        RefundState          `json:"refund"`
	CreatedAt     time.Time            `json:"created_at"`
	UpdatedAt     time.Time            `json:"updated_at"`
	ExpiresAt     time.Time            `json:"expires_at"`
	EndedAt       *time.Time           `json:"ended_at"`
}

// readDeposit reads a view; times come out in UTC.
func readDeposit(raw []byte) (Deposit, error) {
	var row depositRow
	if err := json.Unmarshal(raw, &row); err != nil {
		return Deposit{}, fmt.Errorf("cashier: read a deposit: %w", err)
	}
	d := Deposit(row)
	d.CreatedAt, d.UpdatedAt, d.ExpiresAt = d.CreatedAt.UTC(), d.UpdatedAt.UTC(), d.ExpiresAt.UTC()
	if d.EndedAt != nil {
		*d.EndedAt = d.EndedAt.UTC()
	}
	return d, nil
}

// quarantineRow is QuarantineItem as api_quarantine_view gives it.
type quarantineRow struct {
	ID              string                  `json:"id"`
	Account         string                  `json:"account"`
	Tx              string                  `json:"tx"`
	Deposit         string                  `json:"deposit"`
	GroupID         string                  `json:"group_id"`
	PlayerID        string                  `json:"player_id"`
	Asset           string                  `json:"asset"`
	Scale           int                     `json:"scale"`
	Amount          int64                   `json:"amount"`
	State           PaymentState            `json:"state"`
	Why             models.QuarantineReason `json:"why"`
	Status          models.QuarantineStatus `json:"status"`
	Refund          RefundState             `json:"refund"`
	Reason          string                  `json:"reason"`
	ResolvedBy      string                  `json:"resolved_by"`
	CreditedTo      string                  `json:"credited_to"`
	PaidAt          time.Time               `json:"paid_at"`
	ReceivedAt      time.Time               `json:"received_at"`
	ResolvedAt      *time.Time              `json:"resolved_at"`
	PayerTelegramID int64                   `json:"payer"`
	IntentAmount    int64                   `json:"intent_amount"`
	IntentScale     int                     `json:"intent_scale"`
	IntentAsset     string                  `json:"intent_asset"`
	PlayerFullName  string                  `json:"player_name"`
}

func readQuarantine(raw []byte) (QuarantineItem, error) {
	var row quarantineRow
	if err := json.Unmarshal(raw, &row); err != nil {
		return QuarantineItem{}, fmt.Errorf("cashier: read a payment in quarantine: %w", err)
	}
	q := QuarantineItem(row)
	q.PaidAt, q.ReceivedAt = q.PaidAt.UTC(), q.ReceivedAt.UTC()
	if q.ResolvedAt != nil {
		*q.ResolvedAt = q.ResolvedAt.UTC()
	}
	return q, nil
}
