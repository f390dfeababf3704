-- Offenders: withdrawals without their hold or with another one, holds named like a withdrawal that is none, and
-- open holds of cash that no withdrawal stands for: nothing else holds cash.
SELECT 'withdrawal without its hold' AS problem, w.withdrawal_id, w.amount
  FROM withdrawals w
 WHERE w.tenant_id = $1
   AND NOT EXISTS (SELECT 1 FROM holds h
                     JOIN accounts a ON a.tenant_id = $1 AND a.account_id = h.account_id AND a.purpose = 'player'
                      AND a.owner = w.player_id::text AND a.group_id = w.group_id AND a.asset = w.asset
                    WHERE h.tenant_id = $1 AND h.hold_id = w.withdrawal_id AND h.amount = w.amount)
UNION ALL
SELECT 'hold without its withdrawal', h.hold_id, h.amount
  FROM holds h
 WHERE h.tenant_id = $1 AND h.hold_id LIKE 'w\_%'
   AND NOT EXISTS (SELECT 1 FROM withdrawals w WHERE w.tenant_id = $1 AND w.withdrawal_id = h.hold_id)
UNION ALL
SELECT 'cash held for nothing', h.hold_id, h.amount
  FROM holds h
  JOIN accounts a ON a.tenant_id = $1 AND a.account_id = h.account_id
  JOIN assets s ON s.code = a.asset AND s.kind = 'cash'
 WHERE h.tenant_id = $1 AND h.hold_id NOT LIKE 'w\_%'
   AND NOT EXISTS (SELECT 1 FROM hold_resolutions r WHERE r.tenant_id = $1 AND r.hold_id = h.hold_id)
