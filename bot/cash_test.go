package bot_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"fairground/cashier"
	"fairground/internal/secret"
	"fairground/internal/telegram/local"
	"fairground/models"
	"fairground/operators"
	"fairground/workflows"
)

const (
	firstPIN = "482915"
	wrongPIN = "915482"
	newPIN   = "730164"
	cashPass = "correct horse battery"
)

// till is a world with money: gateways, a policy without waiting periods, prices in Stars, and a workflow's part played by
// the test itself.
type till struct {
	*world
	stars, manual cashier.Account
}

func newTill(t *testing.T, people int) *till {
	t.Helper()
	w := &till{world: newWorld(t, people)}
	ctx := t.Context()
	t.Cleanup(func() {
		report, err := w.deps.Cashier.Audit(context.WithoutCancel(ctx), w.tenant.ID)
		require.NoError(t, err)
		for _, c := range report.Checks {
			require.Zero(t, c.Offending, "%s, %s: %s", c.Name, c.Title, c.Rows)
		}
	})
	// A decision is applied at once, as a running workflow would.
	apply := func(ctx context.Context, m workflows.DecideMessage) error {
		w.decided.Store(m.Decision, m)
		_, err := w.deps.Cashier.Apply(ctx, w.tenant.ID, m.Withdrawal, m.Decision)
		return err
	}
	w.apply.Store(&apply)
	policy := cashier.DefaultPolicy("sbx")
	policy.Enabled, policy.Cooldown, policy.AddressWait = true, 0, 0
	require.NoError(t, w.deps.Cashier.SeedPolicy(ctx, w.tenant.ID, policy))
	var err error
	w.stars, err = w.deps.Cashier.SeedAccount(ctx, w.tenant.ID, cashier.NewAccount{Kind: "stars", Title: "Stars", Assets: []string{"xtr"}, Values: map[string]string{"bot_username": "fair_test_bot"}})
	require.NoError(t, err)
	w.manual, err = w.deps.Cashier.SeedAccount(ctx, w.tenant.ID, cashier.NewAccount{Kind: "manual", Title: "By hand", Assets: []string{"sbx"}, Values: map[string]string{"instructions": "Pay at the desk, say {intent}"}})
	require.NoError(t, err)
	require.NoError(t, w.deps.Cashier.SeedStars(ctx, w.tenant.ID, []cashier.StarsPackage{{Stars: 50, Points: 500}}))
	return w
}

// player and groupID are the ids of this side.
func (w *till) player(person int) models.Player {
	w.t.Helper()
	p, err := w.deps.Players.PlayerByTelegram(w.t.Context(), w.tenant.ID, w.people[person])
	require.NoError(w.t, err)
	return p
}

func (w *till) groupID() int64 {
	w.t.Helper()
	g, err := w.deps.Players.GroupByChat(w.t.Context(), w.tenant.ID, w.group)
	require.NoError(w.t, err)
	return g.ID
}

func (w *till) money(person int) int64 {
	w.t.Helper()
	n, err := w.deps.Ledger.Balance(w.t.Context(), w.tenant.ID, w.groupID(), "sbx", w.player(person).ID)
	require.NoError(w.t, err)
	return n
}

// fund gives a person money out of the desk's clearing account, under a kind of its own: no payment stands behind it.
func (w *till) fund(person int, amount int64) {
	w.t.Helper()
	key := secret.ID("k")
	err := pgx.BeginFunc(w.t.Context(), w.db.Owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(w.t.Context(), `SELECT set_config('fairground.tenant', $1, true)`, fmt.Sprint(w.tenant.ID)); err != nil {
			return err
		}
		_, err := tx.Exec(w.t.Context(), `WITH r AS (SELECT * FROM ledger_apply($1, 'test', $2, ARRAY[ledger_account($1, $3, 'sbx', 'clearing', $4)],
			ARRAY[ledger_account($1, $3, 'sbx', 'player', $5)], ARRAY[$6::bigint]))
			SELECT ledger_remember($1, 'test', $2, '', r.o_transfer, '{"code": "ok"}') FROM r`,
			w.tenant.ID, key, w.groupID(), w.manual.ID, fmt.Sprint(w.player(person).ID), amount)
		return err
	})
	require.NoError(w.t, err)
}

// private are a person's messages with the bot after one.
func (w *till) private(user, after int64) []local.Message {
	w.t.Helper()
	var all []local.Message
	w.call(http.MethodGet, fmt.Sprintf("/sim/messages?chat=%d&user=%d&after=%d", w.botID, user, after), nil, &all)
	return all
}

// awaits is the bot's message in the private chat that says something.
func (w *till) awaits(user, after int64, text string) local.Message {
	w.t.Helper()
	var m local.Message
	w.post("/sim/wait", local.WaitInput{User: user, Chat: w.botID, Contains: text, After: after, FromBot: true, TimeoutMS: patience.Milliseconds()}, &m)
	return m
}

// secret writes what nobody may keep, waits for the answer, and requires that the message is gone.
func (w *till) secret(user int64, text, answer string) local.Message {
	w.t.Helper()
	m := w.askPrivately(user, text, answer)
	for _, x := range w.private(user, 0) {
		require.NotContains(w.t, x.Text, text, "the message stays")
	}
	return m
}

// redacted requires that no stored update tells a secret.
func (w *till) redacted(secrets ...string) {
	w.t.Helper()
	for _, s := range secrets {
		var n int
		require.NoError(w.t, w.db.Owner.QueryRow(w.t.Context(),
			`SELECT count(*) FROM telegram_updates WHERE payload::text LIKE '%' || $1 || '%'`, s).Scan(&n))
		require.Zero(w.t, n, "an update tells a secret")
	}
}

// pressed taps a private button and gives the message as it is once it says something.
func (w *till) pressed(user int64, m local.Message, button, then string) local.Message {
	w.t.Helper()
	w.tapAs(user, w.botID, m, button)
	return w.awaits(user, m.MessageID-1, then)
}

// staff is an operator with a second factor who is linked to a Telegram account.
type staff struct {
	authority operators.Authority
	telegram  int64
	codes     []string // recovery codes, each good once
	used      int
}

func (s *staff) code() string { s.used++; return s.codes[s.used-1] }

// hire makes and links operators; the last one is the owner.
func (w *till) hire(roles ...models.Role) []*staff {
	w.t.Helper()
	var all []*staff
	for i, role := range roles {
		name := fmt.Sprintf("Op%d", i)
		email := strings.ToLower(name) + fmt.Sprintf("-%d@example.org", w.tenant.ID)
		_, err := w.deps.Operators.Create(w.t.Context(), operators.NewOperator{Tenant: w.tenant.ID, Email: email, Name: name, Password: cashPass, Roles: []models.Role{role}})
		require.NoError(w.t, err)
		s, err := w.deps.Operators.SignIn(w.t.Context(), operators.SignIn{Email: email, Password: cashPass})
		require.NoError(w.t, err)
		device, err := w.deps.Operators.EnrolTOTP(w.t.Context(), s.Authority, cashPass)
		require.NoError(w.t, err)
		code, err := totp.GenerateCode(device.Secret, time.Now())
		require.NoError(w.t, err)
		one := &staff{telegram: w.user(name, "en")}
		one.codes, err = w.deps.Operators.ConfirmTOTP(w.t.Context(), s.Authority, code)
		require.NoError(w.t, err)
		one.authority, err = w.deps.Operators.Authenticate(w.t.Context(), s.Token)
		require.NoError(w.t, err)
		link, err := w.deps.Operators.LinkCode(w.t.Context(), one.authority)
		require.NoError(w.t, err)
		w.askPrivately(one.telegram, "/start", "Hello "+name)
		require.Contains(w.t, w.askPrivately(one.telegram, "/link nonsense99", "wrong, used or expired").Text, "console")
		w.secret(one.telegram, "/link "+link, "Linked: you are "+name)
		w.redacted(link)
		all = append(all, one)
	}
	return all
}

func TestStarsTopUpAPlayerOnce(t *testing.T) {
	t.Parallel()
	w := newTill(t, 2)
	owner := w.hire(models.RoleOwner)[0]
	ada := w.people[0]
	require.Contains(t, w.ask(0, "/topup", "private chat only").Text, "/topup")
	ways := w.askPrivately(ada, "/topup", "How do you want to top up")
	w.tapAs(ada, w.botID, ways, "50 Stars for 500 points")
	invoice := w.invoice(ada)
	require.EqualValues(t, 50, invoice.Invoice.TotalAmount)
	require.Equal(t, "XTR", invoice.Invoice.Currency)

	page, err := w.deps.Cashier.PlayerDeposits(t.Context(), w.tenant.ID, 0, w.player(0).ID, cashier.Page{})
	require.NoError(t, err)
	require.Len(t, page.Deposits, 1)
	intent := page.Deposits[0].ID
	// The deep link of the intent is its player's alone.
	require.Contains(t, w.askPrivately(w.people[1], "/start pay_"+intent, "does nothing here").Text, "button")
	before := w.private(ada, 0)
	w.sayIn(ada, w.botID, "/start pay_"+intent)
	require.Eventually(t, func() bool { return len(w.private(ada, 0)) >= len(before)+2 }, patience, 100*time.Millisecond)

	var paid local.PayResult
	w.post("/sim/pay", local.PayInput{User: ada, Chat: w.botID, MessageID: invoice.MessageID}, &paid)
	require.True(t, paid.Paid, paid.Error)
	var d cashier.Deposit
	require.Eventually(t, func() bool {
		_, err := w.deps.Cashier.ConfirmDeposit(t.Context(), w.tenant.ID, w.stars.ID, paid.ChargeID)
		if err != nil {
			return false
		}
		_, err = w.deps.Cashier.CreditDeposit(t.Context(), w.tenant.ID, w.stars.ID, paid.ChargeID)
		require.NoError(t, err)
		d, err = w.deps.Cashier.Deposit(t.Context(), w.tenant.ID, intent)
		require.NoError(t, err)
		return d.Status == models.DepositCredited
	}, patience, 100*time.Millisecond)
	w.awaits(ada, invoice.MessageID, "<b>Credited</b>"[3:11])
	require.EqualValues(t, 1500, w.balance(0))
	require.Contains(t, w.askPrivately(ada, "/wallet", "Your wallet").Text, "Top-up: 50 Stars")

	var again local.PayResult
	w.post("/sim/pay", local.PayInput{User: ada, Chat: w.botID, MessageID: invoice.MessageID}, &again)
	require.False(t, again.Paid)
	require.Contains(t, again.Error, "can't be paid any more")

	allSent := func() bool {
		var waiting int
		require.NoError(t, w.db.Owner.QueryRow(t.Context(), `SELECT count(*) FROM notifications WHERE kind = 'stars.refund' AND status <> 'sent'`).Scan(&waiting))
		return waiting == 0
	}
	// An order that nobody gave gives nothing back, however well it is made up.
	w.asOwner(`INSERT INTO notifications (tenant_id, chat_id, kind, payload) VALUES ($1, $2, 'stars.refund', jsonb_build_object('refund', 'rf_aaaaaaaaaaaaaaaa',
		'charge', $3::text, 'telegram_id', $2::bigint))`, w.tenant.ID, ada, paid.ChargeID)
	require.Eventually(t, allSent, patience, 100*time.Millisecond)
	for _, m := range w.private(ada, 0) {
		require.Nil(t, m.Refunded)
	}
	_, err = w.deps.Cashier.RefundDeposit(t.Context(), owner.authority, intent, "asked for it")
	require.NoError(t, err)
	w.awaits(ada, invoice.MessageID, "Sent back to you")
	require.EqualValues(t, 1000, w.balance(0))
	// The same order once more changes nothing: Telegram has refunded the charge.
	w.asOwner(`INSERT INTO notifications (tenant_id, chat_id, kind, payload)
		SELECT tenant_id, chat_id, kind, payload FROM notifications WHERE kind = 'stars.refund'`)
	require.Eventually(t, allSent, patience, 100*time.Millisecond)
	var refunds int
	for _, m := range w.private(ada, 0) {
		if m.Refunded != nil {
			refunds++
		}
	}
	require.Equal(t, 1, refunds)
}

// invoice waits for an invoice in a person's private chat.
func (w *till) invoice(user int64) local.Message {
	w.t.Helper()
	var found local.Message
	require.Eventually(w.t, func() bool {
		for _, m := range w.private(user, 0) {
			if m.Invoice != nil {
				found = m
				return true
			}
		}
		return false
	}, patience, 100*time.Millisecond)
	return found
}

// asOwner runs sql as the owner of the database.
func (w *till) asOwner(sql string, args ...any) {
	w.t.Helper()
	_, err := w.db.Owner.Exec(w.t.Context(), sql, args...)
	require.NoError(w.t, err)
}
