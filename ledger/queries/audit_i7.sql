-- Offenders: accepted keys without their transfer, transfers that no key or two keys
-- account for, and bets, plays and claims that differ from what was posted for them. The exposure a
-- house reserves goes with the key of its round's opening.
WITH keys AS (SELECT scope, key, transfer_id FROM idem WHERE tenant_id = $1 AND accepted),
     t AS (SELECT transfer_id, kind, ref FROM transfers WHERE tenant_id = $1)
SELECT 'key without transfer' AS problem, k.scope, k.key, k.transfer_id
  FROM keys k
 WHERE NOT EXISTS (SELECT 1 FROM t WHERE t.transfer_id = k.transfer_id)
UNION ALL
SELECT 'transfer without key', t.kind, t.ref, t.transfer_id
  FROM t
 WHERE t.kind <> 'round.exposure' AND NOT EXISTS (SELECT 1 FROM keys k WHERE k.transfer_id = t.transfer_id)
UNION ALL
SELECT 'transfer of several keys', min(k.scope), min(k.key), k.transfer_id
  FROM keys k
 GROUP BY k.transfer_id
HAVING count(*) > 1
UNION ALL
SELECT 'bet against posting', 'bet', b.round_id || '/' || b.bet_id, b.transfer_id
  FROM bets b
  JOIN rounds r ON r.tenant_id = $1 AND r.round_id = b.round_id
 WHERE b.tenant_id = $1
   AND NOT EXISTS (SELECT 1 FROM postings p
                     JOIN accounts a ON a.tenant_id = $1 AND a.account_id = p.from_account AND a.purpose = 'player' AND a.owner = b.player_id::text
                    WHERE p.tenant_id = $1 AND p.transfer_id = b.transfer_id AND p.to_account = r.escrow_id AND p.amount = b.stake)
UNION ALL
SELECT 'play against posting', 'play', y.chain_id || '/' || y.seed_index || '/' || y.nonce, y.transfer_id
  FROM plays y
  JOIN accounts a ON a.tenant_id = $1 AND a.group_id = y.group_id AND a.asset = 'points' AND a.purpose = 'player' AND a.owner = y.player_id::text
  LEFT JOIN LATERAL (SELECT count(*) AS postings, coalesce(sum(p.amount) FILTER (WHERE p.from_account = a.account_id AND o.purpose = 'issuer'), 0) AS staked,
                            coalesce(sum(p.amount) FILTER (WHERE p.to_account = a.account_id AND o.purpose = 'issuer'), 0) AS paid
                       FROM postings p
                       JOIN accounts o ON o.tenant_id = $1 AND o.account_id = CASE WHEN p.from_account = a.account_id THEN p.to_account ELSE p.from_account END
                      WHERE p.tenant_id = $1 AND p.transfer_id = y.transfer_id) s ON true
 WHERE y.tenant_id = $1
   AND (s.staked <> y.stake OR s.paid <> y.payout OR s.postings <> CASE WHEN y.payout > 0 THEN 2 ELSE 1 END)
UNION ALL
SELECT 'transfer without its one play', t.kind, t.ref, t.transfer_id
  FROM t
  LEFT JOIN plays y ON y.tenant_id = $1 AND y.transfer_id = t.transfer_id
 WHERE t.kind = 'play'
 GROUP BY t.kind, t.ref, t.transfer_id
HAVING count(y.nonce) <> 1
UNION ALL
SELECT 'transfer without its one bet', t.kind, t.ref, t.transfer_id
  FROM t
  LEFT JOIN bets b ON b.tenant_id = $1 AND b.transfer_id = t.transfer_id
 WHERE t.kind = 'bet'
 GROUP BY t.kind, t.ref, t.transfer_id
HAVING count(b.bet_id) <> 1
UNION ALL
SELECT 'transfer without its one claim', t.kind, t.ref, t.transfer_id
  FROM t
  LEFT JOIN round_slots s ON s.tenant_id = $1 AND s.round_id = t.ref AND s.transfer_id = t.transfer_id
 WHERE t.kind = 'claim'
 GROUP BY t.kind, t.ref, t.transfer_id
HAVING count(s.slot) <> 1
