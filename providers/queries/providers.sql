-- $2 one provider, or all when it is empty.
SELECT p.provider_id, p.title, p.enabled, p.free_wins, extract(epoch FROM p.late_win)::float8, extract(epoch FROM p.session_for)::float8,
       CASE WHEN p.old_secret_until > clock_timestamp() THEN p.old_secret_until END, p.created_at, p.updated_at,
       (SELECT count(*) FROM provider_rounds r WHERE r.tenant_id = $1 AND r.provider_id = p.provider_id AND r.closed_at IS NULL)
  FROM providers p
 WHERE p.tenant_id = $1 AND ($2 = '' OR p.provider_id = $2)
 ORDER BY p.title
