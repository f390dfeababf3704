package operator

import (
	"context"

	"fairground/api/operator/gen"
	"fairground/items"
)

// ListItems lists the catalogue of virtual items.
func (s *Server) ListItems(ctx context.Context, r gen.ListItemsRequestObject) (gen.ListItemsResponseObject, error) {
	list, next, err := s.Items.Catalogue(ctx, authorityOf(ctx).Tenant, false, items.Page{Cursor: text(r.Params.Cursor), Limit: limitOf(r.Params.Limit)})
	if err != nil {
		return nil, err
	}
	return gen.ListItems200JSONResponse{Items: each(list, item), NextCursor: optional(next)}, nil
}

// GetItem shows an item.
func (s *Server) GetItem(ctx context.Context, r gen.GetItemRequestObject) (gen.GetItemResponseObject, error) {
	i, err := s.Items.Item(ctx, authorityOf(ctx).Tenant, r.ShopItem)
	if err != nil {
		return nil, err
	}
	return gen.GetItem200JSONResponse(item(i)), nil
}

// CreateItem makes an item.
func (s *Server) CreateItem(ctx context.Context, r gen.CreateItemRequestObject) (gen.CreateItemResponseObject, error) {
	b := r.Body
	i, err := s.Items.Save(ctx, authorityOf(ctx), items.SaveRequest{
		Face:  items.Face{Name: b.Name, Description: text(b.Description), Icon: b.Icon, Effect: items.Effect(b.Effect), Params: paramsOf(b.Params), Giftable: b.Giftable},
		Price: b.Price, Stock: b.Stock, PerPlayer: valueOf(b.PerPlayer), ValidSeconds: b.ValidSeconds, OnSale: b.OnSale, Reason: b.Reason,
	})
	if err != nil {
		return nil, err
	}
	return gen.CreateItem201JSONResponse(item(i)), nil
}

// ChangeItem changes an item.
func (s *Server) ChangeItem(ctx context.Context, r gen.ChangeItemRequestObject) (gen.ChangeItemResponseObject, error) {
	b := r.Body
	i, err := s.Items.Save(ctx, authorityOf(ctx), items.SaveRequest{
		Face: items.Face{Name: b.Name, Description: text(b.Description), Icon: b.Icon, Effect: items.Effect(b.Effect), Params: paramsOf(b.Params), Giftable: b.Giftable},
		ID:   r.ShopItem, Version: b.Version,
		Price: b.Price, Stock: b.Stock, PerPlayer: valueOf(b.PerPlayer), ValidSeconds: b.ValidSeconds, OnSale: b.OnSale, Reason: b.Reason,
	})
	if err != nil {
		return nil, err
	}
	return gen.ChangeItem200JSONResponse(item(i)), nil
}

// GrantItem gives a player an item.
func (s *Server) GrantItem(ctx context.Context, r gen.GrantItemRequestObject) (gen.GrantItemResponseObject, error) {
	u, err := s.Items.Grant(ctx, authorityOf(ctx), items.GrantRequest{
		Item: r.ShopItem, Group: r.Body.Group, Player: r.Body.Player, Reason: r.Body.Reason, Key: r.Params.IdempotencyKey,
	})
	if err != nil {
		return nil, err
	}
	return gen.GrantItem201JSONResponse{Unit: u.ID, Item: u.Item, Version: u.Version, ExpiresAt: utc(u.ExpiresAt)}, nil
}

func item(i items.Item) gen.Item {
	return gen.Item{
		Item: i.ID, Version: i.Version, Name: i.Name, Description: i.Description, Icon: i.Icon, Effect: gen.ItemEffect(i.Effect),
		Params: gen.ItemParams{
			FactorBp: unlessZero(i.Params.FactorBP), Minutes: unlessZero(i.Params.Minutes), Game: optional(i.Params.Game), MaxStake: unlessZero(i.Params.MaxStake),
			ShareBp: unlessZero(i.Params.ShareBP), Most: unlessZero(i.Params.Most), Hours: unlessZero(i.Params.Hours), Badge: optional(i.Params.Badge),
		},
		Price: i.Price, Stock: i.Stock, PerPlayer: i.PerPlayer, ValidSeconds: i.ValidSeconds, Giftable: i.Giftable, OnSale: i.OnSale, UpdatedAt: i.UpdatedAt.UTC(),
	}
}

func paramsOf(p gen.ItemParams) items.Params {
	return items.Params{
		FactorBP: valueOf(p.FactorBp), Minutes: valueOf(p.Minutes), Game: text(p.Game), MaxStake: valueOf(p.MaxStake),
		ShareBP: valueOf(p.ShareBp), Most: valueOf(p.Most), Hours: valueOf(p.Hours), Badge: text(p.Badge),
	}
}

// unlessZero is nil for 0.
func unlessZero[N int | int64](n N) *N {
	if n == 0 {
		return nil
	}
	return &n
}

// valueOf is 0 for nil.
func valueOf[N int | int64](n *N) N {
	if n == nil {
		return 0
	}
	return *n
}
