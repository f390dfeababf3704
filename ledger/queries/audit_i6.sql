-- Offenders: statement lines that skip a version, do not add up, go back in time or differ
-- from the postings they stand for; and balances that are not at their last line.
WITH l AS (
  SELECT account_id, version, transfer_id, delta, after, posted_at,
         lag(version, 1, 0::bigint) OVER w AS version_before,
         lag(after, 1, 0::bigint) OVER w AS after_before,
         lag(posted_at, 1, '-infinity'::timestamptz) OVER w AS posted_before,
         lead(version) OVER w IS NULL AS newest
    FROM lines
   WHERE tenant_id = $1
  WINDOW w AS (PARTITION BY account_id ORDER BY version)
), sides AS (
  SELECT to_account AS account_id, transfer_id, amount FROM postings WHERE tenant_id = $1
  UNION ALL
  SELECT from_account, transfer_id, -amount FROM postings WHERE tenant_id = $1
), net AS (
  SELECT s.account_id, s.transfer_id, sum(s.amount) AS delta
    FROM sides s
    JOIN accounts a ON a.tenant_id = $1 AND a.account_id = s.account_id AND a.mode = 'strict'
   GROUP BY s.account_id, s.transfer_id
  HAVING sum(s.amount) <> 0
), own AS (SELECT account_id, transfer_id, sum(delta) AS delta, count(*) AS lines FROM l GROUP BY account_id, transfer_id)
SELECT 'line' AS problem, account_id, version, transfer_id, delta::numeric AS delta
  FROM l
 WHERE version <> version_before + 1 OR after <> after_before + delta OR posted_at <= posted_before
UNION ALL
SELECT 'line against posting', coalesce(own.account_id, net.account_id), NULL, coalesce(own.transfer_id, net.transfer_id), own.delta
  FROM own
  FULL JOIN net ON net.account_id = own.account_id AND net.transfer_id = own.transfer_id
 WHERE own.delta IS DISTINCT FROM net.delta OR own.lines <> 1
UNION ALL
SELECT 'balance against last line', b.account_id, b.version, l.transfer_id, b.posted
  FROM balances b
  LEFT JOIN l ON l.account_id = b.account_id AND l.newest
 WHERE b.tenant_id = $1
   AND (b.version <> coalesce(l.version, 0) OR b.posted <> coalesce(l.after, 0) OR b.last_at <> coalesce(l.posted_at, '-infinity'))
