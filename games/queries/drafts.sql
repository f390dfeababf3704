-- Drafts of a tenant, newest first, each with its latest simulation and the limits of now.
-- $1 tenant, $2 draft id or '', $3 game or '', $4 status or '', $5 before this seq or 0, $6 limit
SELECT d.seq, d.draft_id, d.game, d.status, d.base_version, d.config, d.hash, coalesce(d.restores, 0), d.reason, author.public_id, d.created_at,
       coalesce(decider.public_id, ''), d.decided_at, coalesce(d.decision_reason, ''), coalesce(d.version, 0), d.effective_at,
       coalesce(s.method, ''), coalesce(s.exact, false), coalesce(s.rounds, 0), coalesce(s.seed, ''), coalesce(s.returns, '[]'),
       coalesce(s.public_id, ''), s.simulated_at, coalesce(l.min_ppm, 0), coalesce(l.max_ppm, 1000000)
  FROM config_drafts d
  JOIN operators author ON author.tenant_id = d.tenant_id AND author.operator_id = d.created_by
  LEFT JOIN operators decider ON decider.tenant_id = d.tenant_id AND decider.operator_id = d.decided_by
  LEFT JOIN game_limits l ON l.tenant_id = d.tenant_id AND l.game = d.game
  LEFT JOIN LATERAL (
    SELECT x.method, x.exact, x.rounds, x.seed, x.returns, o.public_id, x.simulated_at
      FROM config_simulations x JOIN operators o ON o.tenant_id = x.tenant_id AND o.operator_id = x.operator_id
     WHERE x.tenant_id = d.tenant_id AND x.draft_id = d.draft_id AND x.hash = d.hash
     ORDER BY x.simulation_id DESC LIMIT 1) s ON true
 WHERE d.tenant_id = $1 AND ($2 = '' OR d.draft_id = $2) AND ($3 = '' OR d.game = $3) AND ($4 = '' OR d.status = $4) AND ($5 = 0 OR d.seq < $5)
 ORDER BY d.seq DESC
 LIMIT $6
