package operators

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"fairground/models"
)

const (
	defaultPage = 50
	maxPage     = 100
	maxLogPage  = 200
)

const operatorColumns = `tenant_id, operator_id, public_id, email, name, roles, status, totp_confirmed_at IS NOT NULL, telegram_id, signed_in_at, created_at`

// List reads the operators of the tenant by age. It needs operators.read.
func (o *Operators) List(ctx context.Context, a Authority, f Filter) (Page, error) {
	if err := a.Allow(OperatorsRead); err != nil {
		return Page{}, err
	}
	after, err := cursor(f.Cursor)
	if err != nil {
		return Page{}, err
	}
	limit := clamp(f.Limit, maxPage)
	var list []models.Operator
	err = o.db.InTenant(ctx, a.Tenant, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+operatorColumns+` FROM operators
			WHERE tenant_id = $1 AND operator_id > $2 AND ($3 = '' OR status = $3) AND ($4 = '' OR $4 = ANY (roles))
			ORDER BY operator_id LIMIT $5`, a.Tenant, after, string(f.Status), string(f.Role), limit+1)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (models.Operator, error) { return scanOperator(row) })
		return err
	})
	if err != nil {
		return Page{}, fmt.Errorf("operators: list: %w", err)
	}
	if len(list) <= limit {
		return Page{Operators: list}, nil
	}
	return Page{Operators: list[:limit], Next: strconv.FormatInt(list[limit-1].ID, 10)}, nil
}

// Get reads one operator. It needs operators.read unless the operator asks for itself, and returns ErrNotFound.
func (o *Operators) Get(ctx context.Context, a Authority, operator string) (models.Operator, error) {
	if operator != a.OperatorID {
		if err := a.Allow(OperatorsRead); err != nil {
			return models.Operator{}, err
		}
	}
	return o.read(ctx, a.Tenant, operator)
}

// Name is what an operator is called among colleagues, for what the installation itself writes. Errors: ErrNotFound.
func (o *Operators) Name(ctx context.Context, tenant int64, operator string) (string, error) {
	who, err := o.read(ctx, tenant, operator)
	return who.Name, err
}

func (o *Operators) read(ctx context.Context, tenant int64, operator string) (models.Operator, error) {
	var who models.Operator
	err := o.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) (err error) {
		who, err = scanOperator(tx.QueryRow(ctx, `SELECT `+operatorColumns+` FROM operators WHERE tenant_id = $1 AND public_id = $2`, tenant, operator))
		return err
	})
	return who, orNotFound(err, ErrNotFound, "read an operator")
}

func scanOperator(row pgx.Row) (models.Operator, error) {
	var who models.Operator
	var roles []string
	err := row.Scan(&who.TenantID, &who.ID, &who.PublicID, &who.Email, &who.Name, &roles, &who.Status, &who.SecondFactor,
		&who.TelegramID, &who.SignedInAt, &who.CreatedAt)
	for _, role := range roles {
		who.Roles = append(who.Roles, models.Role(role))
	}
	return who, err
}

// cursor reads the id a page goes on from; 0 for the first page.
func cursor(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 {
		return 0, invalid("cursor", "send next of the page before, unchanged")
	}
	return id, nil
}

func clamp(limit, most int) int {
	if limit <= 0 {
		return defaultPage
	}
	return min(limit, most)
}
