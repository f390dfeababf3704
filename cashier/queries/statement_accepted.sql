-- $1 tenant, $2 scope, $3 findings. The numbers, from 1, of those that a person has accepted as often as they are there.
SELECT x.n
  FROM (SELECT n, r - 'at' AS finding, row_number() OVER (PARTITION BY r - 'at' ORDER BY n) AS copy FROM unnest($3::jsonb[]) WITH ORDINALITY AS y(r, n)) AS x
  JOIN accepted_findings f ON f.tenant_id = $1 AND f.scope = $2 AND f.finding = x.finding AND f.copies >= x.copy
 ORDER BY x.n
