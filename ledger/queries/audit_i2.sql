-- Offenders: strict accounts whose kept balance is not the sum of their postings or is
-- missing, derived accounts that keep one, and balances of no account.
WITH sides AS (
  SELECT to_account AS account_id, amount FROM postings WHERE tenant_id = $1
  UNION ALL
  SELECT from_account, -amount FROM postings WHERE tenant_id = $1
), totals AS (SELECT account_id, sum(amount) AS total FROM sides GROUP BY account_id)
SELECT coalesce(a.account_id, b.account_id) AS account_id, a.purpose, a.owner, a.mode, b.posted, coalesce(s.total, 0) AS postings
  FROM (SELECT account_id, purpose, owner, mode FROM accounts WHERE tenant_id = $1) a
  FULL JOIN (SELECT account_id, posted FROM balances WHERE tenant_id = $1) b ON b.account_id = a.account_id
  LEFT JOIN totals s ON s.account_id = coalesce(a.account_id, b.account_id)
 WHERE a.account_id IS NULL
    OR (a.mode = 'strict' AND b.posted IS DISTINCT FROM coalesce(s.total, 0))
    OR (a.mode = 'derived' AND b.account_id IS NOT NULL)
