SELECT t.transfer_id, t.asset, t.kind, t.ref, t.posted_at,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('from_purpose', f.purpose, 'from_owner', f.owner,
               'to_purpose', o.purpose, 'to_owner', o.owner, 'amount', p.amount) ORDER BY p.seq), '[]')
          FROM postings p
          JOIN accounts f ON f.tenant_id = p.tenant_id AND f.account_id = p.from_account
          JOIN accounts o ON o.tenant_id = p.tenant_id AND o.account_id = p.to_account
         WHERE p.tenant_id = t.tenant_id AND p.transfer_id = t.transfer_id AND p.posted_at = t.posted_at)
  FROM transfers t
 WHERE t.tenant_id = $1 AND t.group_id = $2 AND t.transfer_id < $3
 ORDER BY t.transfer_id DESC
 LIMIT $4
