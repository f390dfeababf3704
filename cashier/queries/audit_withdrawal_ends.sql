-- Offenders: withdrawals whose hold ended another way than they did. What was paid must lie in the clearing account of the
-- withdrawal's gateway.
SELECT w.withdrawal_id, w.status, w.amount, r.resolution
  FROM withdrawals w
  LEFT JOIN hold_resolutions r ON r.tenant_id = $1 AND r.hold_id = w.withdrawal_id
 WHERE w.tenant_id = $1
   AND (r.resolution IS DISTINCT FROM CASE WHEN w.status = 'paid' THEN 'posted'
                                           WHEN w.status IN ('rejected', 'cancelled', 'expired', 'failed') THEN 'voided' END
        OR (w.ended_at IS NULL) <> (r.hold_id IS NULL)
        OR (w.status = 'paid' AND NOT EXISTS (
              SELECT 1 FROM postings p
                JOIN accounts a ON a.tenant_id = $1 AND a.account_id = p.to_account AND a.purpose = 'clearing' AND a.owner = w.gateway
               WHERE p.tenant_id = $1 AND p.transfer_id = r.transfer_id AND p.amount = w.amount)))
