-- Offenders: postings without their transfer or one of their accounts, postings that leave
-- their group or asset, transfers without postings, and groups whose postings do not cancel.
WITH p AS (SELECT transfer_id, seq, from_account, to_account, amount, posted_at FROM postings WHERE tenant_id = $1),
     t AS (SELECT transfer_id, group_id, asset, posted_at FROM transfers WHERE tenant_id = $1),
     a AS (SELECT account_id, group_id, asset FROM accounts WHERE tenant_id = $1),
     sides AS (SELECT to_account AS account_id, amount FROM p UNION ALL SELECT from_account, -amount FROM p)
SELECT 'posting' AS problem, p.transfer_id, p.seq, t.group_id, t.asset, p.amount::numeric AS amount
  FROM p
  LEFT JOIN t ON t.transfer_id = p.transfer_id AND t.posted_at = p.posted_at
  LEFT JOIN a f ON f.account_id = p.from_account
  LEFT JOIN a o ON o.account_id = p.to_account
 WHERE (f.group_id, f.asset) IS DISTINCT FROM (t.group_id, t.asset)
    OR (o.group_id, o.asset) IS DISTINCT FROM (t.group_id, t.asset)
    OR t.transfer_id IS NULL OR p.amount <= 0 OR p.from_account = p.to_account
UNION ALL
SELECT 'transfer without postings', t.transfer_id, NULL, t.group_id, t.asset, NULL
  FROM t
 WHERE NOT EXISTS (SELECT 1 FROM p WHERE p.transfer_id = t.transfer_id AND p.posted_at = t.posted_at)
UNION ALL
SELECT 'sum', NULL, NULL, a.group_id, a.asset, sum(s.amount)
  FROM sides s
  LEFT JOIN a USING (account_id)
 GROUP BY a.group_id, a.asset
HAVING sum(s.amount) <> 0
