-- One page of the operation log, newest first. $2 cursor (0: from the top), $3 action or prefix, $4 operator, $5 subject,
-- $6 since, $7 until, $8 limit.
SELECT l.entry_id, l.at, coalesce(o.public_id, ''), coalesce(o.name, ''), l.via, l.action, l.subject_kind, l.subject, l.before, l.after,
       l.reason, l.request_id
  FROM operation_log l
  LEFT JOIN operators o ON o.tenant_id = l.tenant_id AND o.operator_id = l.operator_id
 WHERE l.tenant_id = $1
   AND ($2::bigint = 0 OR l.entry_id < $2)
   AND ($3 = '' OR l.action = $3 OR (right($3, 1) = '.' AND starts_with(l.action, $3)))
   AND ($4 = '' OR l.operator_id = (SELECT operator_id FROM operators WHERE tenant_id = $1 AND public_id = $4))
   AND ($5 = '' OR l.subject = $5)
   AND ($6::timestamptz IS NULL OR l.at >= $6)
   AND ($7::timestamptz IS NULL OR l.at < $7)
 ORDER BY l.entry_id DESC
 LIMIT $8
