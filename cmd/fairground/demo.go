package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"fairground/games"
	"fairground/internal/clock"
	"fairground/internal/config"
	"fairground/internal/telegram/local"
	"fairground/internal/telegram/local/simclient"
	"fairground/ledger"
	"fairground/models"
)

const (
	demoPeople   = 8
	demoFirstID  = 1001 // Telegram id of Player 1
	demoTenant   = "Demo"
	demoPatience = 90 * time.Second // the governor lets a group have about one answer a second
)

// demo fills a local Telegram and the database with a tenant, two groups and eight players. Everything has an id that
// follows from the master secret, so that it is the same world however often, and wherever, it is filled.
type demo struct {
	rooms *rooms
	sim   *simclient.Client
	clock clock.Clock
	key   [32]byte
	bot   local.BotInfo
}

func newDemo(r *rooms, chatURL string, c clock.Clock) *demo {
	mac := hmac.New(sha256.New, r.box.Key("demo"))
	return &demo{rooms: r, sim: simclient.New(chatURL, nil), clock: c, key: [32]byte(mac.Sum(nil))}
}

// number is a demo id: base plus something below a thousand million that follows from the master secret.
func (d *demo) number(base int64, name string) int64 {
	sum := sha256.Sum256(append(d.key[:], name...))
	return base + int64(binary.BigEndian.Uint32(sum[:4])%1_000_000_000)
}

// titles are the demo groups.
func (d *demo) titles() []string { return []string{"Coffee corner", "Night owls"} }

// botToken is the demo bot's token, in the local Telegram's form.
func (d *demo) botToken() string {
	half := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(d.key[:20])
	return fmt.Sprintf("%d:%s-%s", d.number(7_000_000_000, "bot"), config.LocalTokenMark, half)
}

// createBot registers the bot with the local Telegram and creates its tenant, each unless it is there.
func (d *demo) createBot(ctx context.Context) (models.Tenant, error) {
	bot, err := d.sim.Bot(ctx, local.NewBot{Token: d.botToken(), Username: "fairground_bot", Name: "Fairground", WebAppURL: d.rooms.cfg.Public()})
	if err != nil {
		return models.Tenant{}, fmt.Errorf("register the demo bot: %w", err)
	}
	d.bot = bot
	d.rooms.cfg.TelegramBotToken = config.Secret(bot.Token)
	return ensureTenant(ctx, d.rooms, bot.ID, demoTenant)
}

// ensureTenant returns the tenant of a bot, created from TELEGRAM_BOT_TOKEN if it does not exist.
func ensureTenant(ctx context.Context, r *rooms, botID int64, name string) (models.Tenant, error) {
	known, err := r.players.TenantByBot(ctx, botID)
	if err == nil {
		if _, err := r.players.BotToken(ctx, known.ID); err != nil {
			return models.Tenant{}, fmt.Errorf("FAIRGROUND_SECRET: is not the one this database was filled under: %w", err)
		}
		return known, nil
	}
	if _, told := errors.AsType[*models.Error](err); !told {
		return models.Tenant{}, fmt.Errorf("look for the tenant: %w", err)
	}
	return createTenant(ctx, r, name, "en")
}

// fill makes people and groups, brings the bot in and lets everybody say /start. It returns once every player has
// points in every group.
func (d *demo) fill(ctx context.Context, tenant models.Tenant) error {
	people := make([]int64, 0, demoPeople)
	for i := range demoPeople {
		person, err := d.sim.User(ctx, local.NewUser{
			ID: demoFirstID + int64(i), FirstName: fmt.Sprintf("Player %d", i+1), Username: fmt.Sprintf("player%d", i+1),
		})
		if err != nil {
			return fmt.Errorf("create Player %d: %w", i+1, err)
		}
		people = append(people, person.ID)
	}
	for _, title := range d.titles() {
		chat, err := d.sim.Chat(ctx, local.NewChat{ID: -1_000_000_000_000 - d.number(1_000_000_000, title), Title: title, Owner: people[0], Members: people})
		if err != nil {
			return fmt.Errorf("create the group %s: %w", title, err)
		}
		if !slices.Contains(chat.Bots, d.bot.ID) {
			if _, err := d.sim.SetMember(ctx, local.MemberInput{Chat: chat.ID, User: d.bot.ID, Status: "administrator", By: people[0]}); err != nil {
				return fmt.Errorf("bring the bot into %s: %w", title, err)
			}
		}
		if err := d.startGroup(ctx, tenant.ID, chat.ID, people); err != nil {
			return fmt.Errorf("start %s: %w", title, err)
		}
		if err := d.gatherCrowd(ctx, tenant.ID, chat.ID); err != nil {
			return fmt.Errorf("start %s: %w", title, err)
		}
	}
	return nil
}

// startGroup lets the administrator send /start, which activates the group, and then everybody else who has not yet.
func (d *demo) startGroup(ctx context.Context, tenant, chat int64, people []int64) error {
	ctx, cancel := context.WithTimeout(ctx, demoPatience)
	defer cancel()
	for _, batch := range [][]int64{people[:1], people[1:]} {
		var waiting []int64
		for _, person := range batch {
			if d.hasPlayed(ctx, tenant, chat, person) {
				continue
			}
			if _, err := d.sim.Say(ctx, person, chat, "/start"); err != nil {
				return fmt.Errorf("send /start: %w", err)
			}
			waiting = append(waiting, person)
		}
		for _, person := range waiting {
			if err := d.await(ctx, tenant, chat, person); err != nil {
				return err
			}
		}
	}
	return nil
}

// await returns when the bot has given the player their points.
func (d *demo) await(ctx context.Context, tenant, chat, person int64) error {
	for !d.hasPlayed(ctx, tenant, chat, person) {
		if err := clock.Sleep(ctx, d.clock, 50*time.Millisecond); err != nil {
			return fmt.Errorf("the bot did not answer /start of the person %d: %w", person, err)
		}
	}
	return nil
}

// hasPlayed says whether the player's statement in the group has begun.
func (d *demo) hasPlayed(ctx context.Context, tenant, chat, person int64) bool {
	group, err := d.rooms.players.GroupByChat(ctx, tenant, chat)
	if err != nil || group.Status != models.GroupActive {
		return false
	}
	player, err := d.rooms.players.PlayerByTelegram(ctx, tenant, person)
	if err != nil {
		return false
	}
	statement, err := d.rooms.ledger.Statement(ctx, tenant, group.ID, games.AssetPoints, player.ID, ledger.Page{Limit: 1})
	return err == nil && len(statement.Lines) > 0
}
