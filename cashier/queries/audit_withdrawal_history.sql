-- Offenders: withdrawals whose events do not chain from the request to the present status, one for each version.
WITH moves AS (
  SELECT withdrawal_id, from_status, to_status,
         lag(to_status) OVER (PARTITION BY withdrawal_id ORDER BY event_id) AS before,
         row_number() OVER (PARTITION BY withdrawal_id ORDER BY event_id DESC) AS back
    FROM withdrawal_events
   WHERE tenant_id = $1 AND kind IN ('requested', 'moved')
)
SELECT w.withdrawal_id, w.status, w.version, count(m.to_status) AS moves
  FROM withdrawals w
  LEFT JOIN moves m ON m.withdrawal_id = w.withdrawal_id
 WHERE w.tenant_id = $1
 GROUP BY w.withdrawal_id, w.status, w.version
HAVING count(m.to_status) <> w.version
    OR max(m.to_status) FILTER (WHERE m.back = 1) IS DISTINCT FROM w.status
    OR count(*) FILTER (WHERE m.from_status IS DISTINCT FROM m.before) > 0
