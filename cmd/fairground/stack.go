package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fairground/internal/clock"
	"fairground/internal/config"
	"fairground/internal/localstack"
	"fairground/internal/temporal"
)

// stack is the set of services that up and with start. Every part comes from its address in the environment if that
// is set, else from a supervised child.
type stack struct {
	p          *program
	cfg        config.Config
	data       string // folder for the services' files
	scratch    bool   // data that is thrown away
	out        io.Writer
	supervisor *localstack.Supervisor

	variables map[string]string // environment for what runs on the stack
	parts     []part            // in starting order
}

// part is one line of the table of addresses.
type part struct {
	name    string
	address localstack.Address
	child   string // its name in the supervisor; empty for a part that runs elsewhere
	show    string // address for the table, without passwords
}

func (p *program) newStack(cfg config.Config, data string, onChange func()) *stack {
	logger := slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
	return &stack{
		p: p, cfg: cfg, data: data, out: p.stderr,
		supervisor: localstack.NewSupervisor(logger, onChange), variables: map[string]string{},
	}
}

// say prints a line about the part that is being started.
func (s *stack) say(line string) { fmt.Fprintln(s.out, "           "+line) }

// step runs one part's start and prints what it does and how long it took.
func (s *stack) step(name string, start func() (note string, err error)) error {
	fmt.Fprintf(s.out, "starting   %s\n", name)
	began := s.p.clock.Now()
	note, err := start()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	took := clock.Since(s.p.clock, began).Round(10 * time.Millisecond)
	fmt.Fprintf(s.out, "ready      %-12s %8s  %s\n", name, took, note)
	return nil
}

func (s *stack) log(name string) string { return filepath.Join(s.data, "logs", name+".log") }

// launch starts a prepared service and records it.
func (s *stack) launch(ctx context.Context, service localstack.Service, made part) (string, error) {
	if err := s.supervisor.Start(ctx, service.Process); err != nil {
		return "", err
	}
	made.child = service.Process.Name
	s.parts = append(s.parts, made)
	return service.Note, nil
}

// external records a part that runs elsewhere.
func (s *stack) external(made part, variable string) string {
	s.parts = append(s.parts, made)
	return "from " + variable
}

func (s *stack) postgres(ctx context.Context, port int) error {
	return s.step("postgres", func() (string, error) {
		if given := s.cfg.DatabaseURL.Reveal(); given != "" {
			s.variables["DATABASE_URL"] = given
			return s.external(part{name: "postgres", address: localstack.Address{URL: given}, show: "at DATABASE_URL"}, "DATABASE_URL"), nil
		}
		service, err := localstack.PreparePostgres(ctx, localstack.PostgresOptions{
			Data: s.data, Port: port, Log: s.log("postgres"), Scratch: s.scratch, Say: s.say,
		})
		if err != nil {
			return "", err
		}
		note, err := s.launch(ctx, service, part{name: "postgres", address: localstack.Address{URL: service.URL}, show: "127.0.0.1:" + fmt.Sprint(port)})
		if err != nil {
			return "", err
		}
		s.variables["DATABASE_URL"] = service.URL
		return note, localstack.EnsureDatabase(ctx, service.URL)
	})
}

func (s *stack) redis(ctx context.Context, port int) error {
	return s.step("redis", func() (string, error) {
		if given := s.cfg.RedisURL.Reveal(); given != "" {
			s.variables["REDIS_URL"] = given
			return s.external(part{name: "redis", address: localstack.Address{URL: given}, show: "at REDIS_URL"}, "REDIS_URL"), nil
		}
		program, err := self()
		if err != nil {
			return "", err
		}
		service, err := localstack.PrepareRedis(localstack.RedisOptions{
			Data: s.data, Port: port, Log: s.log("redis"), Embedded: []string{program, "miniredis"},
		})
		if err != nil {
			return "", err
		}
		s.variables["REDIS_URL"] = service.URL
		return s.launch(ctx, service, part{name: "redis", address: localstack.Address{URL: service.URL}, show: service.URL})
	})
}

func (s *stack) temporal(ctx context.Context, port, uiPort int) error {
	return s.step("temporal", func() (string, error) {
		if given := s.cfg.TemporalAddress; given != "" {
			return s.externalTemporal(ctx, given)
		}
		service, err := localstack.PrepareTemporal(ctx, localstack.TemporalOptions{
			Data: s.data, Port: port, UIPort: uiPort, Log: s.log("temporal"), Scratch: s.scratch,
			Attributes: temporal.AttributeFlags(), Source: temporalSource(), Say: s.say, Ready: temporalReady, Download: downloadTemporal,
		})
		if err != nil {
			return "", err
		}
		uiURL := fmt.Sprintf("http://127.0.0.1:%d", uiPort)
		note, err := s.launch(ctx, service, part{name: "temporal", address: localstack.Address{URL: service.URL}, show: service.URL})
		if err != nil {
			return "", err
		}
		s.parts = append(s.parts, part{name: "temporal_ui", address: localstack.Address{URL: uiURL}, child: "temporal", show: uiURL})
		s.variables["TEMPORAL_ADDRESS"], s.variables["TEMPORAL_UI_URL"] = service.URL, uiURL
		return note, ensureAttributes(ctx, service.URL, s.cfg.TemporalNamespace)
	})
}

func (s *stack) externalTemporal(ctx context.Context, address string) (string, error) {
	if err := ensureAttributes(ctx, address, s.cfg.TemporalNamespace); err != nil {
		return "", err
	}
	s.variables["TEMPORAL_ADDRESS"] = address
	note := s.external(part{name: "temporal", address: localstack.Address{URL: address}, show: address}, "TEMPORAL_ADDRESS")
	if s.cfg.TemporalUIURL != "" {
		s.variables["TEMPORAL_UI_URL"] = s.cfg.TemporalUIURL
		s.parts = append(s.parts, part{name: "temporal_ui", address: localstack.Address{URL: s.cfg.TemporalUIURL}, show: s.cfg.TemporalUIURL})
	}
	return note, nil
}

// environ is this process's environment with the stack's variables, without the dropped ones.
func (s *stack) environ(more map[string]string, drop ...string) []string {
	all := maps.Clone(s.variables)
	maps.Copy(all, more)
	var kept []string
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if _, replaced := all[name]; !replaced && !slices.Contains(drop, name) {
			kept = append(kept, pair)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !slices.Contains(drop, name) {
			kept = append(kept, name+"="+all[name])
		}
	}
	return kept
}

// answers succeeds when a GET of the address is answered with 200.
func answers(ctx context.Context, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("prepare a request: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("ask %s: %w", address, err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode == http.StatusOK {
		return nil
	}
	said, err := io.ReadAll(io.LimitReader(response.Body, 500))
	if err != nil {
		return fmt.Errorf("read the answer of %s: %w", address, err)
	}
	return fmt.Errorf("%s answered %s: %s", address, response.Status, strings.TrimSpace(string(said)))
}
