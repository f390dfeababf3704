-- Offenders: credited payments without exactly their posting from clearing to their deposit's player, and transfers of the
-- kind deposit that no payment or several stand for.
WITH t AS (SELECT transfer_id, ref, asset, group_id FROM transfers WHERE tenant_id = $1 AND kind = 'deposit')
SELECT 'payment against posting' AS problem, y.account_id, y.tx, y.transfer_id
  FROM deposit_payments y
 WHERE y.tenant_id = $1 AND y.transfer_id IS NOT NULL
   AND (SELECT count(*) FROM t
          JOIN deposits d ON d.tenant_id = $1 AND d.deposit_id = y.credited_to AND t.ref = d.deposit_id AND t.asset = d.credit_asset AND t.group_id = d.group_id
          JOIN gateway_accounts g ON g.tenant_id = $1 AND g.account_id = y.account_id
          JOIN postings p ON p.tenant_id = $1 AND p.transfer_id = t.transfer_id AND p.amount = d.credit
          JOIN accounts f ON f.tenant_id = $1 AND f.account_id = p.from_account AND f.purpose = 'clearing'
                         AND f.owner = CASE WHEN g.kind = 'stars' THEN 'stars' ELSE g.account_id END
          JOIN accounts o ON o.tenant_id = $1 AND o.account_id = p.to_account AND o.purpose = 'player' AND o.owner = d.player_id::text
         WHERE t.transfer_id = y.transfer_id) <> 1
UNION ALL
SELECT 'posting without its one payment', t.ref, '', t.transfer_id
  FROM t
  LEFT JOIN deposit_payments y ON y.tenant_id = $1 AND y.transfer_id = t.transfer_id
 GROUP BY t.ref, t.transfer_id
HAVING count(y.tx) <> 1
