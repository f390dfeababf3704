-- Offenders: withdrawals that came past their reviews without them. The reviewers of both stages must differ over all cycles,
-- and none may be the player.
SELECT 'reviews missing' AS problem, w.withdrawal_id, w.status, w.reviews, count(d.decision_id) AS approvals
  FROM withdrawals w
  LEFT JOIN withdrawal_decisions d ON d.tenant_id = $1 AND d.withdrawal_id = w.withdrawal_id AND d.cycle = w.cycle
   AND d.verdict = 'approve'
 WHERE w.tenant_id = $1
   AND EXISTS (SELECT 1 FROM withdrawal_events e WHERE e.tenant_id = $1 AND e.withdrawal_id = w.withdrawal_id AND e.to_status = 'approved')
 GROUP BY w.withdrawal_id, w.status, w.reviews
HAVING count(DISTINCT d.operator_id) < w.reviews
UNION ALL
SELECT 'one person in both stages', i.withdrawal_id, NULL, NULL, NULL
  FROM withdrawal_decisions i
  JOIN withdrawal_decisions s ON s.tenant_id = $1 AND s.withdrawal_id = i.withdrawal_id AND s.stage = 'secondary' AND s.operator_id = i.operator_id
 WHERE i.tenant_id = $1 AND i.stage = 'initial'
UNION ALL
SELECT 'own withdrawal', w.withdrawal_id, w.status, NULL, NULL
  FROM withdrawal_decisions d
  JOIN withdrawals w ON w.tenant_id = $1 AND w.withdrawal_id = d.withdrawal_id
 WHERE d.tenant_id = $1
   AND (SELECT telegram_id FROM players p WHERE p.tenant_id = $1 AND p.player_id = w.player_id) IN (
         SELECT d.operator_telegram UNION ALL
         SELECT o.telegram_id FROM operator_telegrams o WHERE o.tenant_id = $1 AND o.operator_id = d.operator_id AND o.linked_at <= d.decided_at)
