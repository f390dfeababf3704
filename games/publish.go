package games

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"fairground/games/game"
	"fairground/models"
)

// Proof is a round's public proof. Before the draw may be known it holds the commitment and the
// bets only. It needs no tenant: the directory knows the round. It returns ErrRoundNotFound.
func (e *Engine) Proof(ctx context.Context, round string) (Proof, error) {
	tenant, err := e.tenantOf(ctx, round)
	if err != nil {
		return Proof{}, err
	}
	f, err := e.load(ctx, tenant, round)
	if err != nil {
		return Proof{}, err
	}
	p := Proof{
		Format: ProofFormat, Round: f.row.ID, Game: f.row.Game, ConfigVersion: f.row.ConfigVersion, Config: f.config.Config,
		ConfigHash: f.config.Hash, Asset: f.row.Asset, Status: f.row.Status, OpenedAt: ProofTime(f.row.OpensAt), ClosesAt: ProofTime(f.row.ClosesAt),
		Commit: hex.EncodeToString(f.row.CommitHash), Params: f.row.Params, Bets: f.publicBets(), DrawBets: f.drawBets(),
	}
	if f.row.ClosedAt != nil {
		p.ClosedAt = ProofTime(*f.row.ClosedAt)
	}
	if f.row.VoidReason != nil {
		p.VoidReason = *f.row.VoidReason
	}
	if err := e.addChain(ctx, tenant, &p); err != nil {
		return Proof{}, err
	}
	if err := e.addBeacon(ctx, tenant, &p); err != nil {
		return Proof{}, err
	}
	if err := e.addJackpot(ctx, &f, &p); err != nil {
		return Proof{}, err
	}
	if f.row.Seed == nil {
		return p, nil
	}
	p.ServerSeed = hex.EncodeToString(f.row.Seed)
	if f.row.ClientSeed != nil {
		p.ClientSeed = *f.row.ClientSeed
	}
	if f.row.Status != models.RoundVoided {
		p.Outcome, p.Acts, p.External = &f.outcome, f.acts, f.external()
	}
	return p, e.addSettlement(ctx, &f, &p)
}

// external is the value that decided the round, nil if its seeds did.
func (f *frozen) external() *External {
	if f.row.External == nil {
		return nil
	}
	out := &External{Source: game.Source(f.row.Source), Value: *f.row.External}
	if f.row.ExternalMsg != nil {
		out.Message = *f.row.ExternalMsg
	}
	return out
}

// publicBets are the bets as anybody may see them: while the round is open, without the seeds
// that will decide it.
func (f *frozen) publicBets() []game.Bet {
	bets := f.gameBets()
	if f.row.Status == models.RoundOpen {
		for i := range bets {
			bets[i].Seed = ""
		}
	}
	return bets
}

func (e *Engine) addSettlement(ctx context.Context, f *frozen, p *Proof) error {
	if !f.row.Status.Final() {
		return nil
	}
	var ids, payouts []int64
	const one = `SELECT bet_ids, payouts, house, hash FROM settlements WHERE tenant_id = $1 AND round_id = $2`
	err := e.db.Call(ctx, f.row.TenantID, one, []any{f.row.TenantID, f.row.ID}, &ids, &payouts, &p.House, &p.SettlementHash)
	if err != nil {
		return fmt.Errorf("read the settlement of round %s: %w", f.row.ID, err)
	}
	p.SettledAt = ProofTime(*f.row.SettledAt)
	seqs := make(map[int64]int64, len(f.bets))
	for i, b := range f.bets {
		seqs[b.id] = int64(i) + 1
	}
	p.Payouts = make([]game.Payout, len(ids))
	for i, id := range ids {
		p.Payouts[i] = game.Payout{Seq: seqs[id], Amount: payouts[i]}
	}
	return nil
}

// tenantOf is the tenant a round belongs to. It returns ErrRoundNotFound.
func (e *Engine) tenantOf(ctx context.Context, round string) (int64, error) {
	var tenant int64
	err := e.db.Global(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT tenant_id FROM directory WHERE kind = 'round' AND key = $1`, round).Scan(&tenant)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, ErrRoundNotFound
	}
	if err != nil {
		return 0, fmt.Errorf("find the tenant of round %s: %w", round, err)
	}
	return tenant, nil
}

// TenantOf is the tenant a public round id belongs to. It returns ErrRoundNotFound.
func (e *Engine) TenantOf(ctx context.Context, round string) (int64, error) {
	return e.tenantOf(ctx, round)
}
