package cashier

import (
	"context"
	"errors"
	"net/http"
	"time"

	"fairground/cashier/gateway"
	"fairground/operators"
)

var errNotBuilt = errors.New("cashier: deposits are not built yet")

func (c *Cashier) AddAccount(ctx context.Context, a operators.Authority, n NewAccount) (Account, error) {
	return Account{}, errNotBuilt
}
func (c *Cashier) SetAccount(ctx context.Context, a operators.Authority, id string, change AccountChange) (Account, error) {
	return Account{}, errNotBuilt
}
func (c *Cashier) SeedAccount(ctx context.Context, tenant int64, n NewAccount) (Account, error) {
	return Account{}, errNotBuilt
}
func (c *Cashier) Accounts(ctx context.Context, tenant int64) ([]Account, error) {
	return nil, errNotBuilt
}
func (c *Cashier) Account(ctx context.Context, tenant int64, id string) (Account, error) {
	return Account{}, errNotBuilt
}
func (c *Cashier) Gateway(ctx context.Context, tenant int64, id string) (gateway.Gateway, Account, error) {
	return nil, Account{}, errNotBuilt
}
func (c *Cashier) CreateDeposit(ctx context.Context, r DepositRequest) (Deposit, error) {
	return Deposit{}, errNotBuilt
}
func (c *Cashier) Deposit(ctx context.Context, tenant int64, id string) (Deposit, error) {
	return Deposit{}, errNotBuilt
}
func (c *Cashier) PlayerDeposits(ctx context.Context, tenant, group, player int64, page Page) (DepositPage, error) {
	return DepositPage{}, errNotBuilt
}
func (c *Cashier) Deposits(ctx context.Context, a operators.Authority, f DepositFilter) (DepositPage, error) {
	return DepositPage{}, errNotBuilt
}
func (c *Cashier) DepositTimeline(ctx context.Context, a operators.Authority, id string) ([]DepositEvent, error) {
	return nil, errNotBuilt
}
func (c *Cashier) ReceiveWebhook(ctx context.Context, account string, header http.Header, body []byte) error {
	return errNotBuilt
}
func (c *Cashier) ReceiveStars(ctx context.Context, tenant int64, p StarsPayment) error {
	return errNotBuilt
}
func (c *Cashier) CheckStars(ctx context.Context, tenant int64, s StarsCheckout) error {
	return errNotBuilt
}
func (c *Cashier) StarsRefunded(ctx context.Context, tenant int64, refund, refused string) error {
	return errNotBuilt
}
func (c *Cashier) StarsPackages(ctx context.Context, tenant int64) ([]StarsPackage, error) {
	return nil, errNotBuilt
}
func (c *Cashier) PublishStars(ctx context.Context, a operators.Authority, list []StarsPackage, reason string) error {
	return errNotBuilt
}
func (c *Cashier) SeedStars(ctx context.Context, tenant int64, list []StarsPackage) error {
	return errNotBuilt
}
func (c *Cashier) ConfirmDeposit(ctx context.Context, tenant int64, account, tx string) (DepositState, error) {
	return DepositState{}, errNotBuilt
}
func (c *Cashier) CreditDeposit(ctx context.Context, tenant int64, account, tx string) (DepositState, error) {
	return DepositState{}, errNotBuilt
}
func (c *Cashier) ExpireIntents(ctx context.Context, tenant int64) (int, error) {
	return 0, errNotBuilt
}
func (c *Cashier) Quarantined(ctx context.Context, a operators.Authority, f QuarantineFilter) (QuarantinePage, error) {
	return QuarantinePage{}, errNotBuilt
}
func (c *Cashier) ResolveQuarantine(ctx context.Context, a operators.Authority, id string, r Resolution) (QuarantineItem, error) {
	return QuarantineItem{}, errNotBuilt
}
func (c *Cashier) RefundDeposit(ctx context.Context, a operators.Authority, id, reason string) (Deposit, error) {
	return Deposit{}, errNotBuilt
}
func (c *Cashier) GatewayAudit(ctx context.Context, tenant int64, account string, from, to time.Time) (Check, error) {
	return Check{}, errNotBuilt
}
