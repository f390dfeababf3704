package cryptopay

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"fairground/cashier/gateway"
)

// pageSize is how many items one call lists.
const pageSize = 200

// Statement implements gateway.Gateway: first the paid invoices, then the transfers. The lists take no dates, so pages are
// filtered here and may be empty although more follow. Lists run from the newest to the oldest and are read by offset:
// what arrives meanwhile only shifts items onto a later page, so one may come twice and none is left out; the reader
// counts each by its key or number.
func (g *Gateway) Statement(ctx context.Context, from, to time.Time, cursor string) (gateway.Statement, error) {
	list, offset, err := readCursor(cursor)
	if err != nil {
		return gateway.Statement{}, err
	}
	var page gateway.Statement
	var count int
	if list == "invoices" {
		page, count, err = g.invoices(ctx, from, to, offset)
	} else {
		page, count, err = g.transfers(ctx, from, to, offset)
	}
	switch {
	case err != nil:
		return gateway.Statement{}, err
	case count == pageSize:
		page.Next = list + ":" + strconv.Itoa(offset+count)
	case list == "invoices":
		page.Next = "transfers:0"
	}
	return page, nil
}

func readCursor(cursor string) (list string, offset int, err error) {
	if cursor == "" {
		return "invoices", 0, nil
	}
	list, place, _ := strings.Cut(cursor, ":")
	offset, err = strconv.Atoi(place)
	if err != nil || offset < 0 || (list != "invoices" && list != "transfers") {
		return "", 0, fmt.Errorf("%w: a cursor of another statement", gateway.ErrUnknown)
	}
	return list, offset, nil
}

func (g *Gateway) invoices(ctx context.Context, from, to time.Time, offset int) (gateway.Statement, int, error) {
	var said list[invoice]
	params := map[string]any{"status": "paid", "offset": offset, "count": pageSize}
	if err := g.call(ctx, "getInvoices", params, &said); err != nil {
		return gateway.Statement{}, 0, doubt(err)
	}
	var page gateway.Statement
	for _, one := range said.Items {
		n, err := g.notice(one)
		if err != nil {
			return gateway.Statement{}, 0, fmt.Errorf("%w: the answer cannot be read", gateway.ErrUnknown)
		}
		if n.State == gateway.DepositConfirmed && within(n.At, from, to) {
			page.Entries = append(page.Entries, gateway.Entry{
				Kind: gateway.EntryDeposit, Ref: n.Ref, Tx: n.Tx, Asset: n.Asset, Amount: n.Amount, Scale: n.Scale, At: n.At,
			})
		}
	}
	return page, len(said.Items), nil
}

func (g *Gateway) transfers(ctx context.Context, from, to time.Time, offset int) (gateway.Statement, int, error) {
	var said list[transfer]
	if err := g.call(ctx, "getTransfers", map[string]any{"offset": offset, "count": pageSize}, &said); err != nil {
		return gateway.Statement{}, 0, doubt(err)
	}
	var page gateway.Statement
	for _, one := range said.Items {
		asset := strings.ToLower(one.Asset)
		amount, scale, err := gateway.ParseAmount(one.Amount, g.scales[asset])
		if err != nil {
			return gateway.Statement{}, 0, fmt.Errorf("%w: the answer cannot be read", gateway.ErrUnknown)
		}
		if one.Status == "completed" && within(one.Completed, from, to) {
			page.Entries = append(page.Entries, gateway.Entry{
				Kind: gateway.EntryPayout, Key: one.SpendID, Ref: strconv.FormatInt(one.ID, 10),
				Asset: asset, Amount: amount, Scale: scale, At: one.Completed.UTC(),
			})
		}
	}
	return page, len(said.Items), nil
}

// within tells whether at is in [from, to).
func within(at, from, to time.Time) bool { return !at.Before(from) && at.Before(to) }
