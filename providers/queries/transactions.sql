-- Newest first. $2 provider, $3 below this number, $4 player (0: all), $5 round (empty: all), $6 limit.
SELECT t.seq, t.uuid, t.kind, t.reference, t.round, t.game, p.public_id, g.public_id, l.alias, t.asset, a.scale, t.amount, t.balance,
       CASE WHEN t.kind = 'rollback' THEN CASE WHEN t.transfer_id IS NULL THEN 'remembered' ELSE 'returned' END
            WHEN r.reference IS NOT NULL THEN 'rolled_back' ELSE 'posted' END, t.at
  FROM provider_transactions t
  JOIN players p ON p.tenant_id = $1 AND p.player_id = t.player_id
  JOIN groups g ON g.tenant_id = $1 AND g.group_id = t.group_id
  JOIN provider_players l ON l.tenant_id = $1 AND l.provider_id = t.provider_id AND l.player_id = t.player_id
  JOIN assets a ON a.code = t.asset
  LEFT JOIN provider_rollbacks r ON r.tenant_id = $1 AND r.provider_id = t.provider_id AND r.player_id = t.player_id AND r.reference = t.uuid
 WHERE t.tenant_id = $1 AND t.provider_id = $2 AND t.seq < $3 AND ($4 = 0 OR t.player_id = $4) AND ($5 = '' OR t.round = $5)
 ORDER BY t.seq DESC
 LIMIT $6
