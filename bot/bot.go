package bot

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"fairground/cashier"
	"fairground/games"
	"fairground/internal/clock"
	"fairground/internal/postgres"
	"fairground/internal/secret"
	"fairground/internal/telegram"
	"fairground/ledger"
	"fairground/models"
	"fairground/notify"
	"fairground/operators"
	"fairground/players"
	"fairground/workflows"
)

// Mode is how updates arrive.
type Mode string

// The modes.
const (
	Polling Mode = "polling"
	Webhook Mode = "webhook"
)

const (
	tenantsEvery = 2 * time.Second  // how soon a new tenant's bot starts
	restartAfter = 15 * time.Second // a bot whose token Telegram refused
)

// Deps is what the bot works with. Everything but the functions, Addr and the addresses is
// required.
type Deps struct {
	DB      *postgres.DB
	Box     *secret.Box
	Players *players.Players
	Engine  *games.Engine
	Ledger  *ledger.Ledger
	Cashier *cashier.Cashier
	Clock   clock.Clock
	Logger  *slog.Logger

	Operators *operators.Operators

	Addr        string // listens for /healthz, /readyz and webhooks; empty for no listener
	TelegramURL string // Bot API server; empty for Telegram's own
	PublicURL   string // of the verify page, without a slash at the end
	WebhookURL  string // where Telegram reaches Addr; empty for PublicURL
	Mode        Mode   // empty for Polling

	// StartRound starts a round's workflow. Best effort: the relay starts what it missed.
	StartRound func(ctx context.Context, in workflows.RoundInput) error
	// FullRound tells a round's workflow that it is full. Best effort as well.
	FullRound func(ctx context.Context, round string) error
	// Decide tells a withdrawal's workflow of a written decision. Best effort: the relay tells it what it missed.
	Decide func(ctx context.Context, m workflows.DecideMessage) error
	// CancelWithdrawal tells a withdrawal's workflow that its player took it back. Best effort as well.
	CancelWithdrawal func(ctx context.Context, withdrawal string) error
}

// Bot runs the bots of all tenants.
type Bot struct {
	deps  Deps
	texts *texts
	ready atomic.Bool

	mu   sync.Mutex
	bots map[int64]*tenantBot // by bot id
	lost int                  // tenants whose bot could not be made at the last look
}

// New reads the texts and makes a Bot. Run starts it.
func New(deps Deps) (*Bot, error) {
	words, err := loadTexts(games.Catalogue())
	if err != nil {
		return nil, err
	}
	if deps.Mode == "" {
		deps.Mode = Polling
	}
	if deps.WebhookURL == "" {
		deps.WebhookURL = deps.PublicURL
	}
	return &Bot{deps: deps, texts: words, bots: map[int64]*tenantBot{}}, nil
}

// Run runs the bots of all tenants until ctx ends, tenants that appear later included, and
// then lets them finish what they hold. It returns an error only when it cannot start.
func Run(ctx context.Context, deps Deps) error {
	b, err := New(deps)
	if err != nil {
		return err
	}
	return b.Run(ctx)
}

// Run is Run of a Bot that was made with New.
func (b *Bot) Run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	if b.deps.Addr != "" {
		stop, err := b.serve(ctx)
		if err != nil {
			return err
		}
		defer stop()
	}
	running.Go(func() { notify.Listen(ctx, b.deps.DB, b.deps.Clock, b.deps.Logger, b.wake) })
	for {
		if err := b.startMissing(ctx, &running); err != nil && ctx.Err() == nil {
			b.deps.Logger.WarnContext(ctx, "listing tenants failed", slog.Any("error", err))
		}
		if clock.Sleep(ctx, b.deps.Clock, tenantsEvery) != nil {
			return nil
		}
	}
}

// startMissing starts the bot of every tenant that has none running.
func (b *Bot) startMissing(ctx context.Context, running *sync.WaitGroup) error {
	tenants, err := b.deps.Players.Tenants(ctx)
	if err != nil {
		return err
	}
	lost := 0
	for _, tenant := range tenants {
		if tenant.BotID == nil || b.bot(*tenant.BotID) != nil {
			continue
		}
		one, err := b.make(ctx, tenant)
		if err != nil {
			b.deps.Logger.ErrorContext(ctx, "a tenant's bot can't start", slog.String("tenant", tenant.PublicID), slog.Any("error", err))
			lost++
			continue
		}
		b.mu.Lock()
		b.bots[*tenant.BotID] = one
		b.mu.Unlock()
		running.Go(func() { b.keep(ctx, one) })
	}
	b.mu.Lock()
	b.lost = lost
	b.mu.Unlock()
	b.ready.Store(true)
	return nil
}

// keep runs one bot; a bot that Telegram refuses is forgotten after a while, and made anew
// with the token of that time.
func (b *Bot) keep(ctx context.Context, one *tenantBot) {
	err := one.run(ctx, b.deps.Mode, b.deps.WebhookURL)
	if ctx.Err() != nil {
		return
	}
	one.stopped.Store(true)
	b.deps.Logger.ErrorContext(ctx, "a tenant's bot stopped", slog.String("tenant", one.tenant.PublicID), slog.Any("error", err))
	if clock.Sleep(ctx, b.deps.Clock, restartAfter) != nil {
		return
	}
	b.mu.Lock()
	delete(b.bots, one.id)
	b.mu.Unlock()
}

// bot is the running bot with this id, or nil.
func (b *Bot) bot(id int64) *tenantBot {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bots[id]
}

// wake makes a tenant's outbox look at once.
func (b *Bot) wake(tenant int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, one := range b.bots {
		if one.tenant.ID == tenant {
			one.outbox.Wake()
		}
	}
}

// make builds one tenant's bot.
func (b *Bot) make(ctx context.Context, tenant models.Tenant) (*tenantBot, error) {
	token, err := b.deps.Players.BotToken(ctx, tenant.ID)
	if err != nil {
		return nil, fmt.Errorf("read its token: %w", err)
	}
	client := telegram.New(telegram.Config{Token: token, BaseURL: b.deps.TelegramURL})
	return newTenantBot(ctx, b.deps, tenant, b.texts, client), nil
}

// pushed takes an update that Telegram pushed to a bot.
func (b *Bot) pushed(w http.ResponseWriter, r *http.Request, id int64) {
	one := b.bot(id)
	if one == nil {
		http.NotFound(w, r)
		return
	}
	telegram.Webhook(webhookSecret(b.deps.Box, id), b.deps.Logger, func(ctx context.Context, u telegram.Update) error {
		return one.intake.take(ctx, []telegram.Update{u})
	}).ServeHTTP(w, r)
}
