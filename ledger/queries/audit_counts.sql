-- How much each check looked at, in the order of the checks.
SELECT (SELECT count(*) FROM postings WHERE tenant_id = $1),
       (SELECT count(*) FROM accounts WHERE tenant_id = $1),
       (SELECT count(*) FROM balances WHERE tenant_id = $1),
       (SELECT count(*) FROM accounts WHERE tenant_id = $1 AND purpose = 'escrow'),
       (SELECT count(*) FROM rounds WHERE tenant_id = $1),
       (SELECT count(*) FROM lines WHERE tenant_id = $1),
       (SELECT count(*) FROM idem WHERE tenant_id = $1 AND accepted),
       (SELECT count(*) FROM holds WHERE tenant_id = $1),
       (SELECT count(*) FROM jackpot_draws WHERE tenant_id = $1)
