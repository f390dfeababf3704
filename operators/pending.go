package operators

import (
	"context"
	"errors"

	"fairground/models"
)

var errUnbuilt = errors.New("operators: not built yet")

func (o *Operators) SignIn(context.Context, SignIn) (Session, error) { return Session{}, errUnbuilt }
func (o *Operators) Authenticate(context.Context, string) (Authority, error) {
	return Authority{}, errUnbuilt
}
func (o *Operators) SignOut(context.Context, Authority) error           { return errUnbuilt }
func (o *Operators) SignOutEverywhere(context.Context, Authority) error { return errUnbuilt }
func (o *Operators) StepUp(context.Context, Authority, string) (Authority, error) {
	return Authority{}, errUnbuilt
}
func (o *Operators) ByTelegram(context.Context, int64, int64) (Authority, error) {
	return Authority{}, errUnbuilt
}
func (o *Operators) LinkCode(context.Context, Authority) (string, error) { return "", errUnbuilt }
func (o *Operators) LinkTelegram(context.Context, int64, int64, string) (Authority, error) {
	return Authority{}, errUnbuilt
}
func (o *Operators) UnlinkTelegram(context.Context, Authority) error { return errUnbuilt }
func (o *Operators) EnrolTOTP(context.Context, Authority) (Enrolment, error) {
	return Enrolment{}, errUnbuilt
}
func (o *Operators) ConfirmTOTP(context.Context, Authority, string) ([]string, error) {
	return nil, errUnbuilt
}
func (o *Operators) NewRecoveryCodes(context.Context, Authority) ([]string, error) {
	return nil, errUnbuilt
}
func (o *Operators) Create(context.Context, NewOperator) (models.Operator, error) {
	return models.Operator{}, errUnbuilt
}
func (o *Operators) Invite(context.Context, Authority, Invitation) (string, models.Operator, error) {
	return "", models.Operator{}, errUnbuilt
}
func (o *Operators) Accept(ctx context.Context, token, password string) (Session, error) {
	return Session{}, errUnbuilt
}
func (o *Operators) SetRoles(ctx context.Context, a Authority, operator string, roles []models.Role, reason string) error {
	return errUnbuilt
}
func (o *Operators) Disable(ctx context.Context, a Authority, operator, reason string) error {
	return errUnbuilt
}
func (o *Operators) Enable(ctx context.Context, a Authority, operator, reason string) error {
	return errUnbuilt
}
func (o *Operators) ResetSecondFactor(ctx context.Context, a Authority, operator, reason string) error {
	return errUnbuilt
}
func (o *Operators) List(context.Context, Authority, Filter) (Page, error) { return Page{}, errUnbuilt }
func (o *Operators) Get(context.Context, Authority, string) (models.Operator, error) {
	return models.Operator{}, errUnbuilt
}
func (o *Operators) ChangePassword(ctx context.Context, a Authority, old, fresh string) error {
	return errUnbuilt
}
func (o *Operators) CreateKey(context.Context, Authority, NewKey) (string, Key, error) {
	return "", Key{}, errUnbuilt
}
func (o *Operators) Keys(context.Context, Authority) ([]Key, error) { return nil, errUnbuilt }
func (o *Operators) RevokeKey(ctx context.Context, a Authority, id, reason string) error {
	return errUnbuilt
}
func (o *Operators) Log(context.Context, Authority, LogFilter) (LogPage, error) {
	return LogPage{}, errUnbuilt
}
