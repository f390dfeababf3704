-- Versions of a game's config, newest first.
-- $1 tenant, $2 game, $3 a version or 0 for all, $4 limit
WITH live AS MATERIALIZED (
  SELECT c.version FROM game_configs c WHERE c.tenant_id = $1 AND c.game = $2 AND c.effective_at <= clock_timestamp()
     AND NOT EXISTS (SELECT 1 FROM config_cancellations x WHERE x.tenant_id = $1 AND x.game = $2 AND x.version = c.version)
   ORDER BY c.effective_at DESC, c.version DESC LIMIT 1)
SELECT c.game, c.version, c.config, c.hash, c.origin, coalesce(c.restores, 0), coalesce(c.draft_id, ''), coalesce(author.public_id, ''),
       coalesce(approver.public_id, ''), c.created_at, greatest(c.effective_at, c.created_at), x.cancelled_at,
       c.version = (SELECT version FROM live), x.cancelled_at IS NULL AND c.effective_at > clock_timestamp()
  FROM game_configs c
  LEFT JOIN config_cancellations x ON x.tenant_id = c.tenant_id AND x.game = c.game AND x.version = c.version
  LEFT JOIN operators author ON author.tenant_id = c.tenant_id AND author.operator_id = c.drafted_by
  LEFT JOIN operators approver ON approver.tenant_id = c.tenant_id AND approver.operator_id = c.approved_by
 WHERE c.tenant_id = $1 AND c.game = $2 AND ($3 = 0 OR c.version = $3)
 ORDER BY c.version DESC
 LIMIT $4
