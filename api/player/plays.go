package player

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"fairground/api/gen"
	"fairground/games"
)

// Play takes a stake in an instant game, draws and pays. Membership is checked in the same transaction as the rest.
func (s *Server) Play(ctx context.Context, r gen.PlayRequestObject) (gen.PlayResponseObject, error) {
	c, g, err := s.inGroup(ctx, r.Group)
	if err != nil {
		return nil, err
	}
	p, err := s.engine.Play(ctx, games.PlayRequest{
		Tenant: c.Tenant, Group: g.ID, Player: c.Player, Game: r.Body.Game, Choice: r.Body.Choice, Stake: r.Body.Stake, Key: r.Params.IdempotencyKey,
	})
	if err != nil {
		return nil, err
	}
	return gen.Play201JSONResponse{
		Body: gen.PlayReceipt{
			Play: p.ID, Game: p.Game, ConfigVersion: int64(p.ConfigVersion), Choice: p.Choice, Stake: points(p.Stake), Payout: points(p.Payout), Jackpot: won(p.Jackpot),
			Balance: points(p.Balance), Outcome: p.Outcome.Data, Report: reported(p.Report), Chain: p.Chain, Index: seedIndex(p.Index), Nonce: p.Nonce, PlayedAt: p.At,
		},
		Headers: gen.Play201ResponseHeaders{IdempotencyReplayed: p.Replayed},
	}, nil
}

// won is what a play won of the group's pot, if anything.
func won(amount int64) *gen.Amount {
	if amount == 0 {
		return nil
	}
	a := points(amount)
	return &a
}

// GetPlay shows one of the caller's own plays.
func (s *Server) GetPlay(ctx context.Context, r gen.GetPlayRequestObject) (gen.GetPlayResponseObject, error) {
	c := callerOf(ctx)
	p, err := s.engine.PlayView(ctx, c.Tenant, c.Player, r.Play)
	if err != nil {
		return nil, err
	}
	return gen.GetPlay200JSONResponse{
		Play: p.ID, Group: p.Group, Game: p.Game, ConfigVersion: int64(p.ConfigVersion), Choice: p.Choice, Stake: points(p.Stake), Payout: points(p.Payout),
		Jackpot: won(p.Jackpot), Outcome: p.Outcome.Data, Report: reported(p.Report), Chain: p.Chain, Index: seedIndex(p.Index), Nonce: p.Nonce, PlayedAt: p.At, Revealed: p.Revealed,
	}, nil
}

// playProofAnswer writes a play's proof. Once the seed is revealed it never changes.
type playProofAnswer struct {
	body  []byte
	cache string
}

// VisitGetPlayProofResponse implements the generated response.
func (a playProofAnswer) VisitGetPlayProofResponse(w http.ResponseWriter) error {
	w.Header().Set("Cache-Control", a.cache)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(a.body)
	return err
}

// GetPlayProof publishes all that is needed to recompute an instant play.
func (s *Server) GetPlayProof(ctx context.Context, r gen.GetPlayProofRequestObject) (gen.GetPlayProofResponseObject, error) {
	proof, err := s.engine.PlayProof(ctx, r.Play)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(proof)
	if err != nil {
		return nil, fmt.Errorf("render a proof: %w", err)
	}
	a := playProofAnswer{body: append(body, '\n'), cache: "public, max-age=1"}
	if proof.ServerSeed != "" {
		a.cache = "public, max-age=31536000, immutable"
	}
	return a, nil
}

// GetChain publishes the commitments of a chain.
func (s *Server) GetChain(ctx context.Context, r gen.GetChainRequestObject) (gen.GetChainResponseObject, error) {
	chain, err := s.engine.Chain(ctx, r.Chain)
	if err != nil {
		return nil, err
	}
	return gen.GetChain200JSONResponse(chain), nil
}

// GetMySeed shows what the caller's next instant play is drawn from.
func (s *Server) GetMySeed(ctx context.Context, _ gen.GetMySeedRequestObject) (gen.GetMySeedResponseObject, error) {
	c := callerOf(ctx)
	state, err := s.engine.Seeds(ctx, c.Tenant, c.Player)
	if err != nil {
		return nil, err
	}
	return gen.GetMySeed200JSONResponse(seedState(state)), nil
}

// RotateMySeed reveals the server seed of the caller's plays and takes the next one.
func (s *Server) RotateMySeed(ctx context.Context, r gen.RotateMySeedRequestObject) (gen.RotateMySeedResponseObject, error) {
	c := callerOf(ctx)
	in := games.RotateRequest{Tenant: c.Tenant, Player: c.Player, Key: r.Params.IdempotencyKey}
	if r.Body.ClientSeed != nil {
		in.ClientSeed = *r.Body.ClientSeed
	}
	rotation, err := s.engine.RotateSeed(ctx, in)
	if err != nil {
		return nil, err
	}
	shown := rotation.Revealed
	return gen.RotateMySeed200JSONResponse{
		Body: gen.RotatedSeed{
			Revealed: gen.RevealedSeed{
				Chain: shown.Chain, Index: seedIndex(shown.Index), ServerSeed: shown.ServerSeed, Commit: shown.Commit, ClientSeed: shown.ClientSeed, Nonces: shown.Nonces,
			},
			Now: seedState(rotation.Now),
		},
		Headers: gen.RotateMySeed200ResponseHeaders{IdempotencyReplayed: rotation.Replayed},
	}, nil
}

func seedState(s games.SeedState) gen.SeedState {
	return gen.SeedState{Chain: s.Chain, Index: seedIndex(s.Index), Commit: s.Commit, ClientSeed: s.ClientSeed, Nonce: s.Nonce, NextCommit: s.NextCommit}
}

func seedIndex(i int) int32 {
	return int32(i) //nolint:gosec // a chain has few seeds
}

// reported leaves out what a game without a report has not.
func reported(report json.RawMessage) *json.RawMessage {
	if report == nil {
		return nil
	}
	return &report
}
