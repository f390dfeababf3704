-- Offenders: pots whose balance is not what their draws say, pots of no jackpot, draws that do not follow each other or whose
-- transfer moves something else, and what a pot paid to somebody other than the winner.
WITH d AS (
  SELECT jackpot_id, ref, source, pot_before, carry_before, contribution, winner_id, bet_id, amount, seeded, transfer_id FROM jackpot_draws WHERE tenant_id = $1
), j AS (
  SELECT jackpot_id, group_id, account_id FROM jackpots WHERE tenant_id = $1
), moved AS (
  SELECT d.ref, coalesce(sum(p.amount) FILTER (WHERE p.to_account = j.account_id), 0) AS came, coalesce(sum(p.amount) FILTER (WHERE p.from_account = j.account_id), 0) AS went,
         coalesce(sum(p.amount) FILTER (WHERE p.from_account = j.account_id AND a.purpose = 'player' AND a.owner = d.winner_id::text), 0) AS won
    FROM d JOIN j ON j.jackpot_id = d.jackpot_id
    JOIN postings p ON p.tenant_id = $1 AND p.transfer_id = d.transfer_id
    LEFT JOIN accounts a ON a.tenant_id = $1 AND a.account_id = p.to_account
   GROUP BY d.ref
)
SELECT 'balance' AS problem, a.account_id, a.owner AS jackpot_id, NULL AS ref, b.posted, coalesce(s.total, 0)::numeric AS draws
  FROM accounts a
  LEFT JOIN balances b ON b.tenant_id = $1 AND b.account_id = a.account_id
  LEFT JOIN j ON j.account_id = a.account_id
  LEFT JOIN (SELECT jackpot_id, sum(contribution + seeded - amount) AS total FROM d GROUP BY jackpot_id) s ON s.jackpot_id = j.jackpot_id
 WHERE a.tenant_id = $1 AND a.purpose = 'jackpot' AND (j.jackpot_id IS NULL OR b.posted IS DISTINCT FROM coalesce(s.total, 0))
UNION ALL
SELECT 'draw', j.account_id, d.jackpot_id, d.ref, coalesce(m.came, 0) - coalesce(m.went, 0), d.contribution + d.seeded - d.amount
  FROM d
  LEFT JOIN j ON j.jackpot_id = d.jackpot_id
  LEFT JOIN moved m ON m.ref = d.ref
 WHERE j.jackpot_id IS NULL OR coalesce(m.came, 0) <> d.contribution + d.seeded OR coalesce(m.went, 0) <> d.amount OR coalesce(m.won, 0) <> d.amount
    OR (d.winner_id IS NOT NULL AND d.amount <> d.pot_before + d.contribution)
UNION ALL
SELECT 'round without draw', j.account_id, r.jackpot_id, r.round_id, NULL, NULL
  FROM rounds r
  LEFT JOIN j ON j.jackpot_id = r.jackpot_id
 WHERE r.tenant_id = $1 AND r.jackpot_id IS NOT NULL AND r.status = 'settled' AND NOT EXISTS (SELECT 1 FROM d WHERE d.ref = r.round_id)
