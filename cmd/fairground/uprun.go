package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"fairground/internal/config"
	"fairground/internal/localstack"
)

// upRun is one run of up.
type upRun struct {
	flags upFlags
	data  *localstack.Data
	stack *stack

	chatURL string // empty with a Telegram from the environment

	mu    sync.Mutex
	ready bool // addresses.json is kept current once everything runs
}

// start brings everything up in order.
func (u *upRun) start(ctx context.Context) error {
	_ = os.Remove(u.addressesFile()) // of a run that was killed
	if err := u.checkPorts(ctx); err != nil {
		return err
	}
	steps := []func(context.Context) error{
		func(ctx context.Context) error { return u.stack.postgres(ctx, u.flags.port("postgres")) },
		u.settle, u.migrate,
		func(ctx context.Context) error { return u.stack.redis(ctx, u.flags.port("redis")) },
		func(ctx context.Context) error {
			return u.stack.temporal(ctx, u.flags.port("temporal"), u.flags.port("temporal-ui"))
		},
		u.telegram, u.gateway, u.tenant,
		func(ctx context.Context) error { return u.own(ctx, "api") },
		u.provider,
		func(ctx context.Context) error { return u.own(ctx, "worker") },
		func(ctx context.Context) error { return u.own(ctx, "bot") },
		u.seed,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	u.mu.Lock()
	u.ready = true
	u.mu.Unlock()
	return u.writeAddresses()
}

// checkPorts refuses a busy port before anything is started.
func (u *upRun) checkPorts(ctx context.Context) error {
	cfg := u.stack.cfg
	elsewhere := map[string]bool{
		"postgres": cfg.DatabaseURL != "", "redis": cfg.RedisURL != "", "chat": u.externalTelegram(),
		"temporal": cfg.TemporalAddress != "", "temporal-ui": cfg.TemporalAddress != "",
	}
	for _, name := range upPorts() {
		if elsewhere[name] {
			continue
		}
		if err := localstack.CheckPort(ctx, name, u.flags.port(name), "--"+name+"-port"); err != nil {
			return err
		}
	}
	return nil
}

// externalTelegram says whether the bot talks to a Telegram that is not ours: one that a token was given for.
func (u *upRun) externalTelegram() bool { return u.stack.cfg.TelegramBotToken != "" }

func (u *upRun) url(name string) string {
	return fmt.Sprintf("http://127.0.0.1:%d", u.flags.port(name))
}

func (u *upRun) addr(name string) string { return fmt.Sprintf("127.0.0.1:%d", u.flags.port(name)) }

// settle fixes the variables of Fairground's own processes.
func (u *upRun) settle(context.Context) error {
	cfg := &u.stack.cfg
	cfg.DatabaseURL = config.Secret(u.stack.variables["DATABASE_URL"])
	master, err := u.master()
	if err != nil {
		return err
	}
	cfg.Secret = config.Secret(master)
	appURL, err := cfg.AppURL()
	if err != nil {
		return err
	}
	cfg.DatabaseAppURL = config.Secret(appURL)
	if !u.externalTelegram() {
		cfg.TelegramAPIURL = u.url("chat")
	}
	if cfg.PublicURL == "" {
		cfg.PublicURL = u.url("api")
	}
	maps.Copy(u.stack.variables, map[string]string{
		"FAIRGROUND_SECRET": master, "DATABASE_APP_URL": appURL, "TELEGRAM_API_URL": cfg.TelegramAPIURL,
		"API_ADDR": u.addr("api"), "BOT_ADDR": u.addr("bot"), "WORKER_ADDR": u.addr("worker"), "PUBLIC_URL": cfg.PublicURL,
		"LOG_FORMAT": "text",
	})
	for i := range u.stack.parts {
		if u.stack.parts[i].name == "postgres" {
			u.stack.parts[i].address.AppURL = appURL
		}
	}
	return nil
}

// master is the master secret of this run.
func (u *upRun) master() (string, error) {
	cfg := u.stack.cfg
	if cfg.Secret != "" {
		return cfg.Secret.Reveal(), nil
	}
	external := true
	for _, part := range u.stack.parts {
		if part.name == "postgres" && part.child != "" {
			external = false
		}
	}
	if external {
		u.stack.say("FAIRGROUND_SECRET is not set: using one that follows from DATABASE_URL, for this machine only")
	}
	return masterSecret(cfg.DatabaseURL.Reveal(), external, u.data.Secret)
}

// masterSecret is the data folder's own secret. What a database holds is sealed with it, so with a database from the
// environment it follows from that database's address instead: then every data folder opens it.
func masterSecret(databaseURL string, external bool, own func() (string, error)) (string, error) {
	if !external {
		return own()
	}
	sum := sha256.Sum256([]byte("fairground.up.v1\n" + databaseURL))
	return hex.EncodeToString(sum[:]), nil
}

func (u *upRun) migrate(ctx context.Context) error {
	return u.stack.step("migrate", func() (string, error) {
		return "the database is up to date", migrate(ctx, u.stack.cfg)
	})
}

// own starts one of Fairground's own processes: this program again, with the process's name.
func (u *upRun) own(ctx context.Context, name string) error {
	return u.stack.step(name, func() (string, error) {
		return u.startSelf(ctx, name, u.url(name), u.url(name)+"/readyz", name)
	})
}

// startSelf runs this program with args as a child and waits until the probe is answered.
func (u *upRun) startSelf(ctx context.Context, name, address, probe string, args ...string) (string, error) {
	program, err := self()
	if err != nil {
		return "", err
	}
	return u.stack.launch(ctx, localstack.Service{Note: "log in " + u.stack.log(name), Process: localstack.Process{
		Name: name, Path: program, Args: args, Log: u.stack.log(name), StartTries: 3,
		// The owner's address and the bot's token are not for processes that serve.
		Env:   u.stack.environ(nil, "DATABASE_URL", "TELEGRAM_BOT_TOKEN"),
		Ready: func(ctx context.Context) error { return answers(ctx, probe) },
	}}, part{name: name, address: localstack.Address{URL: address}, show: address})
}

// changed rewrites addresses.json after a child ended or was restarted.
func (u *upRun) changed() {
	u.mu.Lock()
	ready := u.ready
	u.mu.Unlock()
	if !ready {
		return
	}
	if err := u.writeAddresses(); err != nil {
		slog.Error("addresses.json is out of date", slog.Any("error", err))
	}
}

func (u *upRun) writeAddresses() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	all := localstack.Addresses{"supervisor": {Pid: new(os.Getpid())}}
	for _, part := range u.stack.parts {
		address := part.address
		if part.child != "" {
			address.Pid = new(u.stack.supervisor.Pid(part.child))
		}
		all[part.name] = address
	}
	return u.data.WriteAddresses(all)
}

// stop ends the children and takes the addresses away, because nothing answers there any more.
func (u *upRun) stop() {
	u.mu.Lock()
	u.ready = false
	u.mu.Unlock()
	u.stack.supervisor.Stop()
	_ = os.Remove(u.addressesFile())
}

func (u *upRun) addressesFile() string { return u.data.Path(localstack.AddressesFile) }

// table prints where everything is.
func (u *upRun) table(took time.Duration) {
	out := u.stack.p.stdout
	fmt.Fprintf(out, "\nFairground is ready after %s.\n\n", took.Round(100*time.Millisecond))
	for _, name := range []string{"chat", "api", "docs", "verify", "temporal_ui", "temporal", "postgres", "redis", "bot", "worker", "gateway", "provider"} {
		for _, part := range slices.Concat(u.stack.parts, u.pages()) {
			if part.name == name {
				fmt.Fprintf(out, "  %-12s %s\n", part.name, part.show)
			}
		}
	}
	fmt.Fprintf(out, "  %-12s %s\n\n", "data", u.data.Dir)
	if u.chatURL != "" {
		fmt.Fprintf(out, "Play at %s. ", u.chatURL)
	}
	if _, err := os.Stat(u.data.Path(deskFile)); err == nil {
		fmt.Fprintf(out, "Operators sign in with what \"fairground operator demo --data %s\" shows. ", u.data.Dir)
	}
	fmt.Fprintln(out, "Ctrl-C stops everything; the data stays.")
}

// pages are what the API serves for people.
func (u *upRun) pages() []part {
	return []part{{name: "docs", show: u.stack.cfg.PublicURL + "/docs"}, {name: "verify", show: u.stack.cfg.PublicURL + "/verify"}}
}
