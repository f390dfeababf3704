package bot

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"fairground/games"
	"fairground/internal/telegram"
	"fairground/items"
	"fairground/models"
	"fairground/notify"
)

// shown of a shop and of what a player has, so that a message stays short.
const (
	shopSize  = 8
	itemsSize = 8
)

// Notices of items, as the database writes them.
const (
	kindItemReceived = "item.received"
	kindItemInsured  = "item.insured"
)

func (t *tenantBot) shopCommands() []command {
	return []command{
		{name: "shop", group: t.shop},
		{name: "items", group: t.myItems},
		{name: "gift", group: t.gift, hidden: true},
	}
}

// shop shows what can be bought, with the rules of every effect and a button each.
func (t *tenantBot) shop(ctx context.Context, c talk) error {
	list, _, err := t.store.Catalogue(ctx, t.tenant.ID, true, items.Page{Limit: shopSize})
	if err != nil {
		return err
	}
	if len(list) == 0 {
		t.reply(ctx, c, notify.PriorityReply, c.voice.say("shop.none"), nil)
		return nil
	}
	lines, buttons := []string{c.voice.say("shop.title")}, []telegram.Button{}
	for _, i := range list {
		v := vars{"Icon": esc0(i.Icon), "Name": esc(i.Name), "Price": number(i.Price), "Effect": c.voice.effect(i.Face)}
		if i.Stock != nil {
			v["Stock"] = number(*i.Stock)
		}
		lines = append(lines, c.voice.say("shop.line", v))
		buttons = append(buttons, telegram.Button{Text: i.Icon + " " + number(i.Price), Callback: fmt.Sprintf("k:b:%s:%d", i.ID, i.Version)})
	}
	t.reply(ctx, c, notify.PriorityReply, strings.Join(lines, "\n\n"), &telegram.Keyboard{Rows: grid(buttons, 4)})
	return nil
}

// effect says what an item does.
func (v voice) effect(f items.Face) string {
	p := f.Params
	facts := vars{
		"Factor": strconv.FormatFloat(float64(p.FactorBP)/10_000, 'f', -1, 64), "Minutes": p.Minutes, "Most": number(max(p.Most, p.MaxStake)),
		"Share": strconv.FormatFloat(float64(p.ShareBP)/100, 'f', -1, 64), "Hours": p.Hours, "Badge": esc0(p.Badge),
	}
	if p.Game != "" {
		facts["Game"] = v.gameName(p.Game)
	}
	return v.say("effect."+string(f.Effect), facts)
}

// gameName is a game's name; of one that left the catalogue the name its rounds carry.
func (v voice) gameName(name string) string {
	if _, known := games.Catalogue()[name]; !known {
		return esc(name)
	}
	return v.game(name, "name")
}

// myItems shows what a player can use here and what counts.
func (t *tenantBot) myItems(ctx context.Context, c talk) error {
	list, err := t.usable(ctx, c.group.ID, c.player.ID)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		t.reply(ctx, c, notify.PriorityReply, c.voice.say("items.none"), nil)
		return nil
	}
	lines, buttons := []string{c.voice.say("items.title", vars{"Name": esc(c.player.Name)})}, []telegram.Button{}
	for n, u := range list {
		v := vars{"N": n + 1, "Icon": esc0(u.Icon), "Name": esc(u.Name), "Active": u.Counts, "Effect": c.voice.effect(u.Face)}
		if ends := ending(u); ends != nil {
			v["Until"] = moment(*ends)
		}
		lines = append(lines, c.voice.say("items.line", v))
		if u.Status == items.StatusOwned {
			buttons = append(buttons, telegram.Button{Text: c.voice.say("button.use", vars{"N": n + 1}), Callback: "k:u:" + u.ID})
		}
	}
	t.reply(ctx, c, notify.PriorityReply, strings.Join(lines, "\n"), &telegram.Keyboard{Rows: grid(buttons, 4)})
	return nil
}

// ending is when a unit can't be used any more, or its effect ends.
func ending(u items.Unit) *time.Time {
	if u.Counts {
		return u.Until
	}
	return u.ExpiresAt
}

// usable are the newest units that a player can use in a group or that count.
func (t *tenantBot) usable(ctx context.Context, group, player int64) ([]items.Unit, error) {
	var out []items.Unit
	for cursor := ""; len(out) < itemsSize; {
		page, next, err := t.store.Inventory(ctx, t.tenant.ID, group, player, items.Page{Cursor: cursor, Limit: 100})
		if err != nil {
			return nil, err
		}
		for _, u := range page {
			if len(out) < itemsSize && (u.Status == items.StatusOwned || u.Counts) {
				out = append(out, u)
			}
		}
		if next == "" {
			break
		}
		cursor = next
	}
	return out, nil
}

// gift gives an item to whoever's message is replied to: /gift 2.
func (t *tenantBot) gift(ctx context.Context, c talk) error {
	n := 0
	if len(c.args) > 0 {
		n, _ = strconv.Atoi(c.args[0]) // a word that is no number is 0, which no item has
	}
	to := c.m.ReplyToMessage
	list, err := t.usable(ctx, c.group.ID, c.player.ID)
	if err != nil {
		return err
	}
	if to == nil || to.From == nil || to.From.IsBot || n < 1 || n > len(list) {
		t.reply(ctx, c, notify.PriorityReply, c.voice.say("gift.how"), nil)
		return nil
	}
	receiver, err := t.person(ctx, to.From)
	if err != nil {
		return err
	}
	unit := list[n-1]
	if err := t.store.Gift(ctx, t.tenant.ID, c.player.ID, unit.ID, receiver.PublicID, c.key); err != nil {
		return err
	}
	t.reply(ctx, c, notify.PriorityReply, c.voice.say("gift.done", vars{"Icon": esc0(unit.Icon), "Name": esc(unit.Name), "To": esc(receiver.Name)}), nil)
	return nil
}

// pressShop buys or uses for whoever pressed, in the group where the button stands.
func (t *tenantBot) pressShop(ctx context.Context, p *tap, rest string) (string, error) {
	if p.chat >= 0 {
		return "", errForged
	}
	g, err := t.group(ctx, p.chat)
	if err != nil {
		return "", err
	}
	verb, rest, _ := strings.Cut(rest, ":")
	id, version, _ := strings.Cut(rest, ":")
	switch verb {
	case "b":
		return t.buyItem(ctx, p, g, id, version)
	case "u":
		return t.useItem(ctx, p, g, id)
	default:
		return "", errForged
	}
}

func (t *tenantBot) buyItem(ctx context.Context, p *tap, g models.Group, id, version string) (string, error) {
	n, err := strconv.Atoi(version)
	if err != nil {
		return "", errForged
	}
	if _, err := t.member(ctx, g.ID, p.chat, p.player); err != nil {
		return "", err
	}
	var got items.Bought
	err = t.surely(ctx, p.again, func(bool) (err error) {
		got, err = t.store.Buy(ctx, items.BuyRequest{Tenant: t.tenant.ID, Group: g.ID, Player: p.player.ID, Item: id, Version: n, Key: p.key})
		return err
	})
	if err != nil {
		return "", err
	}
	return p.voice.say("toast.bought", vars{"Icon": got.Unit.Icon, "Name": got.Unit.Name, "Balance": number(got.Balance)}), nil
}

// useItem uses a unit of whoever pressed. A ticket goes to the open round of its game.
func (t *tenantBot) useItem(ctx context.Context, p *tap, g models.Group, id string) (string, error) {
	unit, err := t.store.Unit(ctx, t.tenant.ID, p.player.ID, id)
	if err != nil {
		return "", err
	}
	if unit.Effect == items.EffectExtraTicket && unit.Status == items.StatusOwned {
		return t.useTicket(ctx, p, g, unit)
	}
	err = t.surely(ctx, p.again, func(bool) (err error) {
		unit, err = t.store.Use(ctx, t.tenant.ID, p.player.ID, id, p.key)
		return err
	})
	if err != nil {
		return "", err
	}
	return p.voice.say("toast.used", vars{"Icon": unit.Icon, "Name": unit.Name}), nil
}
