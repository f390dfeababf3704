SELECT e.at, e.kind, coalesce(o.public_id, e.actor), coalesce(e.from_status, ''), e.to_status, e.reason_code, e.note, e.detail
  FROM withdrawal_events e
  LEFT JOIN operators o ON o.tenant_id = e.tenant_id AND o.operator_id = e.operator_id
 WHERE e.tenant_id = $1 AND e.withdrawal_id = $2
 ORDER BY e.event_id
