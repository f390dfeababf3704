SELECT a.code, a.scale, coalesce(p.enabled, false), coalesce(p.min_amount, 1), coalesce(p.max_amount, 0), coalesce(p.daily_amount, 0),
       coalesce(p.auto_below, 0), coalesce(p.single_below, 0), coalesce(p.step_up_above, 0),
       coalesce(p.claim_for, '15 minutes'), coalesce(p.escalate_after, '4 hours'), coalesce(p.expire_after, '24 hours'),
       coalesce(p.kyc_level, 0), coalesce(p.min_age, 0), coalesce(p.markets, '{}'),
       coalesce(p.credential_cooldown, '24 hours'), coalesce(p.address_wait, '24 hours'),
       coalesce(p.version, 0), coalesce(p.updated_at, '0001-01-01 00:00:00+00'), coalesce(o.public_id, ''),
       (SELECT count(*)::int FROM withdrawals w WHERE w.tenant_id = $1 AND w.asset = a.code AND w.ended_at IS NULL
           AND w.status IN ('requested', 'initial_review', 'secondary_review', 'approved'))
  FROM assets a
  LEFT JOIN cash_policies p ON p.tenant_id = $1 AND p.asset = a.code
  LEFT JOIN operators o ON o.tenant_id = $1 AND o.operator_id = p.updated_by
 WHERE a.kind = 'cash'
 ORDER BY a.code
