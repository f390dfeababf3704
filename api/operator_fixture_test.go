package api_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"fairground/models"
	"fairground/operators"
	"fairground/workflows"
)

const operatorPassword = "correct horse battery"

// flows notes what the API asks of workflows, and stands in for them.
type flows struct {
	mu        sync.Mutex
	started   []workflows.WithdrawalInput
	cancelled []string
	decided   []workflows.DecideMessage
	away      bool // the workflows can't be reached
}

var errAway = errors.New("temporal is away")

func (f *flows) start(_ context.Context, in workflows.WithdrawalInput) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.away {
		return errAway
	}
	f.started = append(f.started, in)
	return nil
}

func (f *flows) cancel(_ context.Context, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cancelled = append(f.cancelled, id)
	return nil
}

// decideNow applies a decision at once, as the workflow does.
func (b *bundle) decideNow(ctx context.Context, m workflows.DecideMessage) (workflows.WithdrawalStatusView, error) {
	b.flows.mu.Lock()
	defer b.flows.mu.Unlock()
	if b.flows.away {
		return workflows.WithdrawalStatusView{}, errAway
	}
	b.flows.decided = append(b.flows.decided, m)
	_, err := b.cashier.Apply(ctx, b.tenant.ID, m.Withdrawal, m.Decision)
	return workflows.WithdrawalStatusView{}, err
}

// staff makes an operator of a tenant that has no owner yet.
func (b *bundle) staff(t *testing.T, tenant models.Tenant, name string, roles ...models.Role) models.Operator {
	t.Helper()
	o, err := b.operators.Create(t.Context(), operators.NewOperator{
		Tenant: tenant.ID, Email: fmt.Sprintf("%s.%d@example.org", name, tenant.ID), Name: name, Password: operatorPassword, Roles: roles,
	})
	require.NoError(t, err)
	return o
}

// session signs an operator in without the work of a password, stepped up if asked.
func (b *bundle) session(t *testing.T, tenant models.Tenant, o models.Operator, stepUp bool) string {
	t.Helper()
	token := b.newToken("fgo_", tenant)
	until := "NULL"
	if stepUp {
		until = "clock_timestamp() + interval '10 minutes'"
	}
	b.asOwner(t, tenant.ID, `INSERT INTO operator_sessions (tenant_id, token_check, operator_id, method, expires_at, step_up_until)
		VALUES ($1, $2, $3, 'password', clock_timestamp() + interval '1 hour', `+until+`)`, tenant.ID, checkOf(token), o.ID)
	return token
}

// apiKey makes an API key of an operator.
func (b *bundle) apiKey(t *testing.T, tenant models.Tenant, o models.Operator, scopes ...operators.Permission) string {
	t.Helper()
	token := b.newToken("fgk_", tenant)
	b.asOwner(t, tenant.ID, `INSERT INTO operator_keys (tenant_id, key_id, operator_id, name, token_check, scopes)
		VALUES ($1, $2, $3, 'test', $4, $5)`, tenant.ID, "k_"+letters(16), o.ID, checkOf(token), scopes)
	return token
}

func (b *bundle) newToken(prefix string, tenant models.Tenant) string {
	return prefix + tenant.PublicID + "_" + letters(52)
}

// checkOf is what the database stores of a token: the hash of its hash.
func checkOf(token string) []byte {
	proof := sha256.Sum256([]byte(token))
	check := sha256.Sum256(proof[:])
	return check[:]
}

func letters(n int) string {
	raw := make([]byte, n)
	_, _ = rand.Read(raw)
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw))[:n]
}

// asOwner runs sql as the owner of the database.
func (b *bundle) asOwner(t *testing.T, tenant int64, sql string, args ...any) {
	t.Helper()
	require.NoError(t, pgx.BeginFunc(t.Context(), b.db.Owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `SELECT set_config('fairground.tenant', $1, true)`, fmt.Sprint(tenant)); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), sql, args...)
		return err
	}))
}
