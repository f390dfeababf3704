package localstack

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
)

// CacheDir is where downloaded and built servers are kept between runs.
func CacheDir() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache folder: %w", err)
	}
	return filepath.Join(base, "fairground"), nil
}

// postgresPlace creates and returns the folder for the cluster and its password. That is Data/postgres, unless
// PostgreSQL has to run as another user who cannot enter Data, for example below root's home.
func postgresPlace(opts PostgresOptions, account *User) (string, error) {
	data, err := filepath.Abs(opts.Data)
	if err != nil {
		return "", fmt.Errorf("find the data folder: %w", err)
	}
	if err := os.MkdirAll(data, 0o755); err != nil { //nolint:gosec // PostgreSQL's own user passes through; what is secret inside is 0600
		return "", fmt.Errorf("create the data folder: %w", err)
	}
	place := filepath.Join(data, "postgres")
	if !account.reaches(data) {
		place = filepath.Join(sharedPlace(account, data), "postgres")
	}
	if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil { //nolint:gosec // as above
		return "", fmt.Errorf("create the database's folder: %w", err)
	}
	if err := os.MkdirAll(place, 0o700); err != nil {
		return "", fmt.Errorf("create the database's folder: %w", err)
	}
	return place, account.own(place)
}

// sharedPlaces are folders outside data that belong to it and lie where every user may enter, best first.
func sharedPlaces(data string) []string {
	sum := sha256.Sum256([]byte(data))
	name := hex.EncodeToString(sum[:6])
	return []string{filepath.Join("/var/lib/fairground", name), filepath.Join(os.TempDir(), "fairground-"+name)}
}

// sharedPlace is the best of sharedPlaces that the account can enter.
func sharedPlace(account *User, data string) string {
	places := sharedPlaces(data)
	for _, place := range places {
		if account.reaches(place) {
			return place
		}
	}
	return places[0]
}
