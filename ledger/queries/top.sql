SELECT a.owner::bigint, b.posted
  FROM accounts a
  JOIN balances b ON b.tenant_id = a.tenant_id AND b.account_id = a.account_id
 WHERE a.tenant_id = $1 AND a.group_id = $2 AND a.asset = $3 AND a.purpose = 'player'
 ORDER BY b.posted DESC, a.account_id
 LIMIT $4
