-- Offenders: deposits whose status is not what their payment, their quarantine and their history say, and payments in
-- quarantine without their entry.
SELECT 'deposit against payment' AS problem, d.deposit_id AS id, d.status, coalesce(y.outcome, '') AS outcome
  FROM deposits d
  LEFT JOIN deposit_payments y ON y.tenant_id = $1 AND y.account_id = d.account_id AND y.tx = d.tx
 WHERE d.tenant_id = $1
   AND NOT CASE d.status WHEN 'credited' THEN y.outcome = 'credited' AND y.credited_to = d.deposit_id
                         WHEN 'refunded' THEN coalesce(y.outcome, '') = 'refunded'
                         WHEN 'quarantined' THEN coalesce(y.outcome, '') = 'quarantined'
                         WHEN 'confirming' THEN coalesce(y.outcome, '') = 'open'
                         WHEN 'pending' THEN y.tx IS NULL
                         ELSE coalesce(y.outcome, '') <> 'credited' END
UNION ALL
SELECT 'payment against quarantine', y.tx, y.outcome, coalesce(q.status, '')
  FROM deposit_payments y
  LEFT JOIN deposit_quarantine q ON q.tenant_id = $1 AND q.account_id = y.account_id AND q.tx = y.tx AND NOT q.extra
 WHERE y.tenant_id = $1
   AND NOT CASE WHEN q.item_id IS NULL THEN y.outcome NOT IN ('quarantined', 'dismissed')
                WHEN q.status IN ('open', 'refunding') THEN y.outcome = 'quarantined'
                WHEN q.status = 'credited' THEN y.outcome IN ('credited', 'refunded')
                ELSE y.outcome = q.status END
UNION ALL
SELECT 'history against status', d.deposit_id, d.status, e.to_status
  FROM deposits d
 CROSS JOIN LATERAL (SELECT to_status FROM deposit_events WHERE tenant_id = $1 AND deposit_id = d.deposit_id AND kind IN ('created', 'moved')
                      ORDER BY event_id DESC LIMIT 1) AS e
 WHERE d.tenant_id = $1 AND e.to_status <> d.status
