-- Offenders: holds and resolutions that differ from what was posted for them, and withheld
-- accounts that hold anything but their open holds.
WITH open AS (
  SELECT h.held_id, sum(h.amount) AS amount
    FROM holds h
   WHERE h.tenant_id = $1 AND NOT EXISTS (SELECT 1 FROM hold_resolutions r WHERE r.tenant_id = $1 AND r.hold_id = h.hold_id)
   GROUP BY h.held_id
)
SELECT 'hold' AS problem, h.hold_id, h.held_id AS account_id, h.amount::numeric AS amount
  FROM holds h
 WHERE h.tenant_id = $1
   AND NOT EXISTS (SELECT 1 FROM postings p WHERE p.tenant_id = $1 AND p.transfer_id = h.transfer_id
                      AND p.from_account = h.account_id AND p.to_account = h.held_id AND p.amount = h.amount)
UNION ALL
SELECT 'resolution ' || r.resolution, r.hold_id, h.held_id, h.amount
  FROM hold_resolutions r
  LEFT JOIN holds h ON h.tenant_id = $1 AND h.hold_id = r.hold_id
 WHERE r.tenant_id = $1
   AND NOT EXISTS (SELECT 1 FROM postings p WHERE p.tenant_id = $1 AND p.transfer_id = r.transfer_id
                      AND p.from_account = h.held_id AND p.amount = h.amount
                      AND (p.to_account = h.account_id) = (r.resolution = 'voided'))
UNION ALL
SELECT 'withheld balance', a.owner, a.account_id, b.posted - coalesce(o.amount, 0)
  FROM accounts a
  JOIN balances b ON b.tenant_id = $1 AND b.account_id = a.account_id
  LEFT JOIN open o ON o.held_id = a.account_id
 WHERE a.tenant_id = $1 AND a.purpose = 'player_withheld' AND b.posted <> coalesce(o.amount, 0)
