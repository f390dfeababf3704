package operator

import (
	"time"

	"fairground/api/operator/gen"
	"fairground/models"
	"fairground/operators"
)

const defaultLimit = 20

func limitOf(limit *int32) int {
	if limit == nil {
		return defaultLimit
	}
	return int(*limit)
}

// amount renders minor units of an asset.
func amount(asset string, scale int, n int64) gen.Amount {
	return gen.Amount{Amount: n, Asset: asset, Scale: small(scale)}
}

// small is for counts and scales, which never reach the limits of the type.
func small(n int) int32 { return int32(n) } //nolint:gosec // see above

// text is what an optional parameter says, empty when it is absent.
func text[T ~string](p *T) string {
	if p == nil {
		return ""
	}
	return string(*p)
}

func optional[T ~string](s T) *string {
	if s == "" {
		return nil
	}
	t := string(s)
	return &t
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	return when(*t)
}

// when is nil for the zero time.
func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	u := t.UTC()
	return &u
}

// each renders a list; it is never null.
func each[A, B any](in []A, render func(A) B) []B {
	out := make([]B, len(in))
	for i, v := range in {
		out[i] = render(v)
	}
	return out
}

func names(permissions []operators.Permission) []string {
	return each(permissions, func(p operators.Permission) string { return string(p) })
}

func roles(in []models.Role) []gen.Role {
	return each(in, func(r models.Role) gen.Role { return gen.Role(r) })
}

func rolesIn(in []gen.Role) []models.Role {
	return each(in, func(r gen.Role) models.Role { return models.Role(r) })
}

// list is never null.
func list(in []string) []string {
	if in == nil {
		return []string{}
	}
	return in
}
