package bot

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"fairground/games"
	"fairground/models"
)

const (
	assetStars = "xtr" // what an invoice in Stars asks for; whole Stars
	maxScale   = 12
)

// errAmount is an amount that nobody can read.
var errAmount = models.E("bot.amount", "the amount can't be read")

// units writes minor units with the decimal places of their asset: 1,234.50.
func units(amount int64, scale int) string {
	if scale <= 0 || scale > maxScale {
		return number(amount)
	}
	sign := ""
	if amount < 0 {
		sign, amount = "-", -amount
	}
	one := int64(1)
	for range scale {
		one *= 10
	}
	rest := strconv.FormatInt(amount%one, 10)
	return sign + number(amount/one) + "." + strings.Repeat("0", scale-len(rest)) + rest
}

// parseUnits reads an amount with at most scale decimal places as minor units. It returns errAmount.
func parseUnits(text string, scale int) (int64, error) {
	text = strings.NewReplacer(",", "", " ", "", "_", "").Replace(strings.TrimSpace(text))
	whole, rest, _ := strings.Cut(text, ".")
	if whole == "" || len(rest) > scale || strings.Trim(whole+rest, "0123456789") != "" {
		return 0, errAmount
	}
	n, err := strconv.ParseInt(whole+rest+strings.Repeat("0", scale-len(rest)), 10, 64)
	if err != nil || n <= 0 {
		return 0, errAmount
	}
	return n, nil
}

// sum is an amount with the name of its asset.
func (v voice) sum(amount int64, scale int, asset string) string {
	switch asset {
	case games.AssetPoints:
		return v.say("sum.points", vars{"Amount": number(amount)})
	case assetStars:
		return v.say("sum.stars", vars{"Amount": number(amount)})
	}
	return units(amount, scale) + " " + strings.ToUpper(asset)
}

// moment is a point in time as people read it; always UTC.
func moment(at time.Time) string { return at.UTC().Format("2006-01-02 15:04 UTC") }

// inUnits rewrites a refusal's amounts in the units of an asset: they come as minor units.
func (v voice) inUnits(err error, scale int, asset string) error {
	refused, ok := errors.AsType[*models.Error](err)
	if !ok || refused.Data == nil {
		return err
	}
	e := *refused
	e.Data = map[string]any{}
	for name, value := range refused.Data {
		e.Data[name] = value
		switch n := value.(type) {
		case float64:
			e.Data[name] = v.sum(int64(n), scale, asset)
		case int64:
			e.Data[name] = v.sum(n, scale, asset)
		}
	}
	if e.Code == "ledger.insufficient_funds" && asset != games.AssetPoints {
		e.Code = "bot.insufficient_money"
	}
	return &e
}
