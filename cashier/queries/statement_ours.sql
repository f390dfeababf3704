-- $1 tenant, $2 account, $3 and $4 the period, $5 to $7 payments, withdrawals and refunds that the gateway names.
-- kind, id, asset, scale, amount, whether it counts, whether it is of the period, its state, its earliest time.
SELECT 'deposit', p.tx, p.asset, p.scale, p.amount, p.state = 'confirmed' OR p.transfer_id IS NOT NULL,
       (p.state = 'confirmed' OR p.transfer_id IS NOT NULL) AND p.paid_at >= $3 AND p.paid_at < $4, p.outcome, p.paid_at
  FROM deposit_payments p
 WHERE p.tenant_id = $1 AND p.account_id = $2
   AND (((p.state = 'confirmed' OR p.transfer_id IS NOT NULL) AND p.paid_at >= $3 AND p.paid_at < $4) OR p.tx = ANY ($5::text[]))
UNION ALL
SELECT 'payout', w.withdrawal_id, w.asset, a.scale, w.amount, w.status = 'paid', w.status = 'paid' AND w.ended_at >= $3 AND w.ended_at < $4, w.status,
       coalesce((SELECT min(b.begun_at) FROM payout_attempts b WHERE b.tenant_id = $1 AND b.withdrawal_id = w.withdrawal_id), w.requested_at)
  FROM withdrawals w
  JOIN assets a ON a.code = w.asset
 WHERE w.tenant_id = $1 AND w.gateway = $2
   AND ((w.status = 'paid' AND w.ended_at >= $3 AND w.ended_at < $4) OR w.withdrawal_id = ANY ($6::text[]))
UNION ALL
SELECT 'refund', r.refund_id, r.asset, r.scale, r.amount, r.state = 'done', r.state = 'done' AND r.updated_at >= $3 AND r.updated_at < $4, r.state, r.created_at
  FROM deposit_refunds r
 WHERE r.tenant_id = $1 AND r.account_id = $2
   AND ((r.state = 'done' AND r.updated_at >= $3 AND r.updated_at < $4) OR r.refund_id = ANY ($7::text[]))
