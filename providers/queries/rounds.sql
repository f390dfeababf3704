-- Newest first. $2 provider, $3 below this number, $4 player (0: all), $5 round (empty: all), $6 open ones only, $7 limit.
SELECT r.seq, r.round, r.game, p.public_id, g.public_id, r.asset, a.scale, r.staked, r.won, r.returned,
       r.opened_at, r.closed_at, r.closed_by
  FROM provider_rounds r
  JOIN players p ON p.tenant_id = $1 AND p.player_id = r.player_id
  JOIN groups g ON g.tenant_id = $1 AND g.group_id = r.group_id
  JOIN assets a ON a.code = r.asset
 WHERE r.tenant_id = $1 AND r.provider_id = $2 AND r.seq < $3
   AND ($4 = 0 OR r.player_id = $4) AND ($5 = '' OR r.round = $5) AND (NOT $6 OR r.closed_at IS NULL)
 ORDER BY r.seq DESC
 LIMIT $7
