package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// saveDelay gathers the changes of a moment into one write.
const saveDelay = 300 * time.Millisecond

// saver writes the state file in the background.
type saver struct {
	server *Server
	dirty  chan struct{}
	ended  chan struct{}
	once   sync.Once
	err    error
}

// loadWorld reads the state file. A missing file, or no name, is an empty world.
func loadWorld(file string) (*world, error) {
	if file == "" {
		return newWorld(), nil
	}
	raw, err := os.ReadFile(filepath.Clean(file))
	if errors.Is(err, fs.ErrNotExist) {
		return newWorld(), nil
	}
	if err != nil {
		return nil, fmt.Errorf("local telegram: read state: %w", err)
	}
	w := &world{}
	if err := json.Unmarshal(raw, w); err != nil {
		return nil, fmt.Errorf("local telegram: state file %s is damaged, remove it to start afresh: %w", file, err)
	}
	w.fill()
	return w, nil
}

func (s *Server) startSaver() *saver {
	v := &saver{server: s, dirty: make(chan struct{}, 1), ended: make(chan struct{})}
	go v.run()
	return v
}

// wake asks for a write soon.
func (v *saver) wake() {
	select {
	case v.dirty <- struct{}{}:
	default:
	}
}

// run writes after changes, at most one write per saveDelay.
func (v *saver) run() {
	defer close(v.ended)
	for {
		select {
		case <-v.server.done:
			return
		case <-v.dirty:
		}
		timer := v.server.clock.NewTimer(saveDelay)
		select {
		case <-v.server.done:
		case <-timer.C():
		}
		timer.Stop()
		if err := v.save(); err != nil {
			v.server.log.Error("saving the local Telegram's state failed", slog.Any("error", err))
		}
	}
}

// finish waits for the background and writes a last time.
func (v *saver) finish() error {
	<-v.ended
	v.once.Do(func() { v.err = v.save() })
	return v.err
}

// save writes the state beside its place and renames it, so that no reader sees a half.
func (v *saver) save() error {
	file := v.server.cfg.StateFile
	if file == "" {
		return nil
	}
	v.server.mu.Lock()
	raw, err := marshal(v.server.world)
	v.server.mu.Unlock()
	if err != nil {
		return fmt.Errorf("local telegram: encode state: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return fmt.Errorf("local telegram: make state folder: %w", err)
	}
	beside := file + ".new"
	if err := os.WriteFile(beside, raw, 0o600); err != nil {
		return fmt.Errorf("local telegram: write state: %w", err)
	}
	if err := os.Rename(beside, file); err != nil {
		return fmt.Errorf("local telegram: replace state: %w", err)
	}
	return nil
}
