SELECT coalesce((
  SELECT CASE WHEN a.mode = 'strict' THEN b.posted ELSE
         (SELECT coalesce(sum(p.amount), 0) FROM postings p WHERE p.tenant_id = a.tenant_id AND p.to_account = a.account_id)
       - (SELECT coalesce(sum(p.amount), 0) FROM postings p WHERE p.tenant_id = a.tenant_id AND p.from_account = a.account_id) END
    FROM accounts a
    LEFT JOIN balances b ON b.tenant_id = a.tenant_id AND b.account_id = a.account_id
   WHERE a.tenant_id = $1 AND a.group_id = $2 AND a.asset = $3 AND a.purpose = $4 AND a.owner = $5), 0)::bigint
