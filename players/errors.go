package players

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"fairground/models"
)

// The stable codes of this room.
const (
	CodeNotMember       = "players.not_member"
	CodeNotFound        = "players.not_found"
	CodeGroupNotFound   = "players.group_not_found"
	CodeTenantNotFound  = "players.tenant_not_found"
	CodeBotTaken        = "players.bot_taken"
	CodeInvalidTenant   = "players.invalid_tenant"
	CodeInvalidSeed     = "players.invalid_seed"
	CodeInvalidStake    = "players.invalid_stake"
	CodeInvalidCode     = "players.invalid_code"
	CodeTooManyCodes    = "players.too_many_codes"
	CodeInvalidToken    = "players.invalid_token"
	CodeTokenExpired    = "players.token_expired"
	CodeInvalidInitData = "players.invalid_init_data"
	CodeInitDataExpired = "players.init_data_expired"
)

// The errors callers compare with errors.Is; models.Error compares codes.
var (
	ErrNotMember = &models.Error{
		Code: CodeNotMember, Message: "the player does not belong to this group",
		Fix: "join the group's chat and send /start there",
	}
	ErrNotFound = &models.Error{
		Code: CodeNotFound, Message: "there is no such player", Fix: "send /start to the bot first",
	}
	ErrGroupNotFound = &models.Error{
		Code: CodeGroupNotFound, Message: "there is no such group", Fix: "list your groups with GET /v1/me/groups",
	}
	ErrTenantNotFound = &models.Error{
		Code: CodeTenantNotFound, Message: "there is no such tenant or bot", Fix: "check the id",
	}
	ErrInvalidCode = &models.Error{
		Code: CodeInvalidCode, Message: "the code is wrong, used or expired", Field: "code",
		Fix: "send /login to the bot in its private chat for a new one",
	}
	ErrInvalidToken = &models.Error{
		Code: CodeInvalidToken, Message: "the token is not valid", Fix: "sign in again",
	}
	ErrTokenExpired = &models.Error{
		Code: CodeTokenExpired, Message: "the token has expired", Fix: "sign in again",
	}
	ErrInvalidInitData = &models.Error{
		Code: CodeInvalidInitData, Message: "initData was not signed for this bot", Field: "init_data",
		Fix: "send Telegram.WebApp.initData unchanged, and the bot it came from",
	}
	ErrInitDataExpired = &models.Error{
		Code: CodeInitDataExpired, Message: "initData is more than one hour old", Field: "init_data",
		Fix: "open the app again from the chat",
	}
)

// ErrTokenRefused means that a stored token must not be used here. It is the operator's business, so it has no code.
var ErrTokenRefused = errors.New("players: the stored token belongs to the local Telegram, which production refuses: create the tenant anew with a token from @BotFather")

// orNotFound turns "no rows" into the room's error and wraps the rest.
func orNotFound(err error, missing error, act string) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return missing
	}
	return fmt.Errorf("players: %s: %w", act, err)
}

// isUnique says whether err is a broken unique constraint.
func isUnique(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505"
}

// ignoreNoRows lets a query that may meet nothing pass.
func ignoreNoRows(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}
