-- Offenders: strict accounts below their floor, now or at any line of their statement.
SELECT b.account_id, b.posted, b.floor, NULL::bigint AS version
  FROM balances b
 WHERE b.tenant_id = $1 AND b.posted < b.floor
UNION ALL
SELECT l.account_id, l.after, b.floor, l.version
  FROM lines l
  JOIN balances b ON b.tenant_id = l.tenant_id AND b.account_id = l.account_id
 WHERE l.tenant_id = $1 AND l.after < b.floor
