-- Adjustments and reversals, newest first. $2 cursor (0: from the top), $3 id, $4 kind, $5 status, $6 group, $7 player,
-- $8 asset, $9 maker (public ids), $10 limit.
WITH a AS (
  SELECT *, CASE WHEN status = 'pending' AND expires_at <= clock_timestamp() THEN 'expired' ELSE status END AS now_status
    FROM adjustments WHERE tenant_id = $1)
SELECT a.seq, a.adjustment_id, a.kind, g.public_id, coalesce(p.public_id, ''), a.asset, a.amount, coalesce(a.original_id, 0), a.reason_code, a.reason,
       a.now_status, a.alone, r.public_id, r.name, a.requested_at, a.expires_at, coalesce(v.public_id, ''), coalesce(c.public_id, ''), a.closed_at,
       a.closed_reason, coalesce(a.transfer_id, 0), a.debt
  FROM a
  JOIN groups g ON g.tenant_id = $1 AND g.group_id = a.group_id
  JOIN operators r ON r.tenant_id = $1 AND r.operator_id = a.requested_by
  LEFT JOIN players p ON p.tenant_id = $1 AND p.player_id = a.player_id
  LEFT JOIN operators v ON v.tenant_id = $1 AND v.operator_id = a.approved_by
  LEFT JOIN operators c ON c.tenant_id = $1 AND c.operator_id = a.closed_by
 WHERE ($2::bigint = 0 OR a.seq < $2)
   AND ($3 = '' OR a.adjustment_id = $3)
   AND ($4 = '' OR a.kind = $4)
   AND ($5 = '' OR a.now_status = $5)
   AND ($6 = '' OR g.public_id = $6)
   AND ($7 = '' OR p.public_id = $7)
   AND ($8 = '' OR a.asset = $8)
   AND ($9 = '' OR r.public_id = $9)
 ORDER BY a.seq DESC
 LIMIT $10
