package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"fairground/games"
	"fairground/games/game"
	"fairground/internal/clock"
	"fairground/internal/secret"
	"fairground/internal/telegram"
	"fairground/items"
	"fairground/models"
	"fairground/notify"
	"fairground/providers"
	"fairground/workflows"
)

const (
	welcomeGrant  = 1000             // points, once per player and group
	bestEffort    = 3 * time.Second  // a call to Temporal nobody waits for
	handleTimeout = 20 * time.Second // one update
	webhookRetry  = 2 * time.Second
	eraseAgain    = time.Second
)

// tenantBot is one tenant's bot.
type tenantBot struct {
	deps   Deps
	tenant models.Tenant
	id     int64
	log    *slog.Logger
	texts  *texts
	client *telegram.Client
	gov    *notify.Governor
	outbox *notify.Outbox
	intake *intake
	live   *live
	board  *board
	known  known

	games    []game.Info // the catalogue, by name
	commands registry
	store    *items.Items

	providers *providers.Providers

	dialogues *notify.Dialogues
	cards     *notify.Cards

	chores sync.WaitGroup // best-effort work beside the updates

	stopped atomic.Bool // Telegram refused it; it is made anew after a while
}

// newTenantBot builds a bot. Its handlers outlive ctx by as long as they need to finish.
func newTenantBot(ctx context.Context, deps Deps, tenant models.Tenant, words *texts, client *telegram.Client) *tenantBot {
	log := deps.Logger.With(slog.String("tenant", tenant.PublicID))
	t := &tenantBot{
		deps: deps, tenant: tenant, id: *tenant.BotID, log: log, texts: words, client: client,
		gov: notify.NewGovernor(client.Call, deps.Clock, log), known: newKnown(deps.Clock),
	}
	t.games, t.store = infos(games.Catalogue()), items.New(deps.DB)
	t.providers = providers.New(providers.Config{DB: deps.DB, Box: deps.Box, Clock: deps.Clock, Logger: log})
	t.commands = t.register()
	t.live = newLive(t)
	t.outbox = notify.NewOutbox(deps.DB, tenant.ID, t.deliver, deps.Clock, log)
	life := context.WithoutCancel(ctx)
	t.intake = newIntake(notify.NewInbox(deps.DB, tenant.ID, t.id), deps.Clock, log, func(u telegram.Update, again bool) bool {
		return t.guarded(life, u, again)
	})
	t.intake.gather, t.intake.seal, t.intake.open = t.gather, t.seal, t.unseal
	t.board = newBoard()
	t.dialogues = notify.NewDialogues(deps.DB, deps.Box, tenant.ID)
	t.cards = notify.NewCards(deps.DB, tenant.ID)
	return t
}

// run receives and answers until ctx ends or Telegram refuses the token, and then lets go of
// nothing half done: what was taken is handled, what was queued is sent.
func (t *tenantBot) run(ctx context.Context, mode Mode, webhookURL string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sendCtx, stopSending := context.WithCancel(context.WithoutCancel(ctx))
	defer stopSending()
	var sending, serving sync.WaitGroup
	sending.Go(func() { t.gov.Run(sendCtx) })
	t.warm(ctx)
	// What a crash left half done comes before anything new.
	t.intake.takeUp(ctx, 0)
	serving.Go(func() { t.intake.run(ctx) })
	serving.Go(func() { t.outbox.Run(ctx) })
	serving.Go(func() { t.live.run(ctx) })
	serving.Go(func() { t.publishCommands(ctx) })
	err := t.receive(ctx, mode, webhookURL)
	cancel()
	serving.Wait()
	t.intake.lanes.wait()
	t.chores.Wait()
	t.intake.flush(context.WithoutCancel(ctx))
	stopSending()
	sending.Wait()
	return err
}

// receive brings updates in until ctx ends.
func (t *tenantBot) receive(ctx context.Context, mode Mode, webhookURL string) error {
	if mode == Webhook {
		t.until(ctx, "setWebhook", map[string]any{
			"url": webhookURL + "/telegram/" + strconv.FormatInt(t.id, 10), "secret_token": webhookSecret(t.deps.Box, t.id),
			"allowed_updates": telegram.AllowedUpdates(), "max_connections": maxAtOnce,
		})
		<-ctx.Done()
		return nil
	}
	// Telegram refuses getUpdates while a webhook is set.
	t.until(ctx, "deleteWebhook", nil)
	poller := &telegram.Poller{Client: t.client, Handle: t.intake.take, Clock: t.deps.Clock, Logger: t.log}
	return poller.Run(ctx)
}

// until repeats a call that must succeed before updates can arrive. A refusal ends it: the
// poller will say what is wrong.
func (t *tenantBot) until(ctx context.Context, method string, params any) {
	for {
		err := t.client.Call(ctx, method, params, nil)
		if err == nil || ctx.Err() != nil {
			return
		}
		t.log.WarnContext(ctx, "preparing to receive updates failed", slog.String("method", method), slog.Any("error", err))
		if telegram.Refused(err) || clock.Sleep(ctx, t.deps.Clock, webhookRetry) != nil {
			return
		}
	}
}

// guarded handles one update. A panic must not stop the bot, nor come back with the update.
func (t *tenantBot) guarded(ctx context.Context, u telegram.Update, again bool) (done bool) {
	ctx, cancel := context.WithTimeout(ctx, handleTimeout)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			t.log.ErrorContext(ctx, "handling an update panicked", slog.Int("update", u.UpdateID),
				slog.String("panic", fmt.Sprint(r)), slog.String("stack", string(debug.Stack())))
			done = !u.Paid()
		}
	}()
	if err := t.handle(ctx, u, again); err != nil {
		t.log.WarnContext(ctx, "an update could not be handled yet", slog.Int("update", u.UpdateID), slog.Any("error", err))
		return false
	}
	return true
}

// handle sends an update to what answers it. An error means: try again later.
func (t *tenantBot) handle(ctx context.Context, u telegram.Update, again bool) error {
	switch {
	case u.PreCheckoutQuery != nil:
		return t.checkout(ctx, u.PreCheckoutQuery)
	case u.CallbackQuery != nil:
		return t.tapped(ctx, u.CallbackQuery, again)
	case u.Message != nil:
		return t.message(ctx, u.Message, again)
	case u.MyChatMember != nil:
		return t.selfChanged(ctx, u.MyChatMember)
	case u.ChatMember != nil:
		return t.memberChanged(ctx, u.ChatMember)
	}
	return nil
}

// send queues a message. A chat that became a supergroup is followed, once.
func (t *tenantBot) send(ctx context.Context, p notify.Priority, msg telegram.SendMessage, done func(sent telegram.Sent, err error)) {
	msg.Mode, msg.Preview = telegram.ModeHTML, &telegram.LinkPreview{Disabled: true}
	job := notify.Job{Chat: msg.ChatID, Priority: p, Method: "sendMessage", Params: msg}
	after := context.WithoutCancel(ctx)
	job.Done = func(result json.RawMessage, err error) {
		var refusal *telegram.Error
		if errors.Is(err, telegram.ErrChatMigrated) && errors.As(err, &refusal) {
			if t.migrated(after, msg.ChatID, refusal.MigrateTo) == nil {
				msg.ChatID, msg.Reply = refusal.MigrateTo, nil
				t.send(after, p, msg, done)
				return
			}
		}
		var sent telegram.Sent
		if err == nil {
			err = json.Unmarshal(result, &sent)
		}
		if done != nil {
			done(sent, err)
		}
	}
	if err := t.gov.Submit(job); err != nil {
		t.log.WarnContext(ctx, "a message was not queued", slog.Any("error", err))
		if done != nil {
			done(telegram.Sent{}, err)
		}
	}
}

// edit queues the newest content of a message; an older one that waits is dropped, and after
// the final one there is no other. Done may be nil.
func (t *tenantBot) edit(ctx context.Context, msg telegram.EditMessage, final bool, done func(err error)) {
	msg.Mode, msg.Preview = telegram.ModeHTML, &telegram.LinkPreview{Disabled: true}
	job := notify.Job{Chat: msg.ChatID, Edit: msg.MessageID, Final: final, Method: "editMessageText", Params: msg}
	if done != nil {
		job.Done = func(_ json.RawMessage, err error) { done(err) }
	}
	err := t.gov.Submit(job)
	if err == nil {
		return
	}
	if !errors.Is(err, notify.ErrClosed) {
		t.log.WarnContext(ctx, "an edit was not queued", slog.Any("error", err))
	}
	if done != nil {
		done(err)
	}
}

// started tells Temporal about a new round without making anybody wait for it.
func (t *tenantBot) started(ctx context.Context, in workflows.RoundInput) {
	if t.deps.StartRound == nil {
		return
	}
	t.aside(ctx, "starting the workflow", in.Round, func(ctx context.Context) error { return t.deps.StartRound(ctx, in) })
}

// full tells Temporal that a round needs to wait no longer.
func (t *tenantBot) full(ctx context.Context, round string) {
	if t.deps.FullRound == nil {
		return
	}
	t.aside(ctx, "signalling a full round", round, func(ctx context.Context) error { return t.deps.FullRound(ctx, round) })
}

// aside does best-effort work beside the update. The relay repeats what fails here.
func (t *tenantBot) aside(ctx context.Context, act, round string, work func(ctx context.Context) error) {
	after := context.WithoutCancel(ctx)
	t.chores.Go(func() {
		ctx, cancel := context.WithTimeout(after, bestEffort)
		defer cancel()
		if err := work(ctx); err != nil {
			t.log.InfoContext(ctx, "a message to a workflow is left to the relay",
				slog.String("act", act), slog.String("round", round), slog.Any("error", err))
		}
	})
}

// verifyURL is the public page that checks a round.
func (t *tenantBot) verifyURL(round string) string {
	return strings.TrimRight(t.deps.PublicURL, "/") + "/verify?round=" + round
}

// webhookSecret is what Telegram must send with every update it pushes to a bot.
func webhookSecret(box *secret.Box, bot int64) string {
	return box.Text("telegram.webhook." + strconv.FormatInt(bot, 10))
}
