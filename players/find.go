package players

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"fairground/models"
)

// ErrInvalidCursor refuses a cursor that the list did not give out.
var ErrInvalidCursor = models.FieldError("players.invalid_cursor", "cursor", "next of the page before, or none")

// maxPage is the longest page of a list.
const maxPage = 100

// FindFilter narrows a list of players or groups; zero values ask for everything.
type FindFilter struct {
	Query  string // a public id, or a part of the name or title, or of a username
	Group  int64  // for players: only members, present and former
	Cursor string
	Limit  int // 1 to 100, else 100
}

func (f FindFilter) limit() int {
	if f.Limit < 1 || f.Limit > maxPage {
		return maxPage
	}
	return f.Limit
}

// like is the query as a pattern that matches it anywhere, literally.
func (f FindFilter) like() string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(f.Query) + "%"
}

// PlayerPage is a part of a list of players. Next is empty on the last page.
type PlayerPage struct {
	Players []models.Player
	Next    string
}

// GroupPage is a part of a list of groups. Next is empty on the last page.
type GroupPage struct {
	Groups []models.Group
	Next   string
}

// PlayerByPublicID reads a player by public id. It returns ErrNotFound.
func (p *Players) PlayerByPublicID(ctx context.Context, tenant int64, publicID string) (models.Player, error) {
	return p.playerWhere(ctx, tenant, "public_id", publicID)
}

// FindPlayers lists a tenant's players, the newest first. It returns ErrInvalidCursor.
func (p *Players) FindPlayers(ctx context.Context, tenant int64, f FindFilter) (PlayerPage, error) {
	before, err := readCursor("players", f.Cursor)
	if err != nil {
		return PlayerPage{}, err
	}
	var page PlayerPage
	err = p.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "SELECT "+playerColumns+` FROM players p WHERE tenant_id = $1
			AND ($2 = 0 OR player_id < $2)
			AND ($3 = '' OR public_id = $3 OR name ILIKE $4 OR username ILIKE $4)
			AND ($5 = 0 OR EXISTS (SELECT 1 FROM members m WHERE m.tenant_id = $1 AND m.group_id = $5 AND m.player_id = p.player_id))
			ORDER BY player_id DESC LIMIT $6`, tenant, before, f.Query, f.like(), f.Group, f.limit()+1)
		if err != nil {
			return err
		}
		var one models.Player
		_, err = pgx.ForEachRow(rows, playerFields(&one), func() error {
			page.Players = append(page.Players, one)
			return nil
		})
		return err
	})
	if err != nil {
		return PlayerPage{}, fmt.Errorf("players: find players: %w", err)
	}
	if n := f.limit(); len(page.Players) > n {
		page.Players = page.Players[:n]
		page.Next = writeCursor("players", page.Players[n-1].ID)
	}
	return page, nil
}

// FindGroups lists a tenant's groups, the newest first. It returns ErrInvalidCursor.
func (p *Players) FindGroups(ctx context.Context, tenant int64, f FindFilter) (GroupPage, error) {
	before, err := readCursor("groups", f.Cursor)
	if err != nil {
		return GroupPage{}, err
	}
	var page GroupPage
	err = p.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "SELECT "+groupColumns+` FROM groups WHERE tenant_id = $1
			AND ($2 = 0 OR group_id < $2) AND ($3 = '' OR public_id = $3 OR title ILIKE $4)
			ORDER BY group_id DESC LIMIT $5`, tenant, before, f.Query, f.like(), f.limit()+1)
		if err != nil {
			return err
		}
		var one models.Group
		_, err = pgx.ForEachRow(rows, groupFields(&one), func() error {
			page.Groups = append(page.Groups, one)
			return nil
		})
		return err
	})
	if err != nil {
		return GroupPage{}, fmt.Errorf("players: find groups: %w", err)
	}
	if n := f.limit(); len(page.Groups) > n {
		page.Groups = page.Groups[:n]
		page.Next = writeCursor("groups", page.Groups[n-1].ID)
	}
	return page, nil
}

func writeCursor(list string, id int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list + ":" + strconv.FormatInt(id, 10)))
}

func readCursor(list, cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return 0, ErrInvalidCursor
	}
	text, ok := strings.CutPrefix(string(raw), list+":")
	id, err := strconv.ParseInt(text, 10, 64)
	if !ok || err != nil || id < 1 {
		return 0, ErrInvalidCursor
	}
	return id, nil
}
