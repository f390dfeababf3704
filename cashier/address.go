package cashier

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5"

	"fairground/internal/secret"
)

// Purposes of the keys this room derives.
const (
	purposeDestination     = "cashier:destination"
	purposeDestinationHash = "cashier:destination_hash"
)

const (
	maxDestination = 256
	maxLabel       = 64
)

// AddressRequest adds a destination to a player's address book.
type AddressRequest struct {
	Tenant, Player int64
	Gateway        string // public id of the gateway account
	Asset          string
	Label          string
	Destination    string // as the gateway understands it: an address, a card, an account
	Verification   string // of players.Verify for PurposeAddress, used up by it
}

// Address is an entry of a player's address book. The destination itself stays sealed.
type Address struct {
	ID       string // a_…
	Gateway  string
	Asset    string
	Label    string
	Masked   string
	AddedAt  time.Time
	UsableAt time.Time // the end of the waiting period
}

// AddAddress adds a destination, usable after the asset's waiting period.
//
// Errors: ErrInvalidAddress with the field, ErrAddressExists, ErrNotVerified, ErrAssetOff, ErrGatewayOff, ErrNoAccount, and
// those of postgres.DB.
func (c *Cashier) AddAddress(ctx context.Context, r AddressRequest) (Address, error) {
	r.Label, r.Destination = strings.TrimSpace(r.Label), strings.TrimSpace(r.Destination)
	if err := r.check(); err != nil {
		return Address{}, err
	}
	id := secret.ID("a")
	sealed, err := c.box.Seal(purposeDestination, []byte(r.Destination), destinationOf(r.Tenant, r.Player, id))
	if err != nil {
		return Address{}, fmt.Errorf("cashier: seal a destination: %w", err)
	}
	raw, err := c.ask(ctx, r.Tenant, "add a payout address", `SELECT api_address_add($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		r.Tenant, r.Player, id, r.Gateway, r.Asset, r.Label, sealed, c.destinationHash(r), mask(r.Destination), r.Verification)
	if err != nil {
		return Address{}, err
	}
	var answer struct {
		AddedAt  time.Time `json:"added_at"`
		UsableAt time.Time `json:"usable_at"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return Address{}, fmt.Errorf("cashier: read an answer: %w", err)
	}
	return Address{
		ID: id, Gateway: r.Gateway, Asset: r.Asset, Label: r.Label, Masked: mask(r.Destination),
		AddedAt: answer.AddedAt.UTC(), UsableAt: answer.UsableAt.UTC(),
	}, nil
}

// Addresses lists a player's address book, newest first.
func (c *Cashier) Addresses(ctx context.Context, tenant, player int64) ([]Address, error) {
	var list []Address
	err := c.read(ctx, tenant, "list payout addresses", func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT address_id, gateway, asset, label, masked, added_at, usable_at FROM payout_addresses
			WHERE tenant_id = $1 AND player_id = $2 AND removed_at IS NULL ORDER BY added_at DESC, address_id`, tenant, player)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Address])
		return err
	})
	for i := range list {
		list[i].AddedAt, list[i].UsableAt = list[i].AddedAt.UTC(), list[i].UsableAt.UTC()
	}
	return list, err
}

// RemoveAddress takes a destination out of the book; withdrawals that name it go on. A repeat changes nothing.
// It returns ErrAddressNotFound and the errors of postgres.DB.
func (c *Cashier) RemoveAddress(ctx context.Context, tenant, player int64, id string) error {
	_, err := c.ask(ctx, tenant, "remove a payout address", `SELECT api_address_remove($1, $2, $3)`, tenant, player, id)
	return err
}

func (r AddressRequest) check() error {
	invalid := func(field, fix string) error {
		e := *ErrInvalidAddress
		e.Field, e.Fix = field, fix
		return &e
	}
	switch {
	case r.Destination == "" || len(r.Destination) > maxDestination || strings.ContainsFunc(r.Destination, unicode.IsControl):
		return invalid("destination", fmt.Sprintf("1 to %d characters without control characters", maxDestination))
	case len([]rune(r.Label)) > maxLabel || strings.ContainsFunc(r.Label, unicode.IsControl):
		return invalid("label", fmt.Sprintf("at most %d characters without control characters", maxLabel))
	}
	return nil
}

// destinationOf binds a sealed destination to its row.
func destinationOf(tenant, player int64, id string) []byte {
	return []byte(strconv.FormatInt(tenant, 10) + "/" + strconv.FormatInt(player, 10) + "/" + id)
}

func (c *Cashier) openDestination(tenant, player int64, id string, sealed []byte) (string, error) {
	plain, err := c.box.Open(purposeDestination, sealed, destinationOf(tenant, player, id))
	if err != nil {
		return "", fmt.Errorf("cashier: open the destination %s: %w", id, err)
	}
	return string(plain), nil
}

// destinationHash finds duplicates without telling the destination.
func (c *Cashier) destinationHash(r AddressRequest) []byte {
	h := hmac.New(sha256.New, c.hashKey)
	h.Write(fingerprint(r.Tenant, r.Player, r.Gateway, r.Asset, r.Destination))
	return h.Sum(nil)
}

// mask shows enough of a destination to recognise it: its ends, or only its first character when it is short.
func mask(destination string) string {
	r := []rune(destination)
	if len(r) < 12 {
		return string(r[:1]) + "…"
	}
	return string(r[:4]) + "…" + string(r[len(r)-4:])
}
