package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// row is one measured figure. Ratio compares Value with Limit of the same run.
type row struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Limit float64 `json:"limit,omitempty"`
	Ratio float64 `json:"ratio,omitempty"`
	Goal  string  `json:"goal,omitempty"`
	Note  string  `json:"note,omitempty"`
}

type report struct {
	Commit   string            `json:"commit"`
	Date     string            `json:"date"`
	Settings map[string]string `json:"settings"`
	Rows     []row             `json:"rows"`
}

// write stores the rows as JSON and as a table; a partial run (-only) replaces only its rows.
func (r *report) write(ctx context.Context, opts options) error {
	r.Commit, r.Date = commit(ctx), time.Now().UTC().Format(time.DateOnly)
	if opts.only != "" {
		r.keepOthers(opts.results)
	}
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write the results: %w", err)
	}
	for path, text := range map[string]string{opts.results: string(raw) + "\n", opts.table: r.markdown()} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // a folder of the source tree
			return fmt.Errorf("write the results: %w", err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // a file of the source tree
			return fmt.Errorf("write the results: %w", err)
		}
	}
	return nil
}

func (r *report) keepOthers(path string) {
	var old report
	raw, err := os.ReadFile(path) //nolint:gosec // the path is the caller's own
	if err != nil || json.Unmarshal(raw, &old) != nil {
		return
	}
	fresh := map[string]bool{}
	for _, row := range r.Rows {
		fresh[row.Name] = true
	}
	for _, row := range old.Rows {
		if !fresh[row.Name] {
			r.Rows = append(r.Rows, row)
		}
	}
}

func (r *report) markdown() string {
	var b strings.Builder
	b.WriteString("# Benchmarks\n\nWritten by `go tool task bench`. Ratios compare a path with its raw limit measured in turn in the same run; absolute figures\n" +
		"belong to the machine they were taken on. Medians of interleaved measurements.\n\n")
	fmt.Fprintf(&b, "Commit `%s`, %s.\n\n", r.Commit, r.Date)
	for _, key := range []string{"machine", "go", "postgres", "fsync", "synchronous_commit", "shared_buffers", "redis", "clients", "lock", "temporal"} {
		if v, ok := r.Settings[key]; ok {
			fmt.Fprintf(&b, "- %s: %s\n", key, v)
		}
	}
	b.WriteString("\n| row | value | unit | limit | ratio | goal | note |\n|---|---:|---|---:|---:|---|---|\n")
	for _, row := range r.Rows {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s | %s |\n", row.Name, figure(row.Value), row.Unit, figure(row.Limit), ratio(row.Ratio), row.Goal, row.Note)
	}
	b.WriteString(peers)
	return b.String()
}

const peers = `
## Peers, for scale

Measured on a like machine over HTTP with 16 clients and the same Postgres settings (absolute figures drift by 30 to 40 % between runs):
heroiclabs/nakama wallet update with a ledger row, without counter-account or idempotency: 2,191/s; formancehq/ledger, one transaction:
250 to 330/s; blnkfinance/blnk, one transaction: 582/s. A bet here is a double-entry posting with idempotency, a statement line and a bet row.
`

func figure(v float64) string {
	switch {
	case v == 0:
		return ""
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.0f", v)
	}
}

func ratio(v float64) string {
	if v == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", v)
}

func commit(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}
