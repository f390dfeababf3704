package items

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"
)

const (
	defaultPage = 20
	maxPage     = 100
)

// Page asks for a part of a list.
type Page struct {
	Cursor string // where the part before ended; empty for the first
	Limit  int    // at most 100; 0 for 20
}

func (p Page) limit() int {
	if p.Limit <= 0 {
		return defaultPage
	}
	return min(p.Limit, maxPage)
}

// Catalogue lists items, newest first; onSale leaves out what can't be bought. next is empty on the last page.
func (s *Items) Catalogue(ctx context.Context, tenant int64, onSale bool, p Page) (list []Item, next string, err error) {
	return page[Item](ctx, s, tenant, p, `SELECT i.seq::text, api_item_view(i) FROM items i WHERE i.tenant_id = $1 AND ($2 = '' OR i.seq < $2::bigint)
		AND (NOT $4 OR i.on_sale) ORDER BY i.seq DESC LIMIT $3`, onSale)
}

// Item is one entry of the catalogue. It returns ErrNotFound.
func (s *Items) Item(ctx context.Context, tenant int64, id string) (Item, error) {
	list, _, err := page[Item](ctx, s, tenant, Page{}, `SELECT i.seq::text, api_item_view(i) FROM items i WHERE i.tenant_id = $1 AND $2 = '' AND i.item_id = $4 LIMIT $3`, id)
	if err == nil && len(list) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Item{}, err
	}
	return list[0], nil
}

// Inventory lists a player's units in a group, newest first, without those that were given away.
func (s *Items) Inventory(ctx context.Context, tenant, group, player int64, p Page) (list []Unit, next string, err error) {
	return page[Unit](ctx, s, tenant, p, `SELECT u.seq::text, api_item_unit_view(u) FROM item_units u WHERE u.tenant_id = $1 AND ($2 = '' OR u.seq < $2::bigint)
		AND u.group_id = $4 AND u.owner_id = $5 ORDER BY u.seq DESC LIMIT $3`, group, player)
}

// Unit is one unit of a player. It returns ErrNotFound.
func (s *Items) Unit(ctx context.Context, tenant, player int64, unit string) (Unit, error) {
	list, _, err := page[Unit](ctx, s, tenant, Page{}, `SELECT u.seq::text, api_item_unit_view(u) FROM item_units u WHERE u.tenant_id = $1 AND $2 = ''
		AND u.unit_id = $4 AND u.owner_id = $5 LIMIT $3`, unit, player)
	if err == nil && len(list) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Unit{}, err
	}
	return list[0], nil
}

// Badges are the badges that members of a group wear, by the player's public id.
func (s *Items) Badges(ctx context.Context, tenant, group int64) (map[string]string, error) {
	out := map[string]string{}
	err := s.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT p.public_id, v.content->'params'->>'badge' FROM item_units u
			JOIN item_versions v ON v.tenant_id = u.tenant_id AND v.item_id = u.item_id AND v.version = u.version
			JOIN players p ON p.tenant_id = u.tenant_id AND p.player_id = u.owner_id
			WHERE u.tenant_id = $1 AND u.group_id = $2 AND u.status = 'used' AND u.spent_at IS NULL AND u.until_at > clock_timestamp()
			AND v.content->>'effect' = 'cosmetic'`, tenant, group)
		if err != nil {
			return err
		}
		var player, badge string
		_, err = pgx.ForEachRow(rows, []any{&player, &badge}, func() error {
			out[player] = badge
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("items: list badges: %w", err)
	}
	return out, nil
}

// page reads one part of a list: $1 tenant, $2 cursor, $3 limit, then args. A row is its cursor and its JSON.
func page[T any](ctx context.Context, s *Items, tenant int64, p Page, sql string, args ...any) (list []T, next string, err error) {
	limit := p.limit()
	var cursors []string
	err = s.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		list, cursors = []T{}, nil
		rows, err := tx.Query(ctx, sql, append([]any{tenant, p.Cursor, limit + 1}, args...)...)
		if err != nil {
			return err
		}
		var cursor string
		var raw json.RawMessage
		_, err = pgx.ForEachRow(rows, []any{&cursor, &raw}, func() error {
			var one T
			if err := json.Unmarshal(raw, &one); err != nil {
				return fmt.Errorf("read a row: %w", err)
			}
			list, cursors = append(list, one), append(cursors, cursor)
			return nil
		})
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("items: list: %w", err)
	}
	if len(list) > limit {
		list, next = list[:limit], cursors[limit-1]
	}
	return list, next, nil
}
