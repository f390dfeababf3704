package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"text/tabwriter"

	"github.com/pquerna/otp/totp"
	"github.com/spf13/cobra"
)

// operatorDemoCommand shows how to sign in as the demo's operators, in place of an authenticator app.
func (p *program) operatorDemoCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show e-mail, password and present code of the demo's operators (of a running up on this machine)",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			known, err := readDesk(filepath.Join(dir, deskFile))
			if err != nil {
				return err
			}
			if len(known.Operators) == 0 {
				return errors.New("no demo operators in " + dir + ": start one with fairground up, or name its folder with --data DIR")
			}
			out := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(out, "E-MAIL\tPASSWORD\tCODE NOW\tROLES")
			for _, member := range known.Operators {
				code, err := totp.GenerateCode(member.TOTP, p.clock.Now())
				if err != nil {
					return fmt.Errorf("compute the code of %s: %w", member.Email, err)
				}
				fmt.Fprintf(out, "%s\t%s\t%s\t%v\n", member.Email, member.Password, code, member.Roles)
			}
			if err := out.Flush(); err != nil {
				return fmt.Errorf("print the operators: %w", err)
			}
			fmt.Fprintln(p.stdout, "A code counts once and changes every 30 seconds.")
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "data", ".fairground", "data folder of the running up")
	return cmd
}
