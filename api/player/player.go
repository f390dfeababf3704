package player

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"fairground/api/gen"
	"fairground/cashier"
	"fairground/games"
	"fairground/games/game"
	"fairground/items"
	"fairground/ledger"
	"fairground/players"
	"fairground/providers"
	"fairground/workflows"
)

// notifyTimeout bounds the best-effort calls made after an answer.
const notifyTimeout = 5 * time.Second

// Deps is what the handlers call. The functions are optional: the relay does the same. Without a Cashier the
// wallet's endpoints answer 503.
type Deps struct {
	Players    *players.Players
	Engine     *games.Engine
	Ledger     *ledger.Ledger
	Items      *items.Items
	Logger     *slog.Logger
	StartRound func(ctx context.Context, in workflows.RoundInput) error
	CloseEarly func(ctx context.Context, round string) error

	Cashier          *cashier.Cashier
	StartWithdrawal  func(ctx context.Context, in workflows.WithdrawalInput) error
	CancelWithdrawal func(ctx context.Context, withdrawal string) error

	Providers *providers.Providers // optional: without it there are no outside games
}

// Server implements the generated strict interface. It is safe for concurrent use.
type Server struct {
	players    *players.Players
	engine     *games.Engine
	ledger     *ledger.Ledger
	items      *items.Items
	logger     *slog.Logger
	startRound func(ctx context.Context, in workflows.RoundInput) error
	closeEarly func(ctx context.Context, round string) error
	catalogue  map[string]game.Game
	background sync.WaitGroup

	cashier          *cashier.Cashier
	startWithdrawal  func(ctx context.Context, in workflows.WithdrawalInput) error
	cancelWithdrawal func(ctx context.Context, withdrawal string) error

	providers *providers.Providers
}

var _ gen.StrictServerInterface = (*Server)(nil)

// New makes the handlers.
func New(deps Deps) *Server {
	return &Server{
		players: deps.Players, engine: deps.Engine, ledger: deps.Ledger, items: deps.Items, logger: deps.Logger,
		startRound: deps.StartRound, closeEarly: deps.CloseEarly, catalogue: games.Catalogue(),
		cashier: deps.Cashier, startWithdrawal: deps.StartWithdrawal, cancelWithdrawal: deps.CancelWithdrawal,
		providers: deps.Providers,
	}
}

// Wait returns when no best-effort call runs any more.
func (s *Server) Wait() { s.background.Wait() }

// later makes a best-effort call without holding up the answer. When it fails the relay does
// the same from the outbox, so it is only noted.
func (s *Server) later(ctx context.Context, what, subject string, call func(ctx context.Context) error) {
	ctx = context.WithoutCancel(ctx)
	s.background.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, notifyTimeout)
		defer cancel()
		if err := call(ctx); err != nil {
			s.logger.WarnContext(ctx, "left to the relay", slog.String("what", what), slog.String("subject", subject), slog.Any("error", err))
		}
	})
}
