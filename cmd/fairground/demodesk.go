package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/pquerna/otp/totp"

	"fairground/cashier"
	"fairground/internal/telegram/local"
	"fairground/models"
	"fairground/operators"
	"fairground/players"
)

// demoAddressWait is short, so that a first withdrawal need not wait a day.
const demoAddressWait = 5 * time.Second

// deskMember is one operator of the demo tenant. The password and the second factor are for this machine alone.
type deskMember struct {
	Email    string        `json:"email"`
	Name     string        `json:"name"`
	Roles    []models.Role `json:"roles"`
	Password string        `json:"password"`
	TOTP     string        `json:"totp,omitempty"` // base32
	Telegram int64         `json:"telegram,omitempty"`
}

// members are the demo operators: the owner last, because the first ones are made while there is none.
func (d *demo) members() []deskMember {
	member := func(login, name string, telegram int64, roles ...models.Role) deskMember {
		key := d.rooms.box.Key("demo operator " + login)
		return deskMember{
			Email: login + "@demo.example", Name: name, Roles: roles, Telegram: telegram,
			Password: base64.RawURLEncoding.EncodeToString(key[:15]),
		}
	}
	return []deskMember{
		member("reviewer1", "Reviewer 1", demoFirstID+6, models.RoleReviewer),
		member("reviewer2", "Reviewer 2", demoFirstID+7, models.RoleSeniorReviewer),
		member("finance", "Finance", 0, models.RoleFinance),
		member("owner", "Owner", 0, models.RoleOwner),
	}
}

// openCashier turns the sandbox asset on and connects the tenant to the sandbox gateway, Stars, a person who pays by hand
// and the identity sandbox.
func (d *demo) openCashier(ctx context.Context, tenant int64, gatewayURL string) error {
	secret := gatewaySecret(d.rooms.box)
	policy := cashier.DefaultPolicy("sbx")
	policy.Enabled, policy.MinAmount, policy.MaxAmount, policy.AddressWait = true, 100, 1_000_000, demoAddressWait
	if err := d.rooms.cashier.SeedPolicy(ctx, tenant, policy); err != nil {
		return fmt.Errorf("turn the sandbox asset on: %w", err)
	}
	accounts := []cashier.NewAccount{
		{Kind: "webhook", Title: "Sandbox", Assets: []string{"sbx"}, Values: map[string]string{"base_url": gatewayURL + "/v1", "secret": secret}},
		{Kind: "stars", Title: "Telegram Stars", Assets: []string{"xtr"}, Values: map[string]string{"bot_username": d.bot.Username}},
		{Kind: "manual", Title: "By hand", Assets: []string{"sbx"}, Values: map[string]string{}},
	}
	for _, account := range accounts {
		if _, err := d.rooms.cashier.SeedAccount(ctx, tenant, account); err != nil {
			return fmt.Errorf("connect the gateway %s: %w", account.Title, err)
		}
	}
	if err := d.rooms.cashier.SeedStars(ctx, tenant, []cashier.StarsPackage{{Stars: 50, Points: 500}, {Stars: 100, Points: 1100}, {Stars: 500, Points: 6000}}); err != nil {
		return fmt.Errorf("price the Stars packages: %w", err)
	}
	_, err := d.rooms.players.SeedKYC(ctx, tenant, players.KYCSettings{
		Provider: "sandbox", Enabled: true, Values: map[string]string{"url": gatewayURL + "/kyc/", "secret": secret},
	})
	if err != nil {
		return fmt.Errorf("connect the identity sandbox: %w", err)
	}
	return nil
}

// desk is what a demo's operators sign in with, as it is kept in the data folder.
type desk struct {
	Operators []deskMember `json:"operators"`
	Done      bool         `json:"done"`
}

func readDesk(file string) (desk, error) {
	var d desk
	text, err := os.ReadFile(file) //nolint:gosec // in the data folder the person named
	if errors.Is(err, os.ErrNotExist) {
		return d, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &d)
	}
	if err != nil {
		return desk{}, fmt.Errorf("read the demo's operators: %w", err)
	}
	return d, nil
}

func (d desk) write(file string) error {
	text, err := json.MarshalIndent(d, "", "  ")
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("write the demo's operators down: %w", err)
	}
	return nil
}

// staffDesk makes the demo operators with a second factor, links two of them to Player 7 and Player 8, and gives them a
// review chat. File keeps what they sign in with. It goes on where an earlier run was ended.
func (d *demo) staffDesk(ctx context.Context, tenant models.Tenant, file string) error {
	made, err := readDesk(file)
	if err != nil || made.Done {
		return err
	}
	if made.Operators == nil {
		made.Operators = d.members()
	}
	for i := range made.Operators {
		member := &made.Operators[i]
		_, err := d.rooms.operators.Create(ctx, operators.NewOperator{
			Tenant: tenant.ID, Email: member.Email, Name: member.Name, Password: member.Password, Roles: member.Roles,
		})
		if errors.Is(err, operators.ErrOwnerExists) && member.TOTP == "" {
			return nil // they were made in another data folder, which has their codes
		}
		if err != nil && !errors.Is(err, operators.ErrEmailTaken) && !errors.Is(err, operators.ErrOwnerExists) {
			return fmt.Errorf("make the operator %s: %w", member.Email, err)
		}
		if err := d.equip(ctx, tenant.ID, member, func() error { return made.write(file) }); err != nil {
			return fmt.Errorf("equip the operator %s: %w", member.Email, err)
		}
	}
	made.Done = true
	return made.write(file)
}

// equip gives an operator the second factor and the Telegram identity, by the same calls that a person's client makes.
// The device is written down before it counts.
func (d *demo) equip(ctx context.Context, tenant int64, member *deskMember, write func() error) error {
	session, err := d.rooms.operators.SignIn(ctx, operators.SignIn{Email: member.Email, Password: member.Password})
	if errors.Is(err, operators.ErrCodeRequired) && member.TOTP != "" {
		session, err = d.signIn(ctx, *member)
	} else if err == nil {
		err = d.enrol(ctx, session.Authority, member, write)
	}
	if err != nil {
		return fmt.Errorf("sign in with a second factor: %w", err)
	}
	if member.Telegram != 0 {
		if err := d.link(ctx, tenant, session.Authority, member.Telegram); err != nil {
			return err
		}
	}
	if slices.Contains(member.Roles, models.RoleOwner) {
		return d.openReviewChat(ctx, session.Token)
	}
	return nil
}

func (d *demo) signIn(ctx context.Context, member deskMember) (operators.Session, error) {
	code, err := totp.GenerateCode(member.TOTP, d.clock.Now())
	if err != nil {
		return operators.Session{}, fmt.Errorf("compute a code: %w", err)
	}
	return d.rooms.operators.SignIn(ctx, operators.SignIn{Email: member.Email, Password: member.Password, Code: code})
}

func (d *demo) enrol(ctx context.Context, who operators.Authority, member *deskMember, write func() error) error {
	device, err := d.rooms.operators.EnrolTOTP(ctx, who, member.Password)
	if err != nil {
		return fmt.Errorf("enrol a second factor: %w", err)
	}
	member.TOTP = device.Secret
	if err := write(); err != nil {
		return err
	}
	code, err := totp.GenerateCode(device.Secret, d.clock.Now())
	if err != nil {
		return fmt.Errorf("compute a code: %w", err)
	}
	if _, err := d.rooms.operators.ConfirmTOTP(ctx, who, code); err != nil {
		return fmt.Errorf("confirm the second factor: %w", err)
	}
	return nil
}

func (d *demo) link(ctx context.Context, tenant int64, who operators.Authority, telegramID int64) error {
	if _, err := d.rooms.operators.ByTelegram(ctx, tenant, telegramID); err == nil {
		return nil
	}
	code, err := d.rooms.operators.LinkCode(ctx, who)
	if err != nil {
		return fmt.Errorf("ask for a link code: %w", err)
	}
	if _, err := d.rooms.operators.LinkTelegram(ctx, tenant, telegramID, code); err != nil {
		return fmt.Errorf("link the Telegram identity: %w", err)
	}
	return nil
}

// openReviewChat makes the chat where reviewers get their cards.
func (d *demo) openReviewChat(ctx context.Context, token string) error {
	owner, err := d.rooms.operators.Authenticate(ctx, token)
	if err != nil {
		return fmt.Errorf("sign in as the owner: %w", err)
	}
	people := []int64{demoFirstID + 6, demoFirstID + 7}
	chat, err := d.sim.Chat(ctx, local.NewChat{
		ID: -1_000_000_000_000 - d.number(1_000_000_000, demoDesk), Title: demoDesk, Owner: people[0], Members: people,
	})
	if err != nil {
		return fmt.Errorf("make the review chat: %w", err)
	}
	if err := d.rooms.cashier.SetReviewChat(ctx, owner, chat.ID, 0); err != nil { // first, so that the bot knows what it comes into
		return fmt.Errorf("name the review chat: %w", err)
	}
	if _, err := d.sim.SetMember(ctx, local.MemberInput{Chat: chat.ID, User: d.bot.ID, Status: "administrator", By: people[0]}); err != nil {
		return fmt.Errorf("bring the bot into the review chat: %w", err)
	}
	return nil
}

// demoDesk is the title of the reviewers' chat.
const demoDesk = "Review desk"
