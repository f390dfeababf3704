-- Offenders: paid withdrawals of which neither the gateway nor a person said so, and ended ones that the gateway paid unless
-- a person has accepted that by resolving its incident: until the gateway says so once more.
SELECT w.withdrawal_id, w.status, w.amount, g.words
  FROM withdrawals w
 CROSS JOIN LATERAL (SELECT count(*) AS words FROM payout_answers a WHERE a.tenant_id = $1 AND a.withdrawal_id = w.withdrawal_id AND a.state = 'paid') AS g
 WHERE w.tenant_id = $1
   AND (w.status = 'paid') <> (
         g.words > 0
         OR EXISTS (SELECT 1 FROM withdrawal_events e JOIN withdrawal_decisions d ON d.tenant_id = $1 AND d.decision_id = e.decision_id
                     WHERE e.tenant_id = $1 AND e.withdrawal_id = w.withdrawal_id AND d.verdict = 'pay_confirmed'))
   AND NOT (w.status <> 'paid' AND EXISTS (SELECT 1 FROM accepted_findings f WHERE f.tenant_id = $1 AND f.scope = 'W4'
              AND f.finding = jsonb_build_object('withdrawal_id', w.withdrawal_id, 'words', g.words)))
