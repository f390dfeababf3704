package gateway

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// MaxScale is the most decimal places that an amount may have.
const MaxScale = 18

// FormatAmount writes minor units as a decimal number: 1234 at scale 2 is "12.34".
func FormatAmount(amount int64, scale int) string {
	s := strconv.FormatInt(amount, 10)
	if scale <= 0 {
		return s
	}
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	if len(s) <= scale {
		s = strings.Repeat("0", scale-len(s)+1) + s
	}
	return sign + s[:len(s)-scale] + "." + s[len(s)-scale:]
}

// ParseAmount reads a non-negative decimal number exactly. It returns the minor units at the wanted scale, or, when the
// number has more places than that, at the number's own scale: the second result says which. No float is involved.
func ParseAmount(text string, want int) (amount int64, scale int, err error) {
	whole, part, _ := strings.Cut(text, ".")
	if whole == "" || !digits(whole) || !digits(part) || strings.HasSuffix(text, ".") || want < 0 || want > MaxScale {
		return 0, 0, fmt.Errorf("%w: not an amount", ErrMalformed)
	}
	for len(part) > want && strings.HasSuffix(part, "0") {
		part = part[:len(part)-1]
	}
	if len(part) > MaxScale {
		return 0, 0, fmt.Errorf("%w: an amount with too many places", ErrMalformed)
	}
	if len(part) < want {
		part += strings.Repeat("0", want-len(part))
	}
	amount, err = strconv.ParseInt(whole+part, 10, 64)
	if err != nil {
		return 0, 0, fmt.Errorf("%w: an amount out of range", ErrMalformed)
	}
	return amount, len(part), nil
}

// Rescale says an amount in another scale; false when that would round or overflow.
func Rescale(amount int64, from, to int) (int64, bool) {
	if from < 0 || to < 0 || from > MaxScale || to > MaxScale {
		return 0, false
	}
	for ; from < to; from++ {
		if amount > math.MaxInt64/10 || amount < math.MinInt64/10 {
			return 0, false
		}
		amount *= 10
	}
	for ; from > to; from-- {
		if amount%10 != 0 {
			return 0, false
		}
		amount /= 10
	}
	return amount, true
}

func digits(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}
