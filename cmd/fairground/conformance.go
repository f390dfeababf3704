package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"fairground/providers/conformance"
)

// conformanceCommand attacks an endpoint and prints what it kept of the protocol. The exit code is 1 when something failed.
func (p *program) conformanceCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "conformance", Short: "Attack an endpoint with everything that goes wrong in practice"}
	cmd.AddCommand(p.conformanceWalletCommand())
	return cmd
}

func (p *program) conformanceWalletCommand() *cobra.Command {
	target := conformance.Target{Clock: p.clock}
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "wallet URL",
		Short: "Attack a seamless wallet as a provider of games",
		Long: "Attack a seamless wallet as a provider of games: duplicates, reordered, late and forged calls, impossible amounts, and bets at once.\n" +
			"The token is of a fresh launch of a player made for this: most of what is staked is paid back, not all.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			target.URL = args[0]
			report, err := conformance.Run(cmd.Context(), target)
			if err != nil {
				return err
			}
			if asJSON {
				encoder := json.NewEncoder(p.stdout)
				encoder.SetIndent("", "  ")
				if err := encoder.Encode(report); err != nil {
					return fmt.Errorf("print the report: %w", err)
				}
			} else if err := report.Write(p.stdout); err != nil {
				return err
			}
			if !report.OK() {
				return exitError(1)
			}
			return nil
		},
	}
	set := cmd.Flags()
	set.StringVar(&target.Provider, "provider", "", "the provider's id")
	set.StringVar(&target.Secret, "secret", "", "the secret that the provider signs with")
	set.StringVar(&target.Token, "token", "", "the token of a fresh launch")
	set.StringVar(&target.ExpiredToken, "expired-token", "", "a token of the same player and game whose time is over; without it three cases are skipped")
	set.Int64Var(&target.Stake, "stake", 0, "minor units of a usual bet (default 10)")
	set.BoolVar(&target.LateWins, "late-wins", false, "the provider may pay wins after the end of a round")
	set.BoolVar(&asJSON, "json", false, "print the report as JSON")
	for _, name := range []string{"provider", "secret", "token"} {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err) // the flag is defined above
		}
	}
	return cmd
}
