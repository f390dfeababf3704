package players_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"fairground/fairness"
	"fairground/internal/clock"
	"fairground/internal/secret"
	"fairground/internal/testdb"
	"fairground/ledger/ledgertest"
	"fairground/models"
	"fairground/operators"
	"fairground/players"
	"fairground/test/fixture"
)

// safety is a world with money: a tenant, a group, players with points, and an owner who stepped up.
type safety struct {
	*players.Players
	w     *fixture.World
	db    *testdb.DB
	clock *clock.Fake
	ops   *operators.Operators
}

func newSafety(t *testing.T, opts ...players.Option) *safety {
	t.Helper()
	db := testdb.New(t)
	w, err := fixture.Build(t.Context(), db.DB, db.Owner, fixture.Options{Players: 3})
	require.NoError(t, err)
	clk := clock.NewFake(clock.System().Now().Truncate(time.Minute))
	s := &safety{
		Players: players.New(db.DB, w.Box, clk, opts...), w: w, db: db, clock: clk,
		ops: operators.New(operators.Config{DB: db.DB, Box: w.Box, Clock: clk}),
	}
	t.Cleanup(func() { w.RequireCleanAudit(t) })
	return s
}

// owner makes the tenant's owner, signed in and stepped up.
func (s *safety) owner(t *testing.T) players.Actor {
	t.Helper()
	return s.staff(t, "owner@example.org", models.RoleOwner)
}

// staff makes an operator; the owner is the last, as operators.Create wants it.
func (s *safety) staff(t *testing.T, email string, role models.Role) players.Actor {
	t.Helper()
	const password = "correct horse battery"
	_, err := s.ops.Create(t.Context(), operators.NewOperator{Tenant: s.w.Tenant, Email: email, Name: "Ada", Password: password, Roles: []models.Role{role}})
	require.NoError(t, err)
	session, err := s.ops.SignIn(t.Context(), operators.SignIn{Email: email, Password: password})
	require.NoError(t, err)
	enrolment, err := s.ops.EnrolTOTP(t.Context(), session.Authority, password)
	require.NoError(t, err)
	code, err := totp.GenerateCode(enrolment.Secret, s.clock.Now())
	require.NoError(t, err)
	_, err = s.ops.ConfirmTOTP(t.Context(), session.Authority, code)
	require.NoError(t, err)
	return players.Actor{Tenant: s.w.Tenant, Via: string(session.Authority.Via), Proof: session.Authority.Proof, RequestID: "req", Reason: "a reason"}
}

// asOwner runs sql as the owner of the database, to age what its clock decides or to play another room.
func (s *safety) asOwner(t testing.TB, sql string, args ...any) error {
	t.Helper()
	return s.asOwnerFunc(t, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), sql, args...)
		return err
	})
}

func (s *safety) asOwnerFunc(t testing.TB, fn func(tx pgx.Tx) error) error {
	t.Helper()
	return pgx.BeginFunc(t.Context(), s.db.Owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `SELECT set_config('fairground.tenant', $1, true)`, fmt.Sprint(s.w.Tenant)); err != nil {
			return err
		}
		return fn(tx)
	})
}

// asApp runs sql as the application role.
func (s *safety) asApp(t testing.TB, sql string, args ...any) error {
	t.Helper()
	return s.db.DB.InTenant(t.Context(), s.w.Tenant, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, sql, args...)
		return err
	})
}

// policy turns the sandbox's money on with what it asks of players.
func (s *safety) policy(t *testing.T, enabled bool, level, age int, markets ...string) {
	t.Helper()
	if markets == nil {
		markets = []string{}
	}
	require.NoError(t, s.asOwner(t, `INSERT INTO cash_policies (tenant_id, asset, enabled, min_amount, max_amount, daily_amount, auto_below, single_below,
		  step_up_above, claim_for, escalate_after, expire_after, kyc_level, min_age, markets, credential_cooldown, address_wait)
		VALUES ($1, 'sbx', $2, 1, 0, 0, 0, 0, 0, '15 minutes', '4 hours', '24 hours', $3, $4, $5, '24 hours', '24 hours')
		ON CONFLICT (tenant_id, asset) DO UPDATE SET enabled = excluded.enabled, kyc_level = excluded.kyc_level, min_age = excluded.min_age, markets = excluded.markets`,
		s.w.Tenant, enabled, level, age, markets))
}

// refusal is the code that the money's transaction gets for an act, or ok.
func (s *safety) refusal(t testing.TB, player int64, act, asset string, amount int64) string {
	t.Helper()
	var raw []byte
	require.NoError(t, s.asOwnerFunc(t, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT player_refusal($1, $2, $3, $4, $5, $6)`, s.w.Tenant, s.w.Group, player, act, asset, amount).Scan(&raw)
	}))
	return codeOf(t, raw)
}

func codeOf(t testing.TB, raw []byte) string {
	t.Helper()
	if raw == nil {
		return "ok"
	}
	var answer struct{ Code string }
	require.NoError(t, json.Unmarshal(raw, &answer))
	return answer.Code
}

// deposit credits money as the cashier does, in one transaction with the question whether it may, and answers with the code.
func (s *safety) deposit(t testing.TB, player, amount int64) string {
	t.Helper()
	code := "ok"
	require.NoError(t, s.asOwnerFunc(t, func(tx pgx.Tx) error {
		var raw []byte
		err := tx.QueryRow(t.Context(), `SELECT player_refusal($1, $2, $3, 'deposit', 'sbx', $4)`, s.w.Tenant, s.w.Group, player, amount).Scan(&raw)
		if err != nil {
			return err
		}
		if code = codeOf(t, raw); code != "ok" {
			return nil
		}
		_, err = tx.Exec(t.Context(), `WITH r AS (SELECT (ledger_apply($1, 'deposit', 'test', ARRAY[ledger_account($1, $2, 'sbx', 'clearing', 'test')],
			ARRAY[ledger_account($1, $2, 'sbx', 'player', $3::text)], ARRAY[$4::bigint])).o_transfer AS t)
			SELECT ledger_remember($1, 'deposit', $5, sha256('test'), t, '{"code": "ok"}') FROM r`,
			s.w.Tenant, s.w.Group, fmt.Sprint(player), amount, secret.ID("k"))
		return err
	}))
	return code
}

// cashRound is a round in the sandbox's money that is open, with the seed that its commitment is of.
type cashRound struct {
	id   string
	seed []byte
}

// openCash opens a round of money and answers with the code.
func (s *safety) openCash(t *testing.T, opener int64) (cashRound, string) {
	t.Helper()
	r := cashRound{id: secret.ID("r"), seed: []byte("the seed of a round in a test...")}
	commit := sha256.Sum256(r.seed)
	s.chain(t, commit)
	payload := map[string]any{
		"round": r.id, "group": s.w.Group, "player": opener, "game": "dice", "config_version": 1, "asset": "sbx", "bank": "pool", "acting": false,
		"exclusive": false, "params": map[string]any{}, "window_ms": 600000, "slots": []any{}, "commit": hex.EncodeToString(commit[:]), "seed_sealed": "00",
	}
	var raw []byte
	require.NoError(t, s.db.DB.Call(t.Context(), s.w.Tenant, `SELECT api_round_open($1, $2, $3, $4)`,
		[]any{s.w.Tenant, secret.ID("k"), commit[:], payload}, &raw))
	require.NoError(t, s.asOwnerFunc(t, func(tx pgx.Tx) error { // a refused round leaves its seed, which no engine can open
		_, err := tx.Exec(t.Context(), `UPDATE seed_heads SET next = 1 WHERE tenant_id = $1 AND group_id = $2`, s.w.Tenant, s.w.Group)
		return err
	}))
	return r, codeOf(t, raw)
}

// chain makes the group's next round take the seed of the test.
func (s *safety) chain(t *testing.T, commit [32]byte) {
	t.Helper()
	id := secret.ID("c")
	hash := fairness.ChainHash(id, [][32]byte{commit})
	require.NoError(t, s.asOwnerFunc(t, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO seed_chains (tenant_id, chain_id, purpose, owner_id, ordinal, commits, hash, master_sealed)
			VALUES ($1, $2, 'rounds', $3, (SELECT coalesce(max(ordinal), -1) + 1 FROM seed_chains WHERE tenant_id = $1 AND purpose = 'rounds' AND owner_id = $3), $4, $5, '\x00')`,
			s.w.Tenant, id, s.w.Group, commit[:], hash[:])
		if err != nil {
			return err
		}
		_, err = tx.Exec(t.Context(), `INSERT INTO seed_heads (tenant_id, group_id, chain_id) VALUES ($1, $2, $3)
			ON CONFLICT (tenant_id, group_id) DO UPDATE SET chain_id = excluded.chain_id, next = 0`, s.w.Tenant, s.w.Group, id)
		return err
	}))
}

// betCash bets money in a round and answers with the code.
func (s *safety) betCash(t testing.TB, r cashRound, player, stake int64, key string) string {
	t.Helper()
	var answers []string
	require.NoError(t, s.db.DB.Call(t.Context(), s.w.Tenant, `SELECT api_round_bets($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)::text[]`, []any{
		s.w.Tenant,
		[]string{r.id},
		[]int64{player},
		[]string{"big"},
		[]int64{stake},
		[]int64{2 * stake},
		[]string{""},
		[]string{"fresh"},
		[]string{key},
		[][]byte{[]byte("hash")},
	}, &answers))
	require.Len(t, answers, 1)
	return codeOf(t, []byte(answers[0]))
}

// voidCash gives every stake of a round back.
func (s *safety) voidCash(t *testing.T, r cashRound) {
	t.Helper()
	for _, sql := range []string{`SELECT api_round_close($1, $2, true)`, `SELECT api_round_void($1, $2, 'test', $3, 'hash')`} {
		args := []any{s.w.Tenant, r.id, r.seed}
		if sql[7:22] == "api_round_close" {
			args = args[:2]
		}
		var raw []byte
		require.NoError(t, s.db.DB.Call(t.Context(), s.w.Tenant, sql, args, &raw))
		require.Equal(t, "ok", codeOf(t, raw))
	}
}

// cleanAll audits as both roles.
func (s *safety) cleanAll(t *testing.T) {
	t.Helper()
	ledgertest.Clean(t, s.db)
}
