package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

type options struct {
	cycles         int
	each           time.Duration
	only           string
	results, table string
}

func (o options) wants(row string) bool { return strings.HasPrefix(row, o.only) }

// run measures every wanted row and writes the report.
func run(ctx context.Context, opts options, out io.Writer) error {
	env, err := prepare(ctx)
	if err != nil {
		return err
	}
	defer env.close()
	report := &report{Settings: env.settings}
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }
	if err := measureWithdrawals(ctx, env, opts, report, say); err != nil {
		return err
	}
	if err := measureSimulations(ctx, opts, report, say); err != nil {
		return err
	}
	if err := env.buildWorld(ctx); err != nil {
		return err
	}
	if err := measurePostings(ctx, env, opts, report, say); err != nil {
		return err
	}
	if err := measureSettle(ctx, env, opts, report, say); err != nil {
		return err
	}
	if err := measureChat(ctx, env, opts, report, say); err != nil {
		return err
	}
	if err := env.audit(ctx); err != nil {
		return err
	}
	say("the books balance after %d rows", len(report.Rows))
	return report.write(ctx, opts)
}

// measurePostings takes every path in turn with the raw limit, so that a slow minute of the
// machine hits all of them.
func measurePostings(ctx context.Context, env *environment, opts options, rep *report, say func(string, ...any)) error {
	type path struct {
		name, unit string
		callers    int
		goal       float64
		measure    func(context.Context, time.Duration) (float64, error)
		limits     []float64
		rates      []float64
		ratios     []float64
	}
	paths := []*path{
		{name: "bet.hot_round", unit: "bets/s", callers: clients, goal: 0.4, measure: env.hotRound},
		{name: "bet.spread", unit: "bets/s", callers: clients, goal: 0.4, measure: env.spread},
		{name: "bet.http", unit: "bets/s", callers: clients, goal: 0.25, measure: env.overHTTP},
		{name: "wallet.bet_win", unit: "calls/s", callers: clients, measure: env.betAndWin},
		{name: "cashier.reserve_release", unit: "postings/s", callers: many, goal: 0.4, measure: env.reserveRelease(many)},
		{name: "cashier.reserve_release_16", unit: "postings/s", callers: clients, measure: env.reserveRelease(clients)},
	}
	for _, name := range catalogue() {
		paths = append(paths, &path{name: "game." + name, unit: "bets/s", callers: many, goal: gameGoal(name), measure: env.played(name)})
	}
	var wanted []*path
	for _, p := range paths {
		if opts.wants(p.name) {
			wanted = append(wanted, p)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	var limits []float64
	for cycle := range opts.cycles {
		for _, p := range wanted {
			limit, err := env.raw.measure(ctx, p.callers, opts.each)
			if err != nil {
				return fmt.Errorf("raw posting: %w", err)
			}
			rate, err := p.measure(ctx, opts.each)
			if err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			limits, p.limits = append(limits, limit), append(p.limits, limit)
			p.rates, p.ratios = append(p.rates, rate), append(p.ratios, rate/limit)
			say("cycle %d  %-24s %7.0f %s  raw %7.0f/s  ratio %.2f", cycle+1, p.name, rate, p.unit, limit, rate/limit)
		}
	}
	notes := map[string]string{
		"bet.http":                   "through the API, sign-in and validation included; the peers below are over HTTP as well",
		"wallet.bet_win":             "a provider's bets and wins in turn, signed, over HTTP; each is a posting, an answer kept for good and a nonce",
		"cashier.reserve_release":    fmt.Sprintf("%d callers here and at the limit; a withdrawal asked for and taken back is two postings, each with its rules, history, notice and event", many),
		"cashier.reserve_release_16": fmt.Sprintf("the same with %d callers: few share a transaction", clients),
	}
	for _, name := range catalogue() {
		notes["game."+name] = gameNote(name)
	}
	if len(paths[1].rates) > 0 {
		notes["bet.hot_round"] = fmt.Sprintf("all players in one round: %.2f of bet.spread (goal >= 0.9)", median(quotients(paths[0].rates, paths[1].rates)))
		notes["bet.spread"] = "200 rounds of five players"
	}
	rep.Rows = append(rep.Rows, row{Name: "raw.posting", Value: median(limits), Unit: "postings/s", Note: "the limit the paths below are compared with"})
	for _, p := range wanted {
		rep.Rows = append(rep.Rows, row{Name: p.name, Value: median(p.rates), Unit: p.unit, Limit: median(p.limits), Ratio: median(p.ratios), Goal: goalOf(p.goal), Note: notes[p.name]})
	}
	return nil
}

// goalOf writes the ratio to be reached; a row without one is there for comparison.
func goalOf(ratio float64) string {
	if ratio == 0 {
		return ""
	}
	return fmt.Sprintf(">= %.2f", ratio)
}

func measureSettle(ctx context.Context, env *environment, opts options, rep *report, say func(string, ...any)) error {
	if !opts.wants("round.settle") {
		return nil
	}
	var ratios, millis []float64
	for cycle := range opts.cycles {
		place, settle, err := settleCost(ctx, env.world, env.settleGroup, &env.keys)
		if err != nil {
			return fmt.Errorf("round.settle: %w", err)
		}
		ratios, millis = append(ratios, settle.Seconds()/place.Seconds()), append(millis, float64(settle.Microseconds())/1000)
		say("cycle %d  round.settle   1000 bets placed in %v, settled in %v", cycle+1, place.Round(time.Millisecond), settle.Round(time.Millisecond))
	}
	rep.Rows = append(rep.Rows, row{Name: "round.settle", Value: median(millis), Unit: "ms for 1,000 bets", Ratio: median(ratios), Goal: "< 0.10 of placing them"})
	return nil
}
