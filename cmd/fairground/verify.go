package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fairground/games"
	"fairground/internal/config"
)

// Exit codes of verify: a check failed, or the round is not over.
const (
	errForged  = exitError(1)
	errPending = exitError(2)
)

// proofLimit bounds what is read as a proof: far above a round of 100,000 bets.
const proofLimit = 64 << 20

var roundID = regexp.MustCompile(`^r_[a-z0-9]{8,64}$`)

// newVerifyCmd is `fairground verify`. It needs no database and no secret.
func newVerifyCmd() *cobra.Command {
	verify := &cobra.Command{Use: "verify", Short: "Recompute a round from its published proof", Args: cobra.NoArgs}
	verify.AddCommand(newVerifyRoundCmd())
	return verify
}

func newVerifyRoundCmd() *cobra.Command {
	var asJSON bool
	var api string
	cmd := &cobra.Command{
		Use:   "round ID|FILE|URL",
		Short: "Recompute one round; the exit code is 1 if a check fails, 2 if the round is not over",
		Long: "Recomputes the commitment, the draw, every payout and the sums of a round from its proof, on this machine.\n" +
			"The proof is looked up by the round's id, read from a file (- for standard input) or fetched from its address.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			raw, err := readProof(cmd, args[0], api)
			if err != nil {
				return err
			}
			proof, err := games.ReadProof(raw)
			if err != nil {
				return err
			}
			if roundID.MatchString(args[0]) && proof.Round != args[0] {
				return fmt.Errorf("the server was asked for %s and sent the proof of %s", args[0], proof.Round)
			}
			report := games.Verify(proof)
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
	cmd.Flags().StringVar(&api, "api", "", "address of the API that knows the round (default $FAIRGROUND_API or http://127.0.0.1:7700)")
	return cmd
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

// readProof finds the proof that a person named.
func readProof(cmd *cobra.Command, what, api string) ([]byte, error) {
	switch {
	case what == "-":
		return readLimited(cmd.InOrStdin())
	case strings.HasPrefix(what, "http://"), strings.HasPrefix(what, "https://"):
		address, err := proofAddress(what)
		if err != nil {
			return nil, err
		}
		return fetchProof(cmd.Context(), address)
	case roundID.MatchString(what):
		if api == "" {
			cfg, err := config.Load()
			if err != nil {
				return nil, err
			}
			api = cfg.VerifyAPI
		}
		return fetchProof(cmd.Context(), strings.TrimRight(api, "/")+"/v1/rounds/"+what+"/proof")
	}
	file, err := os.Open(what) //nolint:gosec // the file the person named
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%q is no file, no address and no round's id (r_ and letters and digits)", what)
	}
	if err != nil {
		return nil, fmt.Errorf("open the proof: %w", err)
	}
	defer func() { _ = file.Close() }()
	return readLimited(file)
}

// proofAddress turns the address of a verify page into that of its proof and leaves others alone.
func proofAddress(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil {
		return "", fmt.Errorf("read the address: %w", err)
	}
	if round := u.Query().Get("round"); roundID.MatchString(round) {
		return u.Scheme + "://" + u.Host + "/v1/rounds/" + round + "/proof", nil
	}
	return text, nil
}

func fetchProof(ctx context.Context, address string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("ask for the proof: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask for the proof: %w (is --api the right address?)", err)
	}
	defer func() { _ = resp.Body.Close() }()
	switch resp.StatusCode {
	case http.StatusOK:
		return readLimited(resp.Body)
	case http.StatusNotFound:
		return nil, fmt.Errorf("there is no such round at %s", address)
	default:
		return nil, fmt.Errorf("%s answered %s", address, resp.Status)
	}
}

func readLimited(r io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, proofLimit+1))
	if err != nil {
		return nil, fmt.Errorf("read the proof: %w", err)
	}
	if len(raw) > proofLimit {
		return nil, fmt.Errorf("the proof is larger than %d MiB", proofLimit>>20)
	}
	return raw, nil
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

func printReport(w io.Writer, proof games.Proof, report games.Report) {
	fmt.Fprintf(w, "round %s · %s, rules version %d · %s · %d bets\n\n", proof.Round, proof.Game, proof.ConfigVersion, proof.Status, len(proof.Bets))
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
	switch failed := len(report.Failed()); {
	case report.OK():
		fmt.Fprintf(w, "VERIFIED: all %d checks passed, recomputed on this machine\n", len(report.Checks))
	case failed > 0:
		fmt.Fprintf(w, "NOT VERIFIED: %d of %d checks failed\n", failed, len(report.Checks))
	default:
		fmt.Fprintf(w, "NOT OVER YET: keep the commitment and check again after the settlement\n  %s\n", proof.Commit)
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
