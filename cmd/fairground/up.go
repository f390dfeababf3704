package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"fairground/internal/config"
	"fairground/internal/localstack"
)

// upFlags are the flags of up. A port of 0 follows portBase.
type upFlags struct {
	data     string
	fresh    bool
	headless bool
	attached bool
	portBase int
	ports    map[string]*int
}

// upPorts are the parts with a port, in the order of their offset from the port base.
func upPorts() []string {
	return []string{"api", "chat", "temporal", "temporal-ui", "postgres", "redis", "bot", "worker", "gateway", "provider"}
}

func (p *program) upCommand() *cobra.Command {
	flags := upFlags{ports: map[string]*int{}}
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Run everything on this machine: services, API, bot, worker and a local Telegram to play in",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return p.up(cmd.Context(), flags) },
	}
	set := cmd.Flags()
	set.StringVar(&flags.data, "data", ".fairground", "folder that keeps everything across restarts")
	set.BoolVar(&flags.fresh, "fresh", false, "wipe the data folder first")
	set.BoolVar(&flags.headless, "headless", false, "do not open a browser")
	set.BoolVar(&flags.attached, "attached", false, "stop when the program that started this one ends")
	set.IntVar(&flags.portBase, "port-base", 7700, "first of the ports; moves them all")
	for offset, name := range upPorts() {
		flags.ports[name] = set.Int(name+"-port", 0, fmt.Sprintf("port of %s (default port base + %d)", name, offset))
	}
	if err := set.MarkHidden("attached"); err != nil {
		panic(err) // the flag is defined above
	}
	return cmd
}

// port is the port of a part: its own flag, or its place after the port base.
func (f upFlags) port(name string) int {
	for offset, known := range upPorts() {
		if known == name {
			if own := *f.ports[name]; own != 0 {
				return own
			}
			return f.portBase + offset
		}
	}
	return 0
}

// up runs the whole stack until ctx is done.
func (p *program) up(ctx context.Context, flags upFlags) (err error) {
	if flags.attached {
		attached, stop := whileAttached(ctx)
		defer stop()
		ctx = attached
	}
	cfg, err := p.config()
	if err != nil {
		return err
	}
	if cfg.Environment == config.Production {
		return fmt.Errorf("FAIRGROUND_ENV: is production, and up is for one machine; deploy api, bot and worker instead")
	}
	data, err := localstack.OpenData(flags.data, flags.fresh)
	if err != nil {
		return err
	}
	defer func() { _ = data.Close() }()
	u := &upRun{flags: flags, data: data}
	u.stack = p.newStack(cfg, data.Dir, u.changed)
	defer u.stop()
	began := p.clock.Now()
	if err := u.start(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // asked to stop while starting
		}
		return err
	}
	u.table(p.clock.Now().Sub(began))
	if !flags.headless {
		openBrowser(ctx, u.chatURL)
	}
	<-ctx.Done()
	fmt.Fprintln(p.stderr, "\nstopping")
	return nil
}

// openBrowser shows a page if this machine has a display. It is a courtesy: failing is no error.
func openBrowser(ctx context.Context, address string) {
	if address == "" || !config.HasDisplay() {
		return
	}
	program := "xdg-open"
	if runtime.GOOS == "darwin" {
		program = "open"
	}
	if path, err := exec.LookPath(program); err == nil {
		_ = exec.CommandContext(ctx, filepath.Clean(path), address).Start() //nolint:gosec // the system's own opener
	}
}
