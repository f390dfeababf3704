package localstack

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// marker is the file that makes a folder a Fairground data folder. Only such a folder is ever wiped.
const marker = "fairground.data"

// secretFile keeps the master secret.
const secretFile = "secret"

// ErrNotOurs says that a folder holds something other than Fairground's data.
var ErrNotOurs = errors.New("folder is not a Fairground data folder")

// ErrRunning says that another supervisor uses the data folder.
var ErrRunning = errors.New("another fairground uses this data folder")

// Data is an opened data folder. Its lock is held until Close.
type Data struct {
	Dir  string // absolute
	lock *os.File
}

// OpenData opens or creates a data folder and locks it. With fresh it first removes everything in it.
// It returns ErrNotOurs for a non-empty folder without the marker and ErrRunning while another process holds it.
func OpenData(dir string, fresh bool) (*Data, error) {
	path, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find the data folder: %w", err)
	}
	if err := claim(path); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(path, marker), os.O_RDWR, 0o600) //nolint:gosec // the folder the person named
	if err != nil {
		return nil, fmt.Errorf("open the data folder: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("%w: %s; stop it, or use another with --data DIR", ErrRunning, path)
	}
	data := &Data{Dir: path, lock: lock}
	if fresh {
		if err := data.wipe(); err != nil {
			return nil, errors.Join(err, data.Close())
		}
	}
	return data, nil
}

// claim makes path a data folder, or checks that it is one.
func claim(path string) error {
	entries, err := os.ReadDir(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		if err := os.MkdirAll(path, 0o755); err != nil { //nolint:gosec // PostgreSQL's own user passes through; what is secret inside is 0600
			return fmt.Errorf("create the data folder: %w", err)
		}
	case err != nil:
		return fmt.Errorf("open the data folder: %w", err)
	case len(entries) > 0:
		if _, err := os.Stat(filepath.Join(path, marker)); err != nil {
			return fmt.Errorf("%w: %s has files but no %s; choose an empty folder with --data DIR", ErrNotOurs, path, marker)
		}
		return nil
	}
	if err := os.WriteFile(filepath.Join(path, marker), []byte("This folder is written and wiped by fairground up.\n"), 0o600); err != nil {
		return fmt.Errorf("mark the data folder: %w", err)
	}
	return nil
}

// wipe removes everything but the marker, which carries the lock.
func (d *Data) wipe() error {
	for _, place := range sharedPlaces(d.Dir) {
		if err := os.RemoveAll(place); err != nil {
			return fmt.Errorf("wipe the database's folder: %w", err)
		}
	}
	entries, err := os.ReadDir(d.Dir)
	if err != nil {
		return fmt.Errorf("wipe the data folder: %w", err)
	}
	for _, entry := range entries {
		if entry.Name() == marker {
			continue
		}
		if err := os.RemoveAll(d.Path(entry.Name())); err != nil {
			return fmt.Errorf("wipe the data folder: %w", err)
		}
	}
	return nil
}

// Path joins names to the folder.
func (d *Data) Path(names ...string) string {
	return filepath.Join(append([]string{d.Dir}, names...)...)
}

// Close releases the lock.
func (d *Data) Close() error {
	// Closing alone would leave the lock to a child that is being forked at this moment.
	if err := syscall.Flock(int(d.lock.Fd()), syscall.LOCK_UN); err != nil {
		return fmt.Errorf("unlock the data folder: %w", err)
	}
	if err := d.lock.Close(); err != nil {
		return fmt.Errorf("release the data folder: %w", err)
	}
	return nil
}

// Secret returns the folder's master secret, generated once.
func (d *Data) Secret() (string, error) {
	kept, err := ReadSecret(d.Dir)
	if !errors.Is(err, os.ErrNotExist) {
		return kept, err
	}
	made := rand.Text() + rand.Text()
	if err := WriteFile(d.Path(secretFile), []byte(made+"\n")); err != nil {
		return "", fmt.Errorf("keep the master secret: %w", err)
	}
	return made, nil
}

// ReadSecret returns the master secret of a data folder that somebody else has open.
func ReadSecret(dir string) (string, error) {
	kept, err := os.ReadFile(filepath.Join(dir, secretFile)) //nolint:gosec // our own file
	if err != nil {
		return "", fmt.Errorf("read the master secret: %w", err)
	}
	return strings.TrimSpace(string(kept)), nil
}

// WriteFile replaces a file at once, readable by its owner only: a reader sees the old text or the new.
func WriteFile(path string, text []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = file.Write(text)
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
