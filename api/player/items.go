package player

import (
	"context"

	"fairground/api/gen"
	"fairground/games"
	"fairground/items"
)

// GetShop lists what can be bought in a group.
func (s *Server) GetShop(ctx context.Context, r gen.GetShopRequestObject) (gen.GetShopResponseObject, error) {
	c, _, err := s.inGroup(ctx, r.Group)
	if err != nil {
		return nil, err
	}
	list, next, err := s.items.Catalogue(ctx, c.Tenant, true, items.Page{Cursor: word(r.Params.Cursor), Limit: limitOf(r.Params.Limit)})
	if err != nil {
		return nil, err
	}
	return gen.GetShop200JSONResponse{Items: each(list, shopItem), NextCursor: given(next)}, nil
}

// BuyItem sells the caller one unit.
func (s *Server) BuyItem(ctx context.Context, r gen.BuyItemRequestObject) (gen.BuyItemResponseObject, error) {
	c, g, err := s.inGroup(ctx, r.Group)
	if err != nil {
		return nil, err
	}
	got, err := s.items.Buy(ctx, items.BuyRequest{
		Tenant: c.Tenant, Group: g.ID, Player: c.Player, Item: r.Item, Version: r.Body.Version, Key: r.Params.IdempotencyKey,
	})
	if err != nil {
		return nil, err
	}
	return gen.BuyItem201JSONResponse{Item: ownedItem(got.Unit), Balance: got.Balance}, nil
}

// ListMyItems lists the caller's units in a group.
func (s *Server) ListMyItems(ctx context.Context, r gen.ListMyItemsRequestObject) (gen.ListMyItemsResponseObject, error) {
	c, g, err := s.inGroup(ctx, r.Group)
	if err != nil {
		return nil, err
	}
	list, next, err := s.items.Inventory(ctx, c.Tenant, g.ID, c.Player, items.Page{Cursor: word(r.Params.Cursor), Limit: limitOf(r.Params.Limit)})
	if err != nil {
		return nil, err
	}
	return gen.ListMyItems200JSONResponse{Items: each(list, ownedItem), NextCursor: given(next)}, nil
}

// UseItem uses one of the caller's units up; an extra ticket places its bet.
func (s *Server) UseItem(ctx context.Context, r gen.UseItemRequestObject) (gen.UseItemResponseObject, error) {
	c := callerOf(ctx)
	if r.Body.Bet == nil {
		unit, err := s.items.Use(ctx, c.Tenant, c.Player, r.Unit, r.Params.IdempotencyKey)
		if err != nil {
			return nil, err
		}
		return gen.UseItem200JSONResponse(ownedItem(unit)), nil
	}
	_, err := s.engine.BetWithTicket(ctx, games.TicketRequest{
		Tenant: c.Tenant, Player: c.Player, Unit: r.Unit, Round: r.Body.Bet.Round, Choice: word(r.Body.Bet.Choice), Stake: r.Body.Bet.Stake,
		Key: r.Params.IdempotencyKey,
	})
	if err != nil {
		return nil, err
	}
	unit, err := s.items.Unit(ctx, c.Tenant, c.Player, r.Unit)
	if err != nil {
		return nil, err
	}
	return gen.UseItem200JSONResponse(ownedItem(unit)), nil
}

// GiveItem gives one of the caller's units away.
func (s *Server) GiveItem(ctx context.Context, r gen.GiveItemRequestObject) (gen.GiveItemResponseObject, error) {
	c := callerOf(ctx)
	if err := s.items.Gift(ctx, c.Tenant, c.Player, r.Unit, r.Body.Player, r.Params.IdempotencyKey); err != nil {
		return nil, err
	}
	return gen.GiveItem204Response{}, nil
}

func shopItem(i items.Item) gen.ShopItem {
	out := gen.ShopItem{
		Item: i.ID, Version: i.Version, Name: i.Name, Description: i.Description, Icon: i.Icon, Effect: gen.ItemEffect(i.Effect), Params: itemParams(i.Params),
		Price: i.Price, Stock: i.Stock, ValidSeconds: i.ValidSeconds, Giftable: i.Giftable,
	}
	if i.PerPlayer > 0 {
		out.PerPlayer = &i.PerPlayer
	}
	return out
}

func ownedItem(u items.Unit) gen.OwnedItem {
	out := gen.OwnedItem{
		Unit: u.ID, Item: u.Item, Version: u.Version, Name: u.Name, Description: u.Description, Icon: u.Icon, Effect: gen.ItemEffect(u.Effect),
		Params: itemParams(u.Params), Giftable: u.Giftable, Group: u.Group, Origin: gen.OwnedItemOrigin(u.Origin), GotAt: u.GotAt.UTC(), ExpiresAt: utc(u.ExpiresAt),
		Status: gen.OwnedItemStatus(u.Status), Active: u.Counts, UsedAt: utc(u.UsedAt), UsedFor: given(u.UsedFor), Until: utc(u.Until), SpentFor: given(u.SpentFor),
	}
	if u.Paid > 0 {
		out.Paid = &u.Paid
	}
	return out
}

func itemParams(p items.Params) gen.ItemParams {
	return gen.ItemParams{
		FactorBp: positive(p.FactorBP), Minutes: positive(p.Minutes), Game: given(p.Game), MaxStake: positive(p.MaxStake),
		ShareBp: positive(p.ShareBP), Most: positive(p.Most), Hours: positive(p.Hours), Badge: given(p.Badge),
	}
}

// positive is nil for 0.
func positive[N int | int64](n N) *N {
	if n == 0 {
		return nil
	}
	return &n
}
