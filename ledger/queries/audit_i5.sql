-- Offenders: final rounds without a settlement, settlements of rounds that are not final or
-- whose transfer is missing or whose payouts do not add up, and a second paying transfer.
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
