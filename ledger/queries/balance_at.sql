-- Versions have no gaps and times grow with them, so the last line not after $6 is found by
-- halving: one index lookup a step, and no index on the time.
WITH RECURSIVE account AS (
  SELECT a.account_id, b.version
    FROM accounts a
    JOIN balances b ON b.tenant_id = a.tenant_id AND b.account_id = a.account_id
   WHERE a.tenant_id = $1 AND a.group_id = $2 AND a.asset = $3 AND a.purpose = $4 AND a.owner = $5
), search AS (
  SELECT account_id, 0::bigint AS low, version AS high FROM account
  UNION ALL
  SELECT s.account_id,
         CASE WHEN l.posted_at <= $6 THEN l.version ELSE s.low END,
         CASE WHEN l.posted_at <= $6 THEN s.high ELSE l.version - 1 END
    FROM search s
    JOIN lines l ON l.tenant_id = $1 AND l.account_id = s.account_id AND l.version = (s.low + s.high + 1) / 2
   WHERE s.low < s.high
)
SELECT coalesce((
  SELECT l.after
    FROM search s
    JOIN lines l ON l.tenant_id = $1 AND l.account_id = s.account_id AND l.version = s.low
   WHERE s.low = s.high), 0)::bigint
