-- Offenders: paid withdrawals of which neither the gateway nor a person said so, and ended ones that the gateway paid.
SELECT w.withdrawal_id, w.status, w.amount
  FROM withdrawals w
 WHERE w.tenant_id = $1
   AND (w.status = 'paid') <> (
         EXISTS (SELECT 1 FROM payout_answers a WHERE a.tenant_id = $1 AND a.withdrawal_id = w.withdrawal_id AND a.state = 'paid')
         OR EXISTS (SELECT 1 FROM withdrawal_events e JOIN withdrawal_decisions d ON d.tenant_id = $1 AND d.decision_id = e.decision_id
                     WHERE e.tenant_id = $1 AND e.withdrawal_id = w.withdrawal_id AND d.verdict = 'pay_confirmed'))
