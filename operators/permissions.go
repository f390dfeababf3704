package operators

import (
	"slices"

	"fairground/models"
)

// Permission is one thing an operator may do.
type Permission string

// The permissions. Table role_permissions holds the same matrix as Matrix.
const (
	WithdrawalsRead        Permission = "withdrawals.read"
	WithdrawalsReview      Permission = "withdrawals.review"       // the initial review
	WithdrawalsReviewFinal Permission = "withdrawals.review_final" // the review that leads to a payout
	WithdrawalsResolve     Permission = "withdrawals.resolve"      // payouts whose result is unknown
	DepositsRead           Permission = "deposits.read"
	DepositsResolve        Permission = "deposits.resolve"
	DepositsRefund         Permission = "deposits.refund"
	CashierRead            Permission = "cashier.read"
	CashierConfigure       Permission = "cashier.configure"
	GatewaysConfigure      Permission = "gateways.configure"
	AdjustmentsRead        Permission = "adjustments.read"
	AdjustmentsRequest     Permission = "adjustments.request"
	AdjustmentsApprove     Permission = "adjustments.approve"
	LedgerRead             Permission = "ledger.read"
	LedgerReverse          Permission = "ledger.reverse"
	LedgerReverseApprove   Permission = "ledger.reverse_approve"
	PlayersRead            Permission = "players.read"
	PlayersRestrict        Permission = "players.restrict"
	PlayersKYC             Permission = "players.kyc"
	IncidentsRead          Permission = "incidents.read"
	IncidentsResolve       Permission = "incidents.resolve"
	OperatorsRead          Permission = "operators.read"
	OperatorsManage        Permission = "operators.manage"
	KeysManage             Permission = "keys.manage"
	LogRead                Permission = "log.read"
	GroupsRead             Permission = "groups.read"
	PacingRead             Permission = "pacing.read"
	PacingConfigure        Permission = "pacing.configure" // how groups play: limits, automatic rounds, jackpots
	ProvidersRead          Permission = "providers.read"
	ProvidersConfigure     Permission = "providers.configure"
	ProvidersResolve       Permission = "providers.resolve" // rounds that a provider left open
	GamesRead              Permission = "games.read"
	GamesDraft             Permission = "games.draft"   // write, simulate and take back changes to odds
	GamesApprove           Permission = "games.approve" // put what another person drafted in force, or call it off
	GamesLimits            Permission = "games.limits"  // between which returns odds may be
	BanksRead              Permission = "banks.read"
	BanksImport            Permission = "banks.import" // bring questions, and so know them
	ItemsRead              Permission = "items.read"
	ItemsManage            Permission = "items.manage" // keep the catalogue of virtual items
	ItemsGrant             Permission = "items.grant"  // give a player one
)

// ScopeStepUp is the scope that lets an API key do what needs a step-up. No role has it: a person steps up with a code,
// and gives a key this scope from a stepped-up session.
const ScopeStepUp Permission = "step_up"

// Permissions lists every permission.
func Permissions() []Permission {
	return []Permission{
		WithdrawalsRead, WithdrawalsReview, WithdrawalsReviewFinal, WithdrawalsResolve,
		DepositsRead, DepositsResolve, DepositsRefund, CashierRead, CashierConfigure, GatewaysConfigure,
		AdjustmentsRead, AdjustmentsRequest, AdjustmentsApprove, LedgerRead, LedgerReverse, LedgerReverseApprove,
		PlayersRead, PlayersRestrict, PlayersKYC, IncidentsRead, IncidentsResolve,
		OperatorsRead, OperatorsManage, KeysManage, LogRead, GroupsRead,
		ProvidersRead, ProvidersConfigure, ProvidersResolve,
		GamesRead, GamesDraft, GamesApprove, GamesLimits,
		ItemsRead, ItemsManage, ItemsGrant, BanksRead, BanksImport,
		PacingRead, PacingConfigure,
	}
}

// Roles lists every role.
func Roles() []models.Role {
	return []models.Role{
		models.RoleOwner, models.RoleReviewer, models.RoleSeniorReviewer, models.RoleFinance, models.RoleRisk, models.RoleSupport, models.RoleAnalyst,
	}
}

// Matrix says what each role may do. The database has the same in role_permissions and decides by that.
func Matrix() map[models.Role][]Permission {
	return map[models.Role][]Permission{
		models.RoleOwner:    Permissions(),
		models.RoleReviewer: {WithdrawalsRead, WithdrawalsReview, DepositsRead, CashierRead, PlayersRead, GroupsRead, GamesRead, ItemsRead, PacingRead},
		models.RoleSeniorReviewer: {
			WithdrawalsRead, WithdrawalsReview, WithdrawalsReviewFinal, DepositsRead, CashierRead, PlayersRead, IncidentsRead, GroupsRead,
			GamesRead, GamesDraft, GamesApprove, ItemsRead, BanksRead, BanksImport,
			PacingRead,
		},
		models.RoleFinance: {
			WithdrawalsRead, WithdrawalsResolve, DepositsRead, DepositsResolve, DepositsRefund, CashierRead,
			AdjustmentsRead, AdjustmentsRequest, AdjustmentsApprove, LedgerRead, LedgerReverse, LedgerReverseApprove,
			PlayersRead, IncidentsRead, IncidentsResolve, LogRead, GroupsRead, GamesRead, ProvidersRead, ProvidersResolve,
			ItemsRead, ItemsManage, ItemsGrant,
			PacingRead,
		},
		models.RoleRisk: {
			WithdrawalsRead, DepositsRead, CashierRead, LedgerRead, PlayersRead, PlayersRestrict, PlayersKYC, IncidentsRead, LogRead, GroupsRead, GamesRead,
			ProvidersRead, ItemsRead,
			PacingRead, PacingConfigure,
		},
		models.RoleSupport: {WithdrawalsRead, DepositsRead, CashierRead, AdjustmentsRead, AdjustmentsRequest, PlayersRead, GroupsRead, GamesRead, ProvidersRead, ItemsRead, ItemsGrant, BanksRead, PacingRead},
		models.RoleAnalyst: {
			WithdrawalsRead, DepositsRead, CashierRead, AdjustmentsRead, LedgerRead, PlayersRead, IncidentsRead, LogRead, GroupsRead, GamesRead, GamesDraft,
			ProvidersRead, ItemsRead, BanksRead,
			PacingRead,
		},
	}
}

// May says whether the authority's roles, and for an API key its scopes, allow p. The database decides again by itself
// when something is written.
func (a Authority) May(p Permission) bool {
	if a.Operator == 0 || (a.Scopes != nil && !slices.Contains(a.Scopes, p)) {
		return false
	}
	matrix := Matrix()
	return slices.ContainsFunc(a.Roles, func(r models.Role) bool { return slices.Contains(matrix[r], p) })
}

// Allow returns ErrForbidden, or ErrUnauthenticated for nobody, unless the authority may do p.
func (a Authority) Allow(p Permission) error {
	if a.Operator == 0 {
		return ErrUnauthenticated
	}
	if !a.May(p) {
		return withData(ErrForbidden, map[string]any{"permission": string(p)})
	}
	return nil
}
