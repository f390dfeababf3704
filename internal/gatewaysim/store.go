package gatewaysim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// store keeps the sandbox's objects in memory and in an append-only file. Its owner locks.
type store struct {
	file   *os.File // nil: memory only
	broken error    // the file could not be written; nothing more is promised

	number   int64 // the last one given out
	invoices map[string]Invoice
	payments map[string]Payment
	payouts  map[string]Payout
	refunds  map[string]Refund
	events   map[string]*event // still to be delivered
	taken    int               // events delivered
	faults   Faults
	hooks    Hooks
}

func openStore(path string) (*store, error) {
	s := &store{
		invoices: map[string]Invoice{}, payments: map[string]Payment{}, payouts: map[string]Payout{},
		refunds: map[string]Refund{}, events: map[string]*event{},
	}
	if path == "" {
		return s, nil
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the path is the operator's own flag
	if err != nil {
		return nil, fmt.Errorf("open the state file: %w", err)
	}
	s.file = file
	if err := s.load(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return s, nil
}

// load reads the file. A last line that was cut off by a kill was never told to anybody and is dropped.
func (s *store) load() error {
	content, err := io.ReadAll(s.file)
	if err != nil {
		return fmt.Errorf("read the state file: %w", err)
	}
	whole := bytes.LastIndexByte(content, '\n') + 1
	for line := range bytes.SplitSeq(content[:whole], []byte{'\n'}) {
		if len(line) == 0 {
			continue
		}
		var b batch
		if err := json.Unmarshal(line, &b); err != nil {
			return fmt.Errorf("read the state file: %w", err)
		}
		s.apply(b)
	}
	if err := s.file.Truncate(int64(whole)); err != nil {
		return fmt.Errorf("cut the state file: %w", err)
	}
	if _, err := s.file.Seek(int64(whole), io.SeekStart); err != nil {
		return fmt.Errorf("read the state file: %w", err)
	}
	return nil
}

// put writes a batch, syncs it and applies it. After a failure the store refuses everything: memory and file may differ.
func (s *store) put(b batch) error { return s.write(b, true) }

// mark is put without the sync, for facts that may be lost: a callback that is sent once more.
func (s *store) mark(b batch) error { return s.write(b, false) }

func (s *store) write(b batch, sync bool) error {
	if s.broken != nil {
		return s.broken
	}
	if s.file != nil {
		line, err := json.Marshal(b)
		if err != nil {
			return fmt.Errorf("write the state: %w", err)
		}
		_, err = s.file.Write(append(line, '\n'))
		if err == nil && sync {
			err = s.file.Sync()
		}
		if err != nil {
			s.broken = fmt.Errorf("write the state file: %w", err)
			return s.broken
		}
	}
	s.apply(b)
	return nil
}

func (s *store) apply(b batch) {
	for _, v := range b.Invoices {
		s.invoices[v.Ref] = v
		s.number = max(s.number, v.Number)
	}
	for _, v := range b.Payments {
		s.payments[v.Tx] = v
		s.number = max(s.number, v.Number)
	}
	for _, v := range b.Payouts {
		s.payouts[v.Key] = v
		s.number = max(s.number, v.Number)
	}
	for _, v := range b.Refunds {
		s.refunds[v.Key] = v
		if p, ok := s.payments[v.Tx]; ok {
			p.Refunded = true
			s.payments[v.Tx] = p
		}
	}
	for _, v := range b.Events {
		s.number = max(s.number, v.Number)
		if v.Copies <= 0 {
			delete(s.events, v.ID)
			s.taken++
			continue
		}
		s.events[v.ID] = &v
	}
	if b.Faults != nil {
		s.faults = *b.Faults
	}
	if b.Hooks != nil {
		s.hooks = *b.Hooks
	}
}

func (s *store) next() int64 {
	s.number++
	return s.number
}

func (s *store) close() error {
	if s.file == nil {
		return nil
	}
	if err := s.file.Close(); err != nil {
		return fmt.Errorf("close the state file: %w", err)
	}
	return nil
}
