package players

import (
	"context"
	"fmt"
	"regexp"

	"github.com/jackc/pgx/v5"

	"fairground/internal/secret"
	"fairground/models"
)

const playerColumns = "tenant_id, player_id, public_id, telegram_id, name, username, language, seed, created_at"

var seedPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// TelegramUser is a person as Telegram describes them.
type TelegramUser struct {
	ID       int64
	Name     string
	Username string
	Language string // IETF tag or empty
}

// UpsertPlayer finds or adds the player of a Telegram user and keeps name and username. The
// language Telegram reports is taken only while none is known.
func (p *Players) UpsertPlayer(ctx context.Context, tenant int64, user TelegramUser) (models.Player, error) {
	known, err := p.PlayerByTelegram(ctx, tenant, user.ID)
	if err == nil && known.Name == user.Name && known.Username == user.Username && (known.Language != "" || user.Language == "") {
		return known, nil
	}
	var out models.Player
	err = p.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) (err error) {
		out, err = upsertPlayer(ctx, tx, tenant, user)
		return err
	})
	return out, orNotFound(err, ErrTenantNotFound, "upsert a player")
}

func upsertPlayer(ctx context.Context, tx pgx.Tx, tenant int64, user TelegramUser) (models.Player, error) {
	var out models.Player
	err := tx.QueryRow(ctx, `
		INSERT INTO players AS p (tenant_id, public_id, telegram_id, name, username, language)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (tenant_id, telegram_id) DO UPDATE SET name = excluded.name, username = excluded.username,
		  language = CASE WHEN p.language = '' THEN excluded.language ELSE p.language END
		RETURNING `+playerColumns,
		tenant, secret.ID("p"), user.ID, user.Name, user.Username, user.Language).Scan(playerFields(&out)...)
	if err != nil {
		return out, fmt.Errorf("write the player: %w", err)
	}
	return out, enter(ctx, tx, KindPlayer, out.PublicID, tenant)
}

// Player reads a player by id. It returns ErrNotFound.
func (p *Players) Player(ctx context.Context, tenant, player int64) (models.Player, error) {
	return p.playerWhere(ctx, tenant, "player_id", player)
}

// PlayerByTelegram reads a player by Telegram id. It returns ErrNotFound.
func (p *Players) PlayerByTelegram(ctx context.Context, tenant, telegramID int64) (models.Player, error) {
	return p.playerWhere(ctx, tenant, "telegram_id", telegramID)
}

func (p *Players) playerWhere(ctx context.Context, tenant int64, column string, value any) (models.Player, error) {
	var out models.Player
	err := p.db.Call(ctx, tenant,
		"SELECT "+playerColumns+" FROM players WHERE tenant_id = $1 AND "+column+" = $2", []any{tenant, value}, playerFields(&out)...)
	return out, orNotFound(err, ErrNotFound, "read a player")
}

// PlayersByID reads many players at once. Unknown ids are left out.
func (p *Players) PlayersByID(ctx context.Context, tenant int64, ids []int64) (map[int64]models.Player, error) {
	out := make(map[int64]models.Player, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	err := p.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "SELECT "+playerColumns+" FROM players WHERE tenant_id = $1 AND player_id = ANY ($2)", tenant, ids)
		if err != nil {
			return err
		}
		var one models.Player
		_, err = pgx.ForEachRow(rows, playerFields(&one), func() error {
			out[one.ID] = one
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("players: read players: %w", err)
	}
	return out, nil
}

// SetSeed chooses the seed mixed into the player's future draws, 1 to 64 of A-Z a-z 0-9 _ -.
// An empty seed means a random one for every bet again. It returns players.invalid_seed or ErrNotFound.
func (p *Players) SetSeed(ctx context.Context, tenant, player int64, seed string) error {
	var value *string
	if seed != "" {
		if !seedPattern.MatchString(seed) {
			return &models.Error{
				Code: CodeInvalidSeed, Message: "the seed has characters it may not have, or too many", Field: "seed",
				Fix: "1 to 64 letters, digits, _ and -",
			}
		}
		value = &seed
	}
	return p.change(ctx, tenant, ErrNotFound,
		"UPDATE players SET seed = $3 WHERE tenant_id = $1 AND player_id = $2", tenant, player, value)
}

// SetLanguage chooses the language the bot speaks to the player in private.
func (p *Players) SetLanguage(ctx context.Context, tenant, player int64, language string) error {
	return p.change(ctx, tenant, ErrNotFound,
		"UPDATE players SET language = $3 WHERE tenant_id = $1 AND player_id = $2", tenant, player, language)
}

func playerFields(p *models.Player) []any {
	return []any{&p.TenantID, &p.ID, &p.PublicID, &p.TelegramID, &p.Name, &p.Username, &p.Language, &p.Seed, &p.CreatedAt}
}
