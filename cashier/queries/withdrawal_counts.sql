-- How many withdrawals each tab shows. The ended ones are counted up to 10,000: nobody pages further.
SELECT count(*) FILTER (WHERE status IN ('requested', 'initial_review'))::int,
       count(*) FILTER (WHERE status = 'secondary_review')::int,
       count(*) FILTER (WHERE status IN ('approved', 'paying', 'unknown'))::int,
       (SELECT count(*)::int FROM (SELECT 1 FROM withdrawals WHERE tenant_id = $1 AND ended_at IS NOT NULL LIMIT 10000) AS ended)
  FROM withdrawals
 WHERE tenant_id = $1 AND ended_at IS NULL
