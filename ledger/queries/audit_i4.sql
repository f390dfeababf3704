-- Offenders: escrow that still holds money of a settled or voided round, of no round at all,
-- or that paid out more than it took.
WITH escrow AS (SELECT account_id, owner FROM accounts WHERE tenant_id = $1 AND purpose = 'escrow'),
     sides AS (SELECT to_account AS account_id, amount FROM postings WHERE tenant_id = $1
               UNION ALL SELECT from_account, -amount FROM postings WHERE tenant_id = $1),
     totals AS (SELECT account_id, sum(amount) AS total FROM sides GROUP BY account_id)
SELECT e.account_id, e.owner AS round_id, r.status, t.total
  FROM escrow e
  JOIN totals t ON t.account_id = e.account_id
  LEFT JOIN rounds r ON r.tenant_id = $1 AND r.escrow_id = e.account_id
 WHERE t.total < 0 OR (t.total <> 0 AND (r.round_id IS NULL OR r.status IN ('settled', 'voided')))
