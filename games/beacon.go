package games

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/fairness"
	"fairground/internal/drand"
	"fairground/models"
)

// ReasonNoBeacon is why a round is voided whose public randomness can't be had.
const ReasonNoBeacon = "no_beacon"

// beaconWait is how long a round waits for randomness that should be there.
const beaconWait = 60 * time.Second

// codeBeaconKnown is the SQLSTATE of a betting window that would last until the randomness is known.
const codeBeaconKnown = "FG002"

// ErrNoBeacon means that the source of public randomness can't be asked which round will come.
var ErrNoBeacon = models.E("games.no_beacon", "the source of public randomness does not answer")

// BeaconRef is the public randomness that goes into a round: which was fixed when the round opened, before anybody could know
// it, and what it was. Hashes, keys and signatures are lower-case hex.
type BeaconRef struct {
	Chain       string `json:"chain"` // SHA-256 that fixes all of the network
	PublicKey   string `json:"public_key"`
	Period      uint32 `json:"period"`       // seconds between rounds of the network
	GenesisTime int64  `json:"genesis_time"` // Unix seconds of its round 1
	GenesisSeed string `json:"genesis_seed"`
	Network     string `json:"network"`
	Round       uint64 `json:"round"`               // of the network
	Signature   string `json:"signature,omitempty"` // once it was used
}

// network is the network of a reference. It returns an error for texts that are not hex.
func (b BeaconRef) network() (fairness.BeaconChain, error) {
	key, err := hex.DecodeString(b.PublicKey)
	if err != nil {
		return fairness.BeaconChain{}, fmt.Errorf("the beacon's key: %w", err)
	}
	seed, err := hex.DecodeString(b.GenesisSeed)
	if err != nil {
		return fairness.BeaconChain{}, fmt.Errorf("the beacon's seed: %w", err)
	}
	return fairness.BeaconChain{PublicKey: key, Period: b.Period, GenesisTime: b.GenesisTime, GenesisSeed: seed, ID: b.Network}, nil
}

// randomness checks a reference by itself and returns what its signature gives.
func (b BeaconRef) randomness() ([32]byte, error) {
	network, err := b.network()
	if err != nil {
		return [32]byte{}, err
	}
	signature, err := hex.DecodeString(b.Signature)
	if err != nil {
		return [32]byte{}, fmt.Errorf("the beacon's signature: %w", err)
	}
	return network.Randomness(b.Round, signature)
}

// callOpen opens a round. With a source of public randomness it fixes, in the same transaction, which of its rounds will go
// into the draw: the first after the window. A round that is drawn as it opens, or that may close early, has none.
func (e *Engine) callOpen(ctx context.Context, req OpenRequest, hash []byte, p openPayload) (json.RawMessage, error) {
	const open = `SELECT api_round_open($1, $2, $3, $4)`
	var answer json.RawMessage
	if e.beacon == nil || p.Acting || p.Seats > 0 || p.Source != "" {
		err := e.db.Call(ctx, req.Tenant, open, []any{req.Tenant, req.Key, hash, p}, &answer)
		return answer, err
	}
	network, err := e.network(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoBeacon, err)
	}
	err = e.db.InTenant(ctx, req.Tenant, func(ctx context.Context, tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, open, req.Tenant, req.Key, hash, p).Scan(&answer); err != nil {
			return err
		}
		var out struct {
			Code     string
			Round    string
			Replayed bool
			ClosesAt time.Time `json:"closes_at"`
		}
		if err := json.Unmarshal(answer, &out); err != nil {
			return fmt.Errorf("read the answer of open: %w", err)
		}
		if out.Code != "ok" || out.Replayed {
			return nil
		}
		round, id := network.After(out.ClosesAt.Unix()+1), network.Hash()
		ref := BeaconRef{
			Chain: hex.EncodeToString(id[:]), PublicKey: hex.EncodeToString(network.PublicKey), Period: network.Period, GenesisTime: network.GenesisTime,
			GenesisSeed: hex.EncodeToString(network.GenesisSeed), Network: network.ID, Round: round,
		}
		_, err := tx.Exec(ctx, `SELECT api_round_beacon($1, $2, $3, to_timestamp($4))`, req.Tenant, out.Round, ref, network.Due(round))
		return err
	})
	return answer, err
}

// beaconOf is the public randomness that was fixed for a round; nil if none was.
func (e *Engine) beaconOf(ctx context.Context, tenant int64, round string) (*BeaconRef, error) {
	var ref BeaconRef
	var signature []byte
	const one = `SELECT source, signature FROM round_beacons WHERE tenant_id = $1 AND round_id = $2`
	err := e.db.Call(ctx, tenant, one, []any{tenant, round}, &ref, &signature)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil //nolint:nilnil // most rounds have none
	}
	if err != nil {
		return nil, fmt.Errorf("read the beacon of round %s: %w", round, err)
	}
	ref.Signature = hex.EncodeToString(signature)
	return &ref, nil
}

// errBeaconLate says that the randomness of a round did not come in time.
var errBeaconLate = errors.New("the beacon is late")

// mixBeacon puts the public randomness that was fixed for a round into the players' part of its draw. It returns ErrWaiting
// until it can be had, and errBeaconLate when it should long have been there.
func (e *Engine) mixBeacon(ctx context.Context, f *frozen, client string) (string, error) {
	tenant, round := f.row.TenantID, f.row.ID
	ref, err := e.beaconOf(ctx, tenant, round)
	if err != nil || ref == nil {
		return client, err
	}
	if ref.Signature == "" {
		signature, err := e.askBeacon(ctx, ref)
		if err != nil {
			e.logger.WarnContext(ctx, "a round waits for public randomness", slog.String("round", round), slog.Any("error", err))
			return "", e.beaconLate(ctx, tenant, round)
		}
		// The first answer stays, whoever stored it; the network has one for each round anyway.
		if err := e.db.Call(ctx, tenant, `SELECT api_round_beacon_signed($1, $2, $3)`, []any{tenant, round, signature}, &signature); err != nil {
			return "", fmt.Errorf("keep the beacon of round %s: %w", round, err)
		}
		ref.Signature = hex.EncodeToString(signature)
	}
	randomness, err := ref.randomness()
	if err != nil {
		return "", fmt.Errorf("check the beacon of round %s: %w", round, err)
	}
	return fairness.MixBeacon(client, randomness), nil
}

func (e *Engine) askBeacon(ctx context.Context, ref *BeaconRef) ([]byte, error) {
	if e.beacon == nil {
		return nil, errors.New("no source of public randomness is configured any more")
	}
	network, err := e.network(ctx)
	if err != nil {
		return nil, err
	}
	if e.beacon.ChainHash() != ref.Chain {
		return nil, drand.ErrOther
	}
	signature, err := e.beacon.Signature(ctx, ref.Round)
	if err != nil {
		return nil, err
	}
	_, err = network.Randomness(ref.Round, signature)
	return signature, err
}

// network is the source of public randomness, checked against the chain hash that was configured.
func (e *Engine) network(ctx context.Context) (fairness.BeaconChain, error) {
	info, err := e.beacon.Info(ctx)
	if err != nil {
		return fairness.BeaconChain{}, err
	}
	network := fairness.BeaconChain(info)
	if hash := network.Hash(); hex.EncodeToString(hash[:]) != e.beacon.ChainHash() {
		return fairness.BeaconChain{}, drand.ErrOther
	}
	return network, nil
}

// beaconLate is ErrWaiting, or errBeaconLate once a minute has passed since the round closed and the randomness was due.
func (e *Engine) beaconLate(ctx context.Context, tenant int64, round string) error {
	var late bool
	const one = `SELECT greatest(r.closed_at, b.due_at) < clock_timestamp() - make_interval(secs => $3) FROM rounds r
		JOIN round_beacons b ON b.tenant_id = $1 AND b.round_id = r.round_id WHERE r.tenant_id = $1 AND r.round_id = $2`
	if err := e.db.Call(ctx, tenant, one, []any{tenant, round, beaconWait.Seconds()}, &late); err != nil {
		return fmt.Errorf("wait for the beacon of round %s: %w", round, err)
	}
	if late {
		return errBeaconLate
	}
	return ErrWaiting
}

// addBeacon says in a proof which public randomness goes, or went, into the round.
func (e *Engine) addBeacon(ctx context.Context, tenant int64, p *Proof) error {
	var err error
	p.Beacon, err = e.beaconOf(ctx, tenant, p.Round)
	return err
}

// beacon checks that the public randomness is the network's own and came after the betting window.
func (v *verifier) beacon() error {
	ref := *v.proof.Beacon
	network, err := ref.network()
	if err != nil {
		return err
	}
	hash := network.Hash()
	if err := compare(hex.EncodeToString(hash[:]), ref.Chain); err != nil {
		return err
	}
	closes, err := time.Parse(time.RFC3339Nano, v.proof.ClosesAt)
	if err != nil {
		return fmt.Errorf("the end of betting: %w", err)
	}
	if network.Due(ref.Round) <= closes.Unix() {
		return fmt.Errorf("round %d of the network was known before betting ended", ref.Round)
	}
	if v.proof.Status == models.RoundVoided && ref.Signature == "" {
		return nil
	}
	if ref.Signature == "" {
		return errPending
	}
	_, err = ref.randomness()
	return err
}

// mixed is the players' part of a draw with the proof's public randomness in it.
func (v *verifier) mixed(client string) (string, error) {
	if v.proof.Beacon == nil {
		return client, nil
	}
	randomness, err := v.proof.Beacon.randomness()
	return fairness.MixBeacon(client, randomness), err
}
