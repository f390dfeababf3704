package player

import (
	"encoding/hex"
	"maps"
	"slices"
	"time"

	"fairground/api/gen"
	"fairground/games"
	"fairground/games/game"
)

// amount renders minor units. Every asset that rounds are played in has scale 0.
func amount(asset string, n int64) gen.Amount { return gen.Amount{Amount: n, Asset: asset, Scale: 0} }

func points(n int64) gen.Amount { return amount(games.AssetPoints, n) }

func odds(in []game.Odd) []gen.Odd {
	out := make([]gen.Odd, len(in))
	for i, o := range in {
		out[i] = gen.Odd{Choice: o.Choice, Ways: o.Ways, Of: o.Of, PaysBp: o.PaysBP, ReturnBp: o.ReturnBP}
	}
	return out
}

// round renders what everybody may see. An outcome that was drawn before the end (a red
// packet's shares) stays hidden until the round is final.
func round(v games.RoundView) gen.Round {
	r := v.Round.Round
	out := gen.Round{
		Round: r.ID, Group: v.Group, Opener: v.OpenerID, Game: r.Game, Status: gen.RoundStatus(r.Status), Asset: r.Asset,
		ConfigVersion: int64(r.ConfigVersion), Commit: hex.EncodeToString(r.CommitHash), Params: r.Params,
		OpenedAt: r.OpensAt.UTC(), ClosesAt: r.ClosesAt.UTC(), ClosedAt: utc(r.ClosedAt), SettledAt: utc(r.SettledAt),
		Bets: v.Bets, Bettors: v.Players, Pot: amount(r.Asset, v.Pot), Counts: counts(v.Counts),
		SlotsLeft: v.SlotsLeft, Claims: claims(r.Asset, v.Claims), Odds: odds(v.Rules.Odds()), VoidReason: r.VoidReason,
		LiveStartedAt: utc(r.LiveStartedAt),
	}
	if r.Status.Final() {
		if len(r.Outcome) > 0 {
			out.Outcome = &r.Outcome
		}
		if len(v.Report) > 0 {
			out.Report = &v.Report
		}
		paid := amount(r.Asset, v.Paid)
		out.Paid = &paid
	}
	return out
}

func summary(v games.RoundView) gen.RoundSummary {
	r := v.Round.Round
	return gen.RoundSummary{
		Round: r.ID, Game: r.Game, Status: gen.RoundStatus(r.Status), Asset: r.Asset,
		ConfigVersion: int64(r.ConfigVersion), Commit: hex.EncodeToString(r.CommitHash),
		OpenedAt: r.OpensAt.UTC(), ClosesAt: r.ClosesAt.UTC(), SettledAt: utc(r.SettledAt),
		Bets: v.Bets, Pot: amount(r.Asset, v.Pot),
	}
}

func counts(in map[string]int64) []gen.ChoiceCount {
	out := make([]gen.ChoiceCount, 0, len(in))
	for _, choice := range slices.Sorted(maps.Keys(in)) {
		out = append(out, gen.ChoiceCount{Choice: choice, Bets: in[choice]})
	}
	return out
}

func claims(asset string, in []games.Claimed) []gen.Claimed {
	out := make([]gen.Claimed, len(in))
	for i, c := range in {
		out[i] = gen.Claimed{
			Slot:   int32(c.Slot), //nolint:gosec // a round has few slots
			Player: c.Player, Amount: amount(asset, c.Amount), Loss: amount(asset, c.Loss),
		}
	}
	return out
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

// scaled renders minor units of any asset.
func scaled(asset string, scale int, n int64) gen.Amount {
	return gen.Amount{Amount: n, Asset: asset, Scale: int32(scale)} //nolint:gosec // 0 to 18
}

// each renders a list; it is never null.
func each[A, B any](in []A, render func(A) B) []B {
	out := make([]B, len(in))
	for i, v := range in {
		out[i] = render(v)
	}
	return out
}

// word is what an optional parameter says, empty when it is absent.
func word(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

// given is nil for an empty text.
func given[T ~string](s T) *string {
	if s == "" {
		return nil
	}
	t := string(s)
	return &t
}

// moment is nil for the zero time.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return utc(&t)
}
