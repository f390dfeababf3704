package games_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/fairness"
	"fairground/games"
	"fairground/games/game"
	"fairground/models"
)

// played describes a round to be played without an engine.
type played struct {
	name   string
	game   string
	config string // "" for the default
	params string
	status models.RoundStatus
	bets   []game.Bet // without the opener's; Seq, Player and Seed are filled in
	takes  []int      // slots that are taken
	seed   byte       // varies the server's seed
}

func stakeOn(choice string, stake int64) game.Bet { return game.Bet{Choice: choice, Stake: stake} }

// proof plays the round and writes its proof as the engine would.
func (r played) proof(t *testing.T) games.Proof {
	t.Helper()
	g := games.Catalogue()[r.game]
	config := json.RawMessage(r.config)
	if r.config == "" {
		config = g.Info().DefaultConfig
	}
	rules, err := g.Parse(config)
	require.NoError(t, err)
	opening, err := rules.Open(json.RawMessage(r.params))
	require.NoError(t, err)
	seed := fairness.Seed(sha256.Sum256([]byte{r.seed}))
	commit := seed.Commit()
	opened := time.Date(2026, 3, 14, 15, 9, 26, 535897000, time.UTC)
	p := games.Proof{
		Format: games.ProofFormat, Round: "r_" + hex.EncodeToString(commit[:8]), Game: r.game, ConfigVersion: 1, Config: canonicalOf(t, config),
		Asset: games.AssetPoints, Status: r.status, OpenedAt: games.ProofTime(opened), ClosesAt: games.ProofTime(opened.Add(opening.Window)),
		Commit: hex.EncodeToString(commit[:]), Params: opening.Params, Bets: []game.Bet{},
	}
	sum := sha256.Sum256(p.Config)
	p.ConfigHash = hex.EncodeToString(sum[:])
	if first := opening.OpenerBet; first != nil {
		p.Bets = append(p.Bets, *first)
	}
	p.Bets = append(p.Bets, r.bets...)
	for i := range p.Bets {
		b := &p.Bets[i]
		b.Seq, b.Player, b.Seed = int64(i)+1, fmt.Sprintf("p_player%010d", i%4+1), fmt.Sprintf("lucky-%d", i)
		if r.status == models.RoundOpen {
			b.Seed = "" // hidden until the round closes
		}
		_, err := rules.CheckBet(opening, *b)
		require.NoError(t, err)
	}
	p.DrawBets = len(p.Bets)
	if opening.Slots > 0 {
		p.DrawBets = 1
	}
	for _, slot := range r.takes {
		p.Acts = append(p.Acts, game.Act{Slot: slot, Player: fmt.Sprintf("p_taker%011d", slot)})
	}
	r.finish(t, &p, rules, opening, seed)
	return p
}

// finish draws, settles or voids, as far as the status says.
func (r played) finish(t *testing.T, p *games.Proof, rules game.Rules, opening game.Opening, seed fairness.Seed) {
	t.Helper()
	if !r.status.Final() {
		return
	}
	p.ServerSeed, p.ClosedAt = seed.Hex(), p.ClosesAt
	p.SettledAt = p.ClosedAt
	outcome := game.Outcome{}
	staked, paid := int64(0), int64(0)
	if r.status == models.RoundVoided {
		p.VoidReason = "not_filled"
		for _, b := range p.Bets {
			p.Payouts = append(p.Payouts, game.Payout{Seq: b.Seq, Amount: b.Stake})
		}
	} else {
		entries := []fairness.Entry{}
		for _, b := range p.Bets[:p.DrawBets] {
			entries = append(entries, fairness.Entry{Seq: b.Seq, Player: b.Player, Seed: b.Seed})
		}
		p.ClientSeed = fairness.ClientSeed(p.Round, entries)
		var err error
		outcome, err = rules.Draw(opening, fairness.NewStream(seed, p.ClientSeed, 0))
		require.NoError(t, err)
		p.Outcome = &outcome
		p.Payouts, err = rules.Settle(opening, outcome, p.Bets, p.Acts)
		require.NoError(t, err)
	}
	for _, b := range p.Bets {
		staked += b.Stake
	}
	for _, a := range p.Acts {
		paid += outcome.Slots[a.Slot].Amount
	}
	for _, payout := range p.Payouts {
		paid += payout.Amount
	}
	p.House = staked - paid
	var err error
	p.SettlementHash, err = games.SettlementHash(p.Round, outcome, p.Payouts)
	require.NoError(t, err)
}

func canonicalOf(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := games.Canonical(v)
	require.NoError(t, err)
	return raw
}

// rounds are the fixtures; the browser's verifier is tested on the same ones.
func proofRounds() []played {
	const huge = `{"window_seconds":30,"min_stake":1,"max_stake":1000000000000,"max_bets":0,"max_exposure":0,"pays":{"big":205,"small":199,"odd":201,"even":203}}`
	const raked = `{"window_seconds":60,"min_stake":1,"max_stake":5000,"default_stake":77,"rake_bp":333}`
	const wide = `{"window_seconds":60,"min_total":1,"max_total":1000000000000,"default_total":5,"max_shares":200,"default_shares":2,"loss_bp":15001}`
	all := []game.Bet{
		stakeOn("big", 100), stakeOn("small", 100), stakeOn("odd", 10), stakeOn("even", 5000), stakeOn("triple", 50), stakeOn("sum.4", 10), stakeOn("sum.7", 20),
		stakeOn("sum.9", 30), stakeOn("sum.10", 40), stakeOn("sum.11", 50), stakeOn("sum.12", 60), stakeOn("sum.14", 70), stakeOn("big", 33),
	}
	return []played{
		{name: "dice", game: "dice", status: models.RoundSettled, bets: all, seed: 1},
		{name: "dice-triple", game: "dice", status: models.RoundSettled, bets: all, seed: 102},
		{name: "dice-huge", game: "dice", config: huge, status: models.RoundSettled, bets: []game.Bet{
			stakeOn("big", 999_999_999_999), stakeOn("small", 777_777_777_777), stakeOn("odd", 999_999_999_991), stakeOn("even", 123_456_789_012),
		}, seed: 3},
		{name: "dice-open", game: "dice", status: models.RoundOpen, bets: all[:3], seed: 4},
		{name: "dice-closed", game: "dice", status: models.RoundClosed, bets: all[:3], seed: 15},
		{name: "dice-voided", game: "dice", status: models.RoundVoided, bets: all[:3], seed: 5},
		{name: "duel", game: "duel", params: `{"stake":250}`, status: models.RoundSettled, bets: []game.Bet{stakeOn("tails", 250)}, seed: 6},
		{name: "duel-raked", game: "duel", config: raked, status: models.RoundSettled, bets: []game.Bet{stakeOn("tails", 77)}, seed: 2},
		{name: "duel-voided", game: "duel", status: models.RoundVoided, seed: 8},
		{name: "redpacket", game: "redpacket", params: `{"total":888,"shares":8}`, status: models.RoundSettled, takes: []int{0, 1, 2, 4}, seed: 10},
		{name: "redpacket-equal", game: "redpacket", params: `{"mode":"equal","total":100,"shares":7}`, status: models.RoundSettled, takes: []int{0, 1, 2, 3, 4, 5, 6}, seed: 11},
		{name: "redpacket-mine", game: "redpacket", params: `{"mode":"mine","total":500,"shares":10,"mine":3}`, status: models.RoundSettled, takes: []int{0, 1, 2}, seed: 50},
		{name: "redpacket-huge", game: "redpacket", config: wide, params: `{"mode":"mine","total":999999999989,"shares":40,"mine":7}`, status: models.RoundSettled, takes: []int{3, 9}, seed: 13},
		{name: "redpacket-open", game: "redpacket", params: `{}`, status: models.RoundOpen, seed: 14},
	}
}
