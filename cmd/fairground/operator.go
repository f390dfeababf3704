package main

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"fairground/internal/config"
	"fairground/models"
	"fairground/operators"
	"fairground/players"
)

// madePasswordBytes make a password of 32 letters and digits.
const madePasswordBytes = 20

func (p *program) operatorCommand() *cobra.Command {
	operator := &cobra.Command{Use: "operator", Short: "Manage the people who run a tenant"}
	operator.AddCommand(p.operatorCreateCommand(), p.operatorDemoCommand())
	return operator
}

// operatorOrder is what the command line asks for.
type operatorOrder struct {
	tenant, email, name string
	roles               []string
}

func (p *program) operatorCreateCommand() *cobra.Command {
	var in operatorOrder
	cmd := &cobra.Command{
		Use:   "create --tenant ID --email E-MAIL --name NAME",
		Short: "Create the first owner of a tenant; an owner invites the others",
		Long: "Create the first owner of a tenant. The password is read from FAIRGROUND_OPERATOR_PASSWORD, or made and shown once.\n" +
			"Operators with other roles can be created too until the tenant has an active owner; from then on owners invite.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := p.config(config.NeedDatabase, config.NeedSecret)
			if err != nil {
				return err
			}
			r, err := p.openTool(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			defer r.close()
			return p.createOperator(cmd.Context(), r, in)
		},
	}
	cmd.Flags().StringVar(&in.tenant, "tenant", "", "public id of the tenant, t_… (required)")
	cmd.Flags().StringVar(&in.email, "email", "", "the operator's e-mail, for signing in (required)")
	cmd.Flags().StringVar(&in.name, "name", "", "the operator's name (required)")
	cmd.Flags().StringSliceVar(&in.roles, "role", []string{string(models.RoleOwner)}, "roles: owner, reviewer, senior_reviewer, finance, risk, support, analyst")
	for _, required := range []string{"tenant", "email", "name"} {
		if err := cmd.MarkFlagRequired(required); err != nil {
			panic(err) // the flags are defined above
		}
	}
	return cmd
}

// createOperator creates the operator and shows a password that it made, this once.
func (p *program) createOperator(ctx context.Context, r *rooms, in operatorOrder) error {
	tenant, err := r.players.Lookup(ctx, players.KindTenant, in.tenant)
	if errors.Is(err, players.ErrTenantNotFound) {
		return fmt.Errorf("--tenant: there is no tenant %s; known are: %s", in.tenant, knownTenants(ctx, r))
	}
	if err != nil {
		return fmt.Errorf("look the tenant up: %w", err)
	}
	password, made := r.cfg.OperatorPassword.Reveal(), false
	if password == "" {
		password, made = makePassword(), true
	}
	var roles []models.Role
	for _, role := range in.roles {
		roles = append(roles, models.Role(role))
	}
	staff := operators.New(operators.Config{DB: r.db, Box: r.box, Clock: p.clock, Logger: r.logger})
	who, err := staff.Create(ctx, operators.NewOperator{Tenant: tenant, Email: in.email, Name: in.name, Password: password, Roles: roles})
	if told, ok := errors.AsType[*models.Error](err); ok {
		return fmt.Errorf("the operator was not created: %s", explainOperator(told))
	}
	if err != nil {
		return fmt.Errorf("create the operator: %w", err)
	}
	fmt.Fprintf(p.stdout, "operator %s (%s) signs in as %s; roles: %s\n", who.Name, who.PublicID, who.Email, strings.Join(in.roles, ", "))
	if made {
		fmt.Fprintf(p.stdout, "password, shown this once: %s\n", password)
	}
	fmt.Fprintln(p.stdout, "enrol a second factor after the first sign-in: payouts, adjustments and configuration need it")
	return nil
}

// explainOperator names the variable or the flag at fault and what would do.
func explainOperator(told *models.Error) string {
	switch {
	case told.Code == operators.ErrOwnerExists.Code:
		return "the tenant has an active owner, who invites the others"
	case told.Field == "password":
		return "FAIRGROUND_OPERATOR_PASSWORD: " + told.Fix
	case told.Field == "roles":
		return "--role: " + told.Fix
	case told.Field != "":
		return "--" + told.Field + ": " + told.Fix
	default:
		return told.Message
	}
}

func knownTenants(ctx context.Context, r *rooms) string {
	list, err := r.players.Tenants(ctx)
	if err != nil || len(list) == 0 {
		return "none; make one with: fairground tenant create"
	}
	known := make([]string, 0, len(list))
	for _, t := range list {
		known = append(known, t.PublicID+" ("+t.Name+")")
	}
	return strings.Join(known, ", ")
}

func makePassword() string {
	raw := make([]byte, madePasswordBytes)
	_, _ = rand.Read(raw) // crypto/rand.Read never fails: it aborts the program instead
	return strings.ToLower(base32.StdEncoding.EncodeToString(raw))
}
