package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"fairground/games"
)

// Exit codes of verify: a check failed, or not all can be made yet.
const (
	errForged  = exitError(1)
	errPending = exitError(2)
)

// newVerifyCmd is `fairground verify`. It needs no database and no secret.
func newVerifyCmd() *cobra.Command {
	verify := &cobra.Command{Use: "verify", Short: "Recompute a round or an instant play from its published proof", Args: cobra.NoArgs}
	verify.AddCommand(newVerifyProofCmd("round"), newVerifyProofCmd("play"))
	return verify
}

func newVerifyProofCmd(noun string) *cobra.Command {
	var asJSON bool
	var api, chain string
	cmd := &cobra.Command{
		Use:   noun + " ID|FILE|URL",
		Short: "Recompute one " + noun + "; the exit code is 1 if a check fails, 2 if not all can be made yet",
		Long: "Recomputes the commitment, the draw, every payout and the sums of a " + noun + " from its proof, on this machine.\n" +
			"The proof is looked up by the id, read from a file (- for standard input) or fetched from its address. The list of the\n" +
			"chain that the server's seed comes from is fetched from the same server, or read with --chain from where you kept it.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			from := source{in: cmd.InOrStdin(), api: api}
			raw, host, err := from.read(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			proof, err := readProven(raw)
			if err != nil {
				return err
			}
			if id := args[0]; (roundID.MatchString(id) || playID.MatchString(id)) && proof.id != id {
				return fmt.Errorf("the server was asked for %s and sent the proof of %s", id, proof.id)
			}
			list, err := from.chain(cmd.Context(), chain, host, proof.chain)
			if err != nil {
				return err
			}
			report := proof.verify(list)
			if asJSON {
				err = writeReport(cmd.OutOrStdout(), report)
			} else {
				printReport(cmd.OutOrStdout(), proof, report)
			}
			if err != nil {
				return err
			}
			return verdict(report)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON")
	cmd.Flags().StringVar(&api, "api", "", "address of the API that knows the "+noun+" (default $FAIRGROUND_API or http://127.0.0.1:7700)")
	cmd.Flags().StringVar(&chain, "chain", "", "file or address of the published chain of seeds (default: asked of the server that sent the proof)")
	return cmd
}

// proven is a proof of either kind.
type proven struct {
	id, headline, commit string
	chain                *games.ChainRef
	verify               func(list *games.Chain) games.Report
}

func readProven(raw []byte) (proven, error) {
	var kind struct{ Format string }
	if err := json.Unmarshal(raw, &kind); err == nil && kind.Format == games.PlayProofFormat {
		p, err := games.ReadPlayProof(raw)
		return proven{
			id: p.Play, commit: p.Commit, chain: &p.Chain,
			headline: fmt.Sprintf("play %s · %s, rules version %d · %d staked, %d paid", p.Play, p.Game, p.ConfigVersion, p.Stake, p.Payout),
			verify: func(list *games.Chain) games.Report {
				if list == nil {
					return games.VerifyPlay(p)
				}
				return games.VerifyPlayIn(p, *list)
			},
		}, err
	}
	p, err := games.ReadProof(raw)
	return proven{
		id: p.Round, commit: p.Commit, chain: p.Chain,
		headline: fmt.Sprintf("round %s · %s, rules version %d · %s · %d bets", p.Round, p.Game, p.ConfigVersion, p.Status, len(p.Bets)),
		verify: func(list *games.Chain) games.Report {
			if list == nil {
				return games.Verify(p)
			}
			return games.VerifyIn(p, *list)
		},
	}, err
}

func verdict(report games.Report) error {
	switch {
	case report.OK():
		return nil
	case !report.Final && len(report.Failed()) == 0:
		return errPending
	default:
		return errForged
	}
}

func writeReport(w io.Writer, report games.Report) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(struct {
		OK bool `json:"ok"`
		games.Report
	}{report.OK(), report}); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	return nil
}

func printReport(w io.Writer, proof proven, report games.Report) {
	fmt.Fprintf(w, "%s\n\n", proof.headline)
	for _, c := range report.Checks {
		fmt.Fprintf(w, "  %s  %-12s %s\n", mark(c.Status), c.Name, c.Title)
		if c.Status != games.CheckOK {
			fmt.Fprintf(w, "     %-12s %s\n", "", c.Detail)
		}
		if c.Expected != "" || c.Got != "" {
			fmt.Fprintf(w, "     %-12s recomputed  %s\n     %-12s published   %s\n", "", shorten(c.Expected), "", shorten(c.Got))
		}
	}
	fmt.Fprintln(w)
	passed := 0
	for _, c := range report.Checks {
		if c.Status == games.CheckOK {
			passed++
		}
	}
	switch failed := len(report.Failed()); {
	case report.OK() && passed < len(report.Checks):
		fmt.Fprintf(w, "VERIFIED: %d of %d checks passed, recomputed on this machine; give the published chain with --chain for the other\n", passed, len(report.Checks))
	case report.OK():
		fmt.Fprintf(w, "VERIFIED: all %d checks passed, recomputed on this machine\n", len(report.Checks))
	case failed > 0:
		fmt.Fprintf(w, "NOT VERIFIED: %d of %d checks failed\n", failed, len(report.Checks))
	default:
		fmt.Fprintf(w, "NOT OVER YET: keep the commitment and check again when the seed is revealed\n  %s\n", proof.commit)
	}
}

func mark(status games.CheckStatus) string {
	switch status {
	case games.CheckOK:
		return "✓"
	case games.CheckFailed:
		return "✗"
	case games.CheckPending:
		return "…"
	case games.CheckSkipped:
		return "-"
	}
	return "?"
}

// shorten keeps a line readable; --json has all of it.
func shorten(text string) string {
	const most = 160
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
