SELECT l.version, l.transfer_id, l.kind, l.ref, l.delta, l.after, l.posted_at
  FROM accounts a
  JOIN lines l ON l.tenant_id = a.tenant_id AND l.account_id = a.account_id
 WHERE a.tenant_id = $1 AND a.group_id = $2 AND a.asset = $3 AND a.purpose = 'player' AND a.owner = $4
   AND l.version < $5
 ORDER BY l.version DESC
 LIMIT $6
