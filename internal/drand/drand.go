package drand

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"fairground/fairness"
)

// Scheme is the one kind of network that is understood.
const Scheme = "bls-unchained-g1-rfc9380"

const (
	timeout     = 5 * time.Second
	answerLimit = 64 << 10
)

var (
	// ErrNotYet means that the network has not published the round.
	ErrNotYet = errors.New("drand: the round is not published yet")
	// ErrOther means that an answer is not that of the network that was asked for.
	ErrOther = errors.New("drand: the answer is another network's")
)

// Client asks one network. It is safe for concurrent use.
type Client struct {
	base string // address and chain
	hash string
	http *http.Client

	mu   sync.Mutex
	info *fairness.BeaconChain
}

// New makes a client of the network with a chain hash (hex) at an address such as https://api.drand.sh.
func New(address, chainHash string) *Client {
	return &Client{base: strings.TrimRight(address, "/") + "/" + chainHash, hash: chainHash, http: &http.Client{Timeout: timeout}}
}

// Chain is the network's key and rhythm. It is asked once and checked against the chain hash. It returns ErrOther.
func (c *Client) Chain(ctx context.Context) (fairness.BeaconChain, error) {
	c.mu.Lock()
	known := c.info
	c.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	var answer struct {
		PublicKey   string `json:"public_key"`
		Period      uint32 `json:"period"`
		GenesisTime int64  `json:"genesis_time"`
		GenesisSeed string `json:"groupHash"`
		Scheme      string `json:"schemeID"`
		Metadata    struct {
			BeaconID string `json:"beaconID"`
		} `json:"metadata"`
	}
	if err := c.get(ctx, "/info", &answer); err != nil {
		return fairness.BeaconChain{}, err
	}
	chain := fairness.BeaconChain{Period: answer.Period, GenesisTime: answer.GenesisTime, ID: answer.Metadata.BeaconID}
	var err error
	if chain.PublicKey, err = hex.DecodeString(answer.PublicKey); err != nil {
		return fairness.BeaconChain{}, fmt.Errorf("%w: its key is not hex", ErrOther)
	}
	if chain.GenesisSeed, err = hex.DecodeString(answer.GenesisSeed); err != nil {
		return fairness.BeaconChain{}, fmt.Errorf("%w: its seed is not hex", ErrOther)
	}
	if hash := chain.Hash(); answer.Scheme != Scheme || hex.EncodeToString(hash[:]) != c.hash || chain.Period == 0 {
		return fairness.BeaconChain{}, fmt.Errorf("%w: its scheme or hash differs", ErrOther)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.info = &chain
	return chain, nil
}

// Signature is what the network signed a round with, checked. It returns ErrNotYet or ErrOther.
func (c *Client) Signature(ctx context.Context, round uint64) ([]byte, error) {
	chain, err := c.Chain(ctx)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Round     uint64 `json:"round"`
		Signature string `json:"signature"`
	}
	if err := c.get(ctx, "/public/"+strconv.FormatUint(round, 10), &answer); err != nil {
		return nil, err
	}
	signature, err := hex.DecodeString(answer.Signature)
	if err != nil || answer.Round != round {
		return nil, ErrOther
	}
	if _, err := chain.Randomness(round, signature); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOther, err)
	}
	return signature, nil
}

func (c *Client) get(ctx context.Context, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return fmt.Errorf("drand: ask: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("drand: ask: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound, http.StatusTooEarly:
		return ErrNotYet
	default:
		return fmt.Errorf("drand: the network answered %s", resp.Status)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, answerLimit)).Decode(into); err != nil {
		return fmt.Errorf("drand: read the answer: %w", err)
	}
	return nil
}
