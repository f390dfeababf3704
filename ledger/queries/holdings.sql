WITH g AS (
  SELECT group_id FROM members WHERE tenant_id = $1 AND player_id = $2::bigint AND $3::bigint = 0
  UNION
  SELECT $3::bigint WHERE $3::bigint <> 0
)
SELECT a.group_id, a.asset, s.scale,
       coalesce(sum(b.posted) FILTER (WHERE a.purpose = 'player'), 0)::bigint,
       coalesce(sum(b.posted) FILTER (WHERE a.purpose = 'player_withheld'), 0)::bigint
  FROM g
  JOIN assets s ON s.kind <> 'item'
 CROSS JOIN (VALUES ('player'), ('player_withheld')) AS p (purpose)
  JOIN accounts a ON a.tenant_id = $1 AND a.group_id = g.group_id AND a.asset = s.code AND a.purpose = p.purpose AND a.owner = $2::bigint::text
  JOIN balances b ON b.tenant_id = a.tenant_id AND b.account_id = a.account_id
 GROUP BY a.group_id, a.asset, s.scale
 ORDER BY a.group_id, a.asset
