package operator

import (
	"context"
	"log/slog"

	"fairground/api/operator/gen"
	"fairground/cashier"
	"fairground/games"
	"fairground/items"
	"fairground/ledger"
	"fairground/operators"
	"fairground/players"
	"fairground/providers"
	"fairground/workflows"
)

// Deps is what the handlers call. Decide and Resume need Temporal and are optional: without them decisions are
// stored and left to the relay, and nothing can be resumed.
type Deps struct {
	Operators *operators.Operators
	Cashier   *cashier.Cashier
	Players   *players.Players
	Ledger    *ledger.Ledger
	Providers *providers.Providers // optional
	Engine    *games.Engine
	Items     *items.Items
	Logger    *slog.Logger
	Decide    func(ctx context.Context, m workflows.DecideMessage) (workflows.WithdrawalStatusView, error)
	Resume    func(ctx context.Context, in workflows.WithdrawalInput) error
	Audit     func(ctx context.Context) error
	// TemporalUI and Namespace make links to workflows; without TemporalUI there are none.
	TemporalUI string
	Namespace  string
}

// Server implements the generated strict interface. It is safe for concurrent use.
type Server struct{ Deps }

var _ gen.StrictServerInterface = (*Server)(nil)

// New makes the handlers.
func New(deps Deps) *Server { return &Server{Deps: deps} }
