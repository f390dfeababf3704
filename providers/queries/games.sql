-- $2 one provider, or all when it is empty.
SELECT provider_id, game, title, launch_url, asset, min_stake, max_stake, enabled
  FROM provider_games
 WHERE tenant_id = $1 AND ($2 = '' OR provider_id = $2)
 ORDER BY provider_id, title, game
