package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"fairground/fairness"
	"fairground/games"
	"fairground/games/game"
	"fairground/games/simulate"
)

// simulation is what `fairground simulate` was asked for.
type simulation struct {
	config, seed, out, source string
	rounds                    int
	asJSON, docs              bool
}

// newSimulateCmd is `fairground simulate`. It needs no database and no secret.
func newSimulateCmd() *cobra.Command {
	var s simulation
	cmd := &cobra.Command{
		Use:   "simulate GAME",
		Short: "Say what a game's config gives back of what is staked, and play it to see",
		Long: "Says the return of each choice under a config: exactly where it can be enumerated, else the interval that holds it 99.99 times of 100.\n" +
			"With --rounds it plays too, and compares. The same seed gives the same numbers on any machine.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if s.docs {
				return s.writeDocs(cmd.OutOrStdout())
			}
			if len(args) == 0 {
				return fmt.Errorf("name a game: %s", strings.Join(slices.Sorted(maps.Keys(games.Catalogue())), ", "))
			}
			return s.run(cmd, args[0])
		},
	}
	cmd.Flags().StringVar(&s.config, "config", "", "file with the config (default: the game's own; - for standard input)")
	cmd.Flags().IntVar(&s.rounds, "rounds", 0, "rounds to play; 0 for none where the return is exact, else a million")
	cmd.Flags().StringVar(&s.seed, "seed", strings.Repeat("00", 32), "seed of the simulation, 64 hex digits")
	cmd.Flags().BoolVar(&s.asJSON, "json", false, "print the report as JSON")
	cmd.Flags().BoolVar(&s.docs, "docs", false, "write docs/games.md: the returns of all default configs")
	cmd.Flags().StringVar(&s.out, "out", "", "with --docs: the file to write (default: standard output)")
	cmd.Flags().StringVar(&s.source, "source", ".", "with --docs: the source tree, for the games' maths")
	return cmd
}

// simulated is a report with the rounds that were played beside it.
type simulated struct {
	simulate.Report
	Played []game.Return `json:"played,omitempty"` // the intervals of the rounds asked for
	Chi    float64       `json:"chi_square,omitempty"`
	Limit  float64       `json:"chi_square_limit,omitempty"`
}

func (s simulation) run(cmd *cobra.Command, name string) error {
	g, ok := games.Catalogue()[name]
	if !ok {
		return fmt.Errorf("%q is no game: name one of %s", name, strings.Join(slices.Sorted(maps.Keys(games.Catalogue())), ", "))
	}
	if s.rounds < 0 {
		return errors.New("--rounds: at least 0")
	}
	seed, err := fairness.ParseSeed(s.seed)
	if err != nil {
		return fmt.Errorf("--seed: %w", err)
	}
	config, err := s.read(cmd.InOrStdin(), g)
	if err != nil {
		return err
	}
	done, err := simulateConfig(g, config, simulate.Options{Rounds: s.rounds, Seed: seed})
	if err != nil {
		return err
	}
	if !s.asJSON {
		return done.print(cmd.OutOrStdout())
	}
	encoder := json.NewEncoder(cmd.OutOrStdout())
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(done); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	return nil
}

func (s simulation) read(stdin io.Reader, g game.Game) (json.RawMessage, error) {
	switch s.config {
	case "":
		return g.Info().DefaultConfig, nil
	case "-":
		return readLimited(stdin)
	}
	raw, err := os.ReadFile(s.config)
	if err != nil {
		return nil, fmt.Errorf("read the config: %w", err)
	}
	return raw, nil
}

// simulateConfig reports what a config returns and plays it if rounds are asked for and something can be staked on.
func simulateConfig(g game.Game, config json.RawMessage, opts simulate.Options) (simulated, error) {
	report, err := simulate.Returns(g, config, opts)
	if err != nil {
		return simulated{}, err
	}
	canonical, err := games.Canonical(config)
	if err != nil {
		return simulated{}, err
	}
	sum := sha256.Sum256(canonical)
	report.ConfigHash = hex.EncodeToString(sum[:])
	done := simulated{Report: report}
	if opts.Rounds == 0 || report.Method != simulate.Enumerated {
		return done, nil
	}
	rules, err := g.Parse(config)
	if err != nil {
		return simulated{}, err
	}
	if _, external := rules.(game.External); external {
		return done, nil // drawn by the chat, not here
	}
	result, err := simulate.Run(rules, opts)
	if err != nil {
		return simulated{}, fmt.Errorf("play %s: %w", report.Game, err)
	}
	done.Played, done.Rounds = result.Returns(), result.Rounds
	done.Chi, done.Limit = result.Fit()
	return done, nil
}

func (s simulated) print(w io.Writer) error {
	fmt.Fprintf(w, "%s · config %s · %s\n\n", s.Game, s.ConfigHash[:12], methodText(s.Report))
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, one := range s.Returns {
		fmt.Fprintf(table, "  %s\treturns %s\tedge %s", choiceOr(one.Choice, "every bet"), returnText(one), edgeText(one))
		if i < len(s.Played) {
			fmt.Fprintf(table, "\tplayed %s", returnText(s.Played[i]))
		}
		fmt.Fprintln(table)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	if s.Limit > 0 {
		fmt.Fprintf(w, "\nchi-square of the draws: %.1f, honest ones stay below %.1f\n", s.Chi, s.Limit)
	}
	return nil
}

func choiceOr(choice, other string) string {
	if choice == "" {
		return other
	}
	return choice
}

// methodText says how a return is known.
func methodText(r simulate.Report) string {
	switch r.Method {
	case simulate.Enumerated:
		return "exact"
	case simulate.Simulated:
		return fmt.Sprintf("simulated, %d rounds, 99.99 %% interval", r.Rounds)
	case simulate.Pool:
		return "players pay each other"
	case simulate.None:
		return "knowledge decides"
	}
	return string(r.Method)
}

func percent(ppm int64) string { return fmt.Sprintf("%d.%04d %%", ppm/10_000, ppm%10_000) }

func returnText(r game.Return) string {
	if r.Low == r.High {
		return percent(r.Low)
	}
	return percent(r.Low) + " to " + percent(r.High)
}

// edgeText is what the house keeps.
func edgeText(r game.Return) string {
	low, high := max(0, simulate.Million-r.High), max(0, simulate.Million-r.Low)
	if low == high {
		return percent(low)
	}
	return percent(low) + " to " + percent(high)
}
