-- Offenders: final rounds without a settlement, settlements of rounds that are not final or
-- whose transfer is missing or whose payouts do not add up, a second paying transfer, and
-- postings that pay somebody else, or the house something else, than the settlement says.
WITH said AS (
  SELECT s.round_id, s.transfer_id, a.account_id, sum(u.payout)::bigint AS amount
    FROM settlements s
    CROSS JOIN LATERAL unnest(s.bet_ids, s.payouts) AS u(bet_id, payout)
    JOIN rounds r ON r.tenant_id = $1 AND r.round_id = s.round_id
    JOIN bets b ON b.tenant_id = $1 AND b.round_id = s.round_id AND b.bet_id = u.bet_id
    JOIN accounts a ON a.tenant_id = $1 AND a.group_id = r.group_id AND a.asset = r.asset AND a.purpose = 'player' AND a.owner = b.player_id::text
   WHERE s.tenant_id = $1
   GROUP BY s.round_id, s.transfer_id, a.account_id
), paid AS (
  SELECT s.round_id, s.transfer_id, p.to_account AS account_id, sum(p.amount)::bigint AS amount
    FROM settlements s
    JOIN rounds r ON r.tenant_id = $1 AND r.round_id = s.round_id
    JOIN postings p ON p.tenant_id = $1 AND p.transfer_id = s.transfer_id AND p.from_account = r.escrow_id
    JOIN accounts a ON a.tenant_id = $1 AND a.account_id = p.to_account AND a.purpose = 'player'
   WHERE s.tenant_id = $1
   GROUP BY s.round_id, s.transfer_id, p.to_account
), kept AS (
  SELECT s.round_id, coalesce(sum(CASE WHEN p.from_account = r.escrow_id THEN p.amount ELSE -p.amount END) FILTER (WHERE a.purpose IN ('issuer', 'house')), 0)::bigint AS amount
    FROM settlements s
    JOIN rounds r ON r.tenant_id = $1 AND r.round_id = s.round_id
    LEFT JOIN postings p ON p.tenant_id = $1 AND p.transfer_id = s.transfer_id
    LEFT JOIN accounts a ON a.tenant_id = $1 AND a.account_id = CASE WHEN p.from_account = r.escrow_id THEN p.to_account ELSE p.from_account END
   WHERE s.tenant_id = $1
   GROUP BY s.round_id
)
SELECT 'round without settlement' AS problem, r.round_id, r.status, NULL::bigint AS transfer_id
  FROM rounds r
 WHERE r.tenant_id = $1 AND r.status IN ('settled', 'voided')
   AND NOT EXISTS (SELECT 1 FROM settlements s WHERE s.tenant_id = $1 AND s.round_id = r.round_id)
UNION ALL
SELECT 'settlement', s.round_id, r.status, s.transfer_id
  FROM settlements s
  LEFT JOIN rounds r ON r.tenant_id = $1 AND r.round_id = s.round_id
 WHERE s.tenant_id = $1
   AND (r.round_id IS NULL OR r.status NOT IN ('settled', 'voided')
        OR s.paid <> (SELECT coalesce(sum(x), 0) FROM unnest(s.payouts) AS x)
        OR (s.transfer_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM transfers t WHERE t.tenant_id = $1 AND t.transfer_id = s.transfer_id)))
UNION ALL
SELECT 'second settlement', r.round_id, r.status, t.transfer_id
  FROM transfers t
  JOIN rounds r ON r.tenant_id = $1 AND r.round_id = t.ref
 WHERE t.tenant_id = $1 AND t.kind IN ('settle', 'void')
   AND NOT EXISTS (SELECT 1 FROM settlements s WHERE s.tenant_id = $1 AND s.round_id = r.round_id AND s.transfer_id = t.transfer_id)
UNION ALL
SELECT DISTINCT 'payout', coalesce(said.round_id, paid.round_id), r.status, coalesce(said.transfer_id, paid.transfer_id)
  FROM said FULL JOIN paid ON paid.round_id = said.round_id AND paid.account_id = said.account_id
  LEFT JOIN rounds r ON r.tenant_id = $1 AND r.round_id = coalesce(said.round_id, paid.round_id)
 WHERE said.amount IS DISTINCT FROM paid.amount
UNION ALL
SELECT 'house', s.round_id, r.status, s.transfer_id
  FROM settlements s
  JOIN rounds r ON r.tenant_id = $1 AND r.round_id = s.round_id
  JOIN kept k ON k.round_id = s.round_id
 WHERE s.tenant_id = $1
   AND s.house <> k.amount - CASE WHEN r.bank = 'house' AND r.asset <> 'points' THEN r.max_exposure ELSE 0 END
