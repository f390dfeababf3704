-- Offenders: refunds that took or returned another amount than was credited, or ended without their payment, and those that
-- took what a reversal has taken too, or whose taking was reversed.
SELECT r.refund_id, r.state, r.taken_id, r.returned_id
  FROM deposit_refunds r
  JOIN deposit_payments y ON y.tenant_id = $1 AND y.account_id = r.account_id AND y.tx = r.tx
  LEFT JOIN deposits d ON d.tenant_id = $1 AND d.deposit_id = r.deposit_id
 WHERE r.tenant_id = $1
   AND ((r.state = 'done') <> (y.outcome = 'refunded') AND r.state <> 'refused'
     OR (r.state = 'refused') <> (r.returned_id IS NOT NULL) AND r.taken_id IS NOT NULL
     OR r.taken_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM transfers t JOIN postings p ON p.tenant_id = $1 AND p.transfer_id = t.transfer_id
          WHERE t.tenant_id = $1 AND t.transfer_id = r.taken_id AND t.kind = 'deposit.refund' AND t.ref = r.refund_id AND p.amount = d.credit)
     OR r.returned_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM transfers t JOIN postings p ON p.tenant_id = $1 AND p.transfer_id = t.transfer_id
          WHERE t.tenant_id = $1 AND t.transfer_id = r.returned_id AND t.kind = 'deposit.refund_back' AND t.ref = r.refund_id AND p.amount = d.credit)
     OR r.state <> 'refused' AND EXISTS (SELECT 1 FROM reversals v WHERE v.tenant_id = $1 AND v.original_id = r.taken_id)
     OR r.state <> 'refused' AND r.taken_id IS NOT NULL AND EXISTS (SELECT 1 FROM reversals v WHERE v.tenant_id = $1 AND v.original_id = y.transfer_id))
