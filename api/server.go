package api

import (
	"log/slog"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"fairground/api/gen"
	"fairground/api/ingest"
	"fairground/api/operator"
	operatorgen "fairground/api/operator/gen"
	"fairground/api/player"
	"fairground/api/wallet"
	"fairground/items"
	"fairground/web"
)

// server holds what the middleware and the pages need.
type server struct {
	deps       Deps
	logger     *slog.Logger
	echo       *echo.Echo
	operations operations
	codes      map[string]code
	player     *player.Server
	operator   *operator.Server
	signIns    *limiter
	hooks      *limiter
	inFlight   chan struct{}
	requests   *prometheus.HistogramVec
}

func newServer(deps Deps) (*server, error) {
	ops, err := loadSpec()
	if err != nil {
		return nil, err
	}
	if deps.Verify == nil {
		deps.Verify = web.Verify()
	}
	if deps.Registry == nil {
		deps.Registry = prometheus.NewRegistry()
		deps.Registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	}
	s := &server{
		deps: deps, logger: deps.Logger, operations: ops, codes: codes(),
		signIns:  newLimiter(deps.Clock, signInEvery, signInBurst),
		hooks:    newLimiter(deps.Clock, hookEvery, hookBurst),
		inFlight: make(chan struct{}, maxInFlight),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "fairground_api_request_seconds", Help: "Time to answer, by method, route and status.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"method", "route", "status"}),
		player: player.New(player.Deps{
			Players: deps.Players, Engine: deps.Engine, Ledger: deps.Ledger, Items: items.New(deps.DB), Logger: deps.Logger,
			StartRound: deps.StartRound, CloseEarly: deps.CloseEarly,
			Cashier: deps.Cashier, StartWithdrawal: deps.StartWithdrawal, CancelWithdrawal: deps.CancelWithdrawal, Providers: deps.Providers,
		}),
		operator: operator.New(operator.Deps{
			Engine: deps.Engine, Operators: deps.Operators, Cashier: deps.Cashier, Players: deps.Players, Ledger: deps.Ledger, Items: items.New(deps.DB), Logger: deps.Logger,
			Decide: deps.DecideWithdrawal, Resume: deps.ResumeWithdrawal, Audit: deps.TriggerAudit, TemporalUI: deps.TemporalUI, Namespace: deps.TemporalNamespace,
			Providers: deps.Providers,
		}),
	}
	if err := deps.Registry.Register(s.requests); err != nil {
		return nil, err
	}
	s.route()
	return s, nil
}

// route builds the router. The order of middleware matters: outermost first.
func (s *server) route() {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = s.onError
	e.Use(identify, s.observe, s.recoverPanics, s.secure, s.limit, s.slow, s.authenticate, s.authorise, s.validate)
	gen.RegisterHandlers(e, gen.NewStrictHandler(s.player, nil))
	operatorgen.RegisterHandlers(e, operatorgen.NewStrictHandler(s.operator, nil))
	e.POST(hotPath, s.placeBet) // replaces the generated binding, see bet.go
	hooks := ingest.New(s.deps.Cashier, s.deps.Players)
	e.POST("/v1/hooks/payments/:account", hooks.Payment)
	e.POST("/v1/hooks/kyc/:account", hooks.KYC)
	e.POST(wallet.Route, wallet.New(s.deps.Providers).Call)
	s.addHealth(e)
	s.addSite(e)
	s.echo = e
}
